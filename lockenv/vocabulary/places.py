"""Sources that count for some environments, extras or groups only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.direct import moved, same, shown
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.vocabulary import markers
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.origin import Origin
else:
    markers = late("lockenv.vocabulary.markers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One of the sources of a project: an index, or what no index serves."""

    index: str = ""
    """The name of the index; empty where `direct` is set."""
    direct: Direct | None = None
    marker: str = ""
    """As written; empty for every environment."""
    kind: str = ""
    """`extra` or `group`; empty where it counts for every choice of these."""
    member: str = ""
    """The extra or group, normalized."""
    origin: Origin
    declares: tuple[str, ...] = ()
    """Of a directory: as `DeclaredSource.declares`."""

    def where(self) -> Marker:
        """Return where it counts. Raises ValueError for what is no marker."""
        own = markers.parse(self.marker) if self.marker else markers.ALWAYS
        return own & markers.choosing(self.kind, self.member)

    def is_same(self, other: Place) -> bool:
        """Return whether it is the same source, wherever each counts."""
        if self.direct is None or other.direct is None:
            return self.index == other.index and self.direct is other.direct
        return same(self.direct, other.direct)

    @property
    def shown(self) -> str:
        """What it is, for a message."""
        return shown(self.direct) if self.direct is not None else f"the index {self.index}"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a release comes from, of a project that has sources for some environments only."""

    where: Marker
    """Where the project comes from there."""
    index: str
    """The simple root of the index, without credentials; empty for what no index serves."""
    direct: Direct | None


def moved_places(places: Iterable[Place], prefix: str) -> tuple[Place, ...]:
    """Return sources whose paths start at `prefix` with paths that start where `prefix` itself does."""
    return tuple(each if each.direct is None else replace(each, direct=moved(each.direct, prefix)) for each in places)
