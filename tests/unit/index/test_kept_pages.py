"""Pages are read in another process where that saves time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.settings import FetchSettings
from lockenv.index.kept_pages import KIND, fetched, opened
from lockenv.vocabulary.names import NormalizedName
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import LoopbackIndex

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="another process needs a second processor")

A = NormalizedName("a")


@pytest.fixture
def fetcher(tmp_path: Path) -> Iterator[Fetcher]:
    """Return one whose cache has another page."""
    made = Fetcher(FetchSettings(cache_dir=str(tmp_path / "cache")))
    made.store.put(KIND, "another", CachedResponse(b""))
    yield made
    made.close()


@pytest.mark.parametrize("is_prepared", [True, False])
def test_short_page_is_read_in_a_process_that_is_there(
    fetcher: Fetcher, index: LoopbackIndex, is_prepared: bool
) -> None:
    for number in range(40):
        index.add(wheel("a", str(number)))
    if is_prepared:
        fetcher.workers.prepare()

    page = fetched(fetcher, f"{index.url}a/", A)

    assert len(opened(fetcher, f"{index.url}a/", page).versions) == 40
    assert fetcher.workers.answers == is_prepared
