"""Dependencies as the search sees them: of releases, and of the project itself.

Explained in docs/resolver.md, "The question".
"""

from __future__ import annotations

from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.requirement import only_for_extra, parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.resolve.problem import Rule
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName


_put = object.__setattr__


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

    only = ""
    """The extra without which it applies nowhere, where that is known without reading it; empty for all others."""

    def applies(self, extra: ExtraName | None) -> Marker:
        """Return where the edge applies when `extra` (None: no extra) of its parent is wanted."""
        return given_extra(self.marker, extra)


class _LateEdge(Edge):
    """A dependency for an extra, whose text is read when more of it is asked for."""

    __slots__ = ("only",)

    def __init__(self, text: str, only: ExtraName) -> None:
        _put(self, "text", text)
        _put(self, "fault", "")
        _put(self, "only", only)

    def __getattr__(self, name: str) -> object:
        # Asked only for what is not set yet.
        read = _read(self.text)
        if isinstance(read, str) or name.startswith("_"):
            raise AttributeError(name)
        for each in ("name", "extras", "specifier", "marker"):
            object.__setattr__(self, each, getattr(read, each))
        return getattr(read, name)

    def applies(self, extra: ExtraName | None) -> Marker:
        """Return where the edge applies when `extra` (None: no extra) of its parent is wanted."""
        return given_extra(self.marker, extra) if extra == self.only else markers.NEVER


@cache
def edge_of(text: str) -> Edge | str:
    """Return the dependency that `text` writes; a sentence part that says what is wrong when it writes none."""
    extra = only_for_extra(text)
    return _read(text) if extra is None else _LateEdge(text, extra)


def _read(text: str) -> Edge | str:
    try:
        requirement = parse(text)
        marker = markers.parse(requirement.marker) if requirement.marker else markers.ALWAYS
    except ValueError:
        return f"requires `{text}`, which is not a valid requirement"
    fault = f"requires {requirement.name} from a URL, which cannot be locked" if requirement.url else ""
    return Edge(requirement.name, requirement.extras, requirement.specifier, marker, text, fault)


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
