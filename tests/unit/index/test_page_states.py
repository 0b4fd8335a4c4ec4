"""When pages alone decided what catalogs found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.settings import FetchSettings
from lockenv.index.page_states import PageStates
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from pathlib import Path

_APP, _LIB = NormalizedName("app"), NormalizedName("lib")
_URL = "https://index.example/simple/app/"


@dataclass
class _Asked:
    """As much of a catalog as is followed."""

    asked_pages: set[NormalizedName]
    fleeting: set[str] = field(default_factory=set)
    besides: set[str] = field(default_factory=set)
    states: PageStates | None = None


@pytest.fixture
def states(tmp_path: Path) -> PageStates:
    return PageStates([], {}, Fetcher(FetchSettings(cache_dir=str(tmp_path), offline=True)))


def read(states: PageStates, name: NormalizedName, content: bytes) -> None:
    states.note(name, [(_URL, CachedResponse(content))])


def test_pages_of_all_catalogs_count_and_no_guesses(states: PageStates) -> None:
    for each in ({_LIB}, {_APP}):
        states.follow(_Asked(each))
    for name in (_LIB, _APP, NormalizedName("guess")):
        read(states, name, b"page")

    assert states.looked_at is not None
    assert [*states.looked_at] == [_APP, _LIB]


@pytest.mark.parametrize(("second", "is_one"), [(b"page", True), (b"other", False)])
def test_page_that_changed_between_two_catalogs_is_no_state(states: PageStates, second: bytes, *, is_one: bool) -> None:
    for content in (b"page", second):
        states.follow(_Asked({_APP}))
        read(states, _APP, content)

    assert (states.looked_at is not None) is is_one


@pytest.mark.parametrize(("fleeting", "besides"), [({"app.whl"}, set()), (set(), {"app"})])
def test_catalog_that_more_than_pages_decide_has_no_states(
    states: PageStates, fleeting: set[str], besides: set[str]
) -> None:
    states.follow(_Asked({_APP}))
    states.follow(_Asked({_APP}, fleeting, besides))
    read(states, _APP, b"page")

    assert states.looked_at is None


def test_page_that_could_not_be_read_is_no_state(states: PageStates) -> None:
    states.follow(_Asked({_APP, _LIB}))
    read(states, _APP, b"page")

    assert states.looked_at is None
