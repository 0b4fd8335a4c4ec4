"""Why a version that the project requires is older than what it asks for by itself.

Duty: find the direct requirements that others hold back, and say who does. In: a Resolution and the Model. Out:
sentences. Never: a choice, metadata that the search did not read.

What stays because it was locked is not held back, and no note says so.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from lockenv.resolve.resolvelib_types import Demand
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Resolution
from lockenv.vocabulary.printable import counted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from lockenv.resolve.edges import Edge, RootEdge
    from lockenv.resolve.model import Model
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary import misspelt_systems
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Pin, Unsolvable

    _Answer = Resolution | Unsolvable | NeedsPermission
else:
    misspelt_systems = late("lockenv.vocabulary.misspelt_systems")

_MOST_SHOWN: Final = 5


def noted(found: _Answer, problem: Problem, model: Model) -> _Answer:
    """Return a lock with a note on each version that others hold back, by name, at most some; what is none as it is."""
    if not isinstance(found, Resolution):
        return found
    sentences = list(dict.fromkeys(_HeldBack(found, problem, model).sentences()))
    rest = len(sentences) - _MOST_SHOWN
    if rest > 1:
        more = f"{counted(rest, 'more version')} that the project requires are held back by others"
        sentences = [*sentences[:_MOST_SHOWN], more]
    return replace(found, notes=(*found.notes, *sentences))


class _HeldBack:
    def __init__(self, found: Resolution, problem: Problem, model: Model) -> None:
        self._found = found
        self._problem = problem
        self._model = model
        self._pins = cache(self._with_positions)
        self._extras = cache(self._required_extras)

    def _with_positions(self) -> list[tuple[Pin, int]]:
        return [(pin, self._position(pin)) for pin in self._found.pins]

    def _position(self, pin: Pin) -> int:
        position = self._model.candidates(pin.name).position(pin.version, pin.index)
        return -1 if position is None else position

    def sentences(self) -> Iterator[str]:
        direct = {root.requirement.name for root in self._problem.roots}
        locked = {(pin.name, pin.version) for pin in self._problem.preferred}
        for pin in self._found.pins:
            if pin.name not in direct or pin.name in self._model.lowest or (pin.name, pin.version) in locked:
                continue
            if (position := self._position(pin)) > 0:
                yield from self._sentence(pin, position)

    def _sentence(self, pin: Pin, position: int) -> Iterator[str]:
        versions = self._model.candidates(pin.name).versions
        area = self._wanted(pin)
        for newer in positions(self._admitted(pin.name, area) & ((1 << position) - 1)):
            coverage = self._model.coverage(pin.name)
            here = area & coverage.honest(newer) & coverage.wheels(newer) & self._model.meant
            here = misspelt_systems.in_existing(here)
            if here is markers.NEVER:
                continue
            why = self._why(pin.name, newer, here)
            if why:
                universe = misspelt_systems.in_existing(self._found.universe)
                where = marker_text(pin.marker.without_extras_and_groups(), assuming=universe)
                place = f" where {where}" if where else ""
                yield f"{pin.name} {pin.version} is chosen{place}, not {versions[newer]}: {why}"
            return

    def _wanted(self, pin: Pin) -> Marker:
        """Return where the project itself requires what a pin is of."""
        own = markers.NEVER
        for root in self._problem.roots:
            if root.requirement.name == pin.name:
                own |= root.where
        return pin.marker & own

    def _admitted(self, name: NormalizedName, area: Marker) -> int:
        """Return the releases that the project's own requirements and constraints admit throughout `area`."""
        demand = Demand.within(area)
        for root in self._model.roots(self._problem.universe):
            if root.name == name and not root.marker.disjoint(area):
                demand.mask &= self._model.candidates(name).mask(root.specifier)
        return self._model.admitted(name, demand, None)

    def _why(self, name: NormalizedName, newer: int, where: Marker) -> str:
        """Return what keeps a release out of `where`: what is required of it, or else what it requires."""
        for parent, edge in self._edges_on(name, where):
            if parent.name != name and not self._model.candidates(name).mask(edge.specifier) >> newer & 1:
                return f"{parent.name} {parent.version} requires {_plain(edge)}"
        if (name, newer) not in self._model.looked_at or self._model.unusable(name, newer):
            return ""
        version = self._model.candidates(name).versions[newer]
        for edge in self._model.edges(name, newer):
            here = where & edge.applies(None)
            if here is markers.NEVER:
                continue
            if edge.fault:
                return f"{version} {edge.fault}"
            if not self._model.is_known(edge.name):
                continue
            if not self._model.candidates(edge.name).mask(edge.specifier):
                return f"{version} requires {_plain(edge)}, which no release satisfies"
            for other, position in self._pins():
                if other.name != edge.name or other.marker.disjoint(here):
                    continue
                mask = self._model.candidates(edge.name).mask(edge.specifier)
                if not mask >> max(position, 0) & 1:
                    return f"{version} requires {_plain(edge)}, and {self._limited(name, other, mask, here)}"
        return ""

    def _limited(self, name: NormalizedName, pin: Pin, mask: int, where: Marker) -> str:
        """Return who keeps a pin out of the releases in `mask`: the project, or else a release, not one of `name`."""
        candidates = self._model.candidates(pin.name)
        for root in self._model.roots(self._problem.universe):
            if root.name == pin.name and not root.marker.disjoint(where) and not candidates.mask(root.specifier) & mask:
                return f"you require {_plain(root)}"
        for parent, edge in self._edges_on(pin.name, where & pin.marker):
            if parent.name != name and not candidates.mask(edge.specifier) & mask:
                return f"{parent.name} {parent.version} requires {_plain(edge)}"
        return f"{pin.name} {pin.version} is chosen"

    def _edges_on(self, name: NormalizedName, where: Marker) -> Iterator[tuple[Pin, Edge]]:
        """Return what the pins require of a project in some of `where`."""
        for parent, position in self._pins():
            if position < 0 or parent.marker.disjoint(where):
                continue
            for edge in self._model.edges(parent.name, position):
                if edge.name == name and not (parent.marker & self._applies(parent, edge)).disjoint(where):
                    yield parent, edge

    def _applies(self, parent: Pin, edge: Edge) -> Marker:
        """Return where a requirement of a pin counts, with the extras that something requires of it."""
        where = edge.applies(None)
        for extra in self._extras().get(parent.name, ()):
            where |= edge.applies(extra)
        return where

    def _required_extras(self) -> dict[NormalizedName, set[ExtraName]]:
        """Return the extras of each project that the project or a pin requires, wherever that is."""
        found: dict[NormalizedName, set[ExtraName]] = {}
        edges: list[Edge | RootEdge] = [*self._model.roots(self._problem.universe)]
        for pin, position in self._pins():
            edges += self._model.edges(pin.name, position) if position >= 0 else ()
        for edge in edges:
            found.setdefault(edge.name, set()).update(edge.extras)
        return found


def _plain(edge: Edge | RootEdge) -> str:
    """Return a requirement without its marker."""
    return f"{edge.name}{edge.specifier}"
