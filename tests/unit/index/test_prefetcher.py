from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.index.page import File, Page
from lockenv.index.page_cache import encode
from lockenv.index.page_columns import decode
from lockenv.index.prefetcher import Prefetcher
from lockenv.index.releases import IndexReleases
from lockenv.vocabulary.distribution import Metadata
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from collections.abc import Mapping

A, B, C = map(NormalizedName, "abc")


def releases_of(name: NormalizedName, *versions: str) -> IndexReleases:
    files = [File(f"{name}-{version}-py3-none-any.whl", "u", "", None, "", "", None, "") for version in versions]
    return IndexReleases(name, "i", decode(encode(Page(files, "active", "", 0), name)), Policy())


class Arrivals:
    """A cache of projects with one release each, that notes what is read of it and what is sent for."""

    is_offline = False

    def __init__(self, kept: Mapping[NormalizedName, tuple[str, ...]]) -> None:
        self._kept = kept
        self.known: dict[NormalizedName, IndexReleases | None] = {}
        self.said: list[str] = []

    def load_kept(self, name: NormalizedName) -> bool:
        if name in self._kept:
            self.known[name] = releases_of(name, "1")
        return name in self._kept

    def start_page(self, name: NormalizedName) -> None:
        self.said.append(f"page {name}")

    def kept_metadata(self, releases: IndexReleases, position: int) -> Metadata:  # noqa: ARG002 - there is one
        self.said.append(f"metadata {releases.name}")
        return Metadata(name=releases.name, version="1", requires=self._kept[releases.name])

    def may_guess_metadata(self, releases: IndexReleases, position: int) -> bool:  # noqa: ARG002 - all are wheels
        return True

    def start_metadata(self, releases: IndexReleases, position: int) -> None:
        self.said.append(f"metadata {releases.name} {releases.versions[position]}")


def test_nothing_is_guessed_while_the_cache_has_all_that_is_asked_for() -> None:
    arrivals = Arrivals({A: ("b",), B: ()})
    prefetcher = Prefetcher(arrivals, "")
    prefetcher.expect([(A, (), ""), (B, (), "")])

    assert (arrivals.said, set(arrivals.known)) == ([], {A, B})


def test_what_was_expected_is_followed_as_soon_as_something_must_be_fetched() -> None:
    arrivals = Arrivals({A: ("b",)})
    prefetcher = Prefetcher(arrivals, "")
    prefetcher.expect([(A, (), "")])
    prefetcher.expect([(C, (), "")])

    assert sorted(arrivals.said) == ["metadata a", "page b", "page c"]


def test_what_comes_from_elsewhere_is_not_looked_for() -> None:
    arrivals = Arrivals({})
    prefetcher = Prefetcher(arrivals, "")
    prefetcher.leave_out([A])
    prefetcher.expect([(A, (), "")])
    prefetcher.wake()

    assert arrivals.said == []


def test_older_releases_are_fetched_ahead_where_one_after_the_other_is_waited_for() -> None:
    arrivals = Arrivals({})
    prefetcher = Prefetcher(arrivals, "")
    releases = releases_of(A, *map(str, range(1, 20)), "14.5rc1")
    for position in range(4):
        prefetcher.waited(releases, position)

    assert arrivals.said == [f"metadata a {version}" for version in (15, 14, 13, 12, 11, 10, 9)]
