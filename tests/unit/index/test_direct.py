"""What no index serves is beside what they serve, and no index is asked for its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lockenv.index.direct import DirectCatalog
from lockenv.index.direct_release import DirectRelease
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.distribution import Metadata
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.index.catalog import Catalog

OWN, MATE, OTHER = map(NormalizedName, ("own", "mate", "other"))


class Indexes:
    """A catalog that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.left: frozenset[str] = frozenset()

    def leave_out(self, names: Iterable[NormalizedName]) -> None:
        self.left = frozenset(names)

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        self.asked += [name for name, _, _ in wanted if name not in self.left]

    def releases(self, name: NormalizedName) -> None:
        self.asked.append(name)

    def metadata(self, name: NormalizedName, position: int) -> Metadata:
        self.asked.append(name)
        return release(name, f"{position}").metadata

    def near(self, name: NormalizedName) -> Sequence[str]:
        return (name,)


def release(name: NormalizedName, version: str, *requires: str) -> DirectRelease:
    metadata = Metadata(name=name, version=version, requires=requires)
    return DirectRelease(metadata=metadata, direct=Directory(path="."))


def catalog(indexes: Indexes, own: DirectRelease | None) -> DirectCatalog:
    looks: list[str] = []

    def itself() -> DirectRelease | None:
        looks.append("look")
        assert len(looks) == 1 or own is None
        return own

    return DirectCatalog(cast("Catalog", indexes), {MATE: release(MATE, "1", "own", "other>=2")}, OWN, itself)


def test_project_itself_is_looked_at_once_and_no_index_is_asked_for_it() -> None:
    indexes = Indexes()
    own = release(OWN, "3")
    both = catalog(indexes, own)

    both.expect([(OWN, (), ""), (MATE, (), "")])
    found = [both.releases(OWN), both.releases(OWN), both.releases(MATE)]

    assert found[:2] == [own, own]
    assert both.metadata(OWN, 0) == own.metadata
    assert both.metadata(MATE, 0) == release(MATE, "1", "own", "other>=2").metadata
    assert indexes.asked == ["other"]
    assert not both.is_own_lacking


def test_project_that_can_have_no_release_has_none_from_an_index_either() -> None:
    indexes = Indexes()
    both = catalog(indexes, None)

    found = [both.releases(OWN), both.releases(OTHER)]

    assert found == [None, None]
    assert indexes.asked == ["other"]
    assert both.is_own_lacking
