"""What releases require where an extra of theirs is wanted, and where none is: found once, not for each region.

Duty: leave out what applies nowhere, such as what the extras of a release require that no one wants. In: the Model, a
release, where it is wanted. Out: edges, each with where it applies. Never: a choice.

Explained in docs/resolver.md, "The first engine".
"""

from __future__ import annotations

from lockenv.resolve.resolvelib_types import eff_of
from lockenv.vocabulary import markers

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.resolve.edges import Edge
    from lockenv.resolve.model import Model
    from lockenv.resolve.resolvelib_types import Reach
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName


def applying(
    model: Model, name: NormalizedName, position: int, extra: ExtraName | None = None
) -> tuple[tuple[Edge, Marker], ...]:
    """Return what a release requires in file order, and where, whatever the region; waits for its metadata.

    With `extra`, only what is not the same without it.
    """
    key = (name, position, extra)
    found = model.applying.get(key)
    if found is None:
        edges = model.edges(name, position)
        every = ((edge, edge.applies(extra)) for edge in edges)
        found = model.applying[key] = tuple(
            (edge, where)
            for edge, where in every
            if where is not markers.NEVER and (extra is None or where is not edge.applies(None))
        )
    return found


def required(model: Model, name: NormalizedName, position: int, reach: Reach) -> Iterable[tuple[Edge, Marker]]:
    """Return what a release with that reach requires, in file order, and where; nothing that applies nowhere.

    The reach may grow meanwhile.
    """
    return (_without_extras if len(reach) == 1 else _all)(model, name, position, reach)


def _without_extras(model: Model, name: NormalizedName, position: int, reach: Reach) -> Iterator[tuple[Edge, Marker]]:
    for edge, where in applying(model, name, position):
        eff = reach[None] & where
        if eff is not markers.NEVER:
            yield edge, eff


def _all(model: Model, name: NormalizedName, position: int, reach: Reach) -> Iterator[tuple[Edge, Marker]]:
    for edge in model.edges(name, position):
        if edge.only and edge.only not in reach:
            continue
        eff = eff_of(edge, reach)
        if eff is not markers.NEVER:
            yield edge, eff
