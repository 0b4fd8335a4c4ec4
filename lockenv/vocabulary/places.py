"""Sources that count for some environments, extras or groups only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.direct import shown
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
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

    def where(self) -> Marker:
        """Return where it counts. Raises ValueError for what is no marker."""
        own = markers.parse(self.marker) if self.marker else markers.ALWAYS
        return own & markers.choosing(self.kind, self.member)

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
