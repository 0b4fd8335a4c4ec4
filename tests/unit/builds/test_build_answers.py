"""Which entries of the cache answered for builds, and whether it still has the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from lockenv.builds import failed_builds
from lockenv.builds.build_answers import BuildAnswers, are_kept
from lockenv.errors import BuildError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.settings import FetchSettings
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    return Fetcher(FetchSettings(cache_dir=str(tmp_path / "cache"), offline=True))


@pytest.mark.parametrize("then", [None, b"", b"one"])
@pytest.mark.parametrize("now", [None, b"", b"one", b"other"])
def test_entry_counts_as_long_as_it_is_the_same(fetcher: Fetcher, then: bytes | None, now: bytes | None) -> None:
    answers = BuildAnswers()
    answers.note("form", "key", then)
    if now is not None:
        fetcher.store.put("form", "key", CachedResponse(now))

    assert are_kept(answers.used, fetcher) is (then == now)


@pytest.mark.parametrize(("age", "counts"), [(0, True), (3590, True), (3601, False), (-60, False)])
def test_failure_counts_for_an_hour(fetcher: Fetcher, age: int, *, counts: bool) -> None:
    answers = BuildAnswers()
    failed_builds.keep(fetcher, "key", BuildError("building native failed"))
    with pytest.raises(BuildError):
        failed_builds.refuse(fetcher, "key", NormalizedName("native"), answers.note)
    entry = fetcher.store.get("build-failed-1", "key")
    assert entry is not None

    fetcher.store.put("build-failed-1", "key", entry._replace(stored=time.time() - age))

    assert are_kept(answers.used, fetcher) is counts


def test_entry_that_another_wrote_meanwhile_is_another(fetcher: Fetcher) -> None:
    """What it lacked decided a part of the answer."""
    answers = BuildAnswers()
    for content in (None, b"one"):
        answers.note("form", "key", content)
    fetcher.store.put("form", "key", CachedResponse(b"one"))

    assert not are_kept(answers.used, fetcher)
