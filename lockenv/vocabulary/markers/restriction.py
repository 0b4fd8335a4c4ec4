"""A marker made simple where only a part of all environments matters.

Pure. The restriction of Coudert and Madre, made many-valued: what never happens is taken to be like something
that does.

Explained in docs/markers.md, "Marker to text".
"""

from __future__ import annotations

from lockenv.vocabulary.markers.diagram import (
    ALWAYS,
    NEVER,
    Marker,
    disjunction,
    given,
    keys_of,
    node,
    spread,
    support,
    without,
)
from lockenv.vocabulary.markers.variables import FLAG, RANGE
from lockenv.vocabulary.markers.world import IMPLIED

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable


def cofactor(marker: Marker, care: Marker) -> Marker:
    """Return a simple marker that agrees with `marker` throughout `care`; it depends on nothing outside."""
    low, up = fewest(marker & care, marker | ~care)
    return restricted(low, low | ~up)


def fewest(low: Marker, up: Marker) -> tuple[Marker, Marker]:
    """Return the limits of what to say without the variables that others imply, where it can be said without them."""
    implied = [variable for variable in {*support(low), *support(up)} if variable.name in IMPLIED]
    for names in (IMPLIED, *[(name,) for name in IMPLIED]):
        gone = frozenset(variable for variable in implied if variable.name in names)
        lower, upper = without(low, gone), ~without(~up, gone)
        if lower.implies(upper):
            low, up = lower, upper
    return low, up


_restrictions: dict[tuple[int, int], Marker] = {}


def restricted(marker: Marker, care: Marker) -> Marker:
    """Return `marker` with the edges that `care` never takes joined to edges that it takes.

    NEVER when it takes none.
    """
    if not marker._kids or care is ALWAYS:
        return marker
    if care is NEVER:
        return NEVER
    if care is marker:
        return ALWAYS
    if care is marker._negation:
        return NEVER
    identity = (marker._id, care._id)
    found = _restrictions.get(identity)
    if found is None:
        found = _restrictions[identity] = _restrict(marker, care)
    return found


def _restrict(marker: Marker, care: Marker) -> Marker:
    variable = marker._variable
    if care._variable.rank < variable.rank and care._variable is not variable.base:
        return restricted(marker, disjunction(care._kids))
    if care._variable.rank < variable.rank:
        variable = care._variable
    keys = keys_of(variable, marker, care)
    cares = spread(care, variable, keys)
    kids = [
        None if wanted is NEVER else restricted(kid, wanted)
        for kid, wanted in zip(spread(marker, variable, keys), cares, strict=True)
    ]
    live = [kid for kid in kids if kid is not None]
    if variable.kind == RANGE:
        return node(variable, keys, _filled(kids, live[0]))
    # An edge that is never taken joins one that is. "Any other" joins what is outside the set, if that is among them:
    # `==` is then left, rather than `!=`.
    other = kids[-1]
    if other is None:
        other = NEVER if any(kid is NEVER for kid in live) else live[-1]
    if variable.kind == FLAG:
        return node(variable, (), (other if kids[0] is None else kids[0], other))
    edges = [(given(other, variable, key) if kid is None else kid) for key, kid in zip(keys, kids, strict=False)]
    return node(variable, keys, (*edges, other))


def _filled(kids: Iterable[Marker | None], first: Marker) -> tuple[Marker, ...]:
    """Return `kids` with each gap filled by what is before it; `first` is before the first."""
    filled = []
    for kid in kids:
        first = first if kid is None else kid
        filled.append(first)
    return tuple(filled)
