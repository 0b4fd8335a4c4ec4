"""Dependencies as the search sees them: of releases, and of the project itself.

Explained in docs/resolver.md, "The question".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.resolve.problem import Rule
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName


@cache
def given_extra(marker: Marker, extra: ExtraName | None) -> Marker:
    """Return what is left of `marker` where `extra` (None: no extra) is wanted; remembered, as searches ask often."""
    return marker.given_extra(extra)


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A dependency as metadata declares it, overrides applied."""

    name: NormalizedName
    extras: tuple[ExtraName, ...]
    specifier: str
    """Canonical text; empty for any version."""
    marker: Marker
    """May name `extra`; see `applies`."""
    text: str
    """As written, for explanations."""
    fault: str = ""
    """Why nothing can meet it, as a clause without a subject; empty for an honest dependency."""

    def applies(self, extra: ExtraName | None) -> Marker:
        """Return where the edge applies when `extra` (None: no extra) of its parent is wanted."""
        return given_extra(self.marker, extra)


@dataclass(frozen=True, slots=True, eq=False)
class RootEdge:
    """A requirement of the project within a region, overrides applied."""

    name: NormalizedName
    extras: tuple[ExtraName, ...]
    specifier: str
    marker: Marker
    root: Rule

    @property
    def meaning(self) -> tuple[object, ...]:
        """What it requires, and where: equal for edges of two calls that mean the same."""
        return self.name, self.extras, self.specifier, self.marker
