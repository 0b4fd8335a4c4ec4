"""The shortest sum of products of a marker, where some environments do not matter.

Pure. Between a lower and an upper marker it finds products of conditions on one variable each: irredundant (none can be
left out) and prime (no condition can), by the method of Minato and Morreale made many-valued.

Explained in docs/markers.md, "Marker to text".
"""

from __future__ import annotations

from itertools import repeat

from lockenv.vocabulary.light_library import invert
from lockenv.vocabulary.markers.diagram import (
    ALWAYS,
    NEVER,
    Marker,
    conjunction,
    disjunction,
    intervals,
    keys_of,
    node,
    product,
    spread,
)
from lockenv.vocabulary.markers.releases import Interval, within
from lockenv.vocabulary.markers.variables import FLAG, PYTHON, RANGE, Release, Variable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

_ZERO: Final[Release] = (0, 0, 0)

Cube = tuple[Marker, ...]
"""Conditions on one variable each, all of which must hold; by rank of the variable."""


_MOST: Final = 40
"""More products than this are not made irredundant: that takes the square of their number."""


def cover(low: Marker, up: Marker) -> list[Cube]:
    """Return products that together hold throughout `low` and nowhere outside `up`; none when `low` is NEVER."""
    cubes = list(_cover(low, up))
    if len(cubes) > _MOST:
        return cubes
    return _tightened(_irredundant([_prime(cube, up) for cube in cubes], low), low, up)


_covers: dict[tuple[Marker, Marker], tuple[Cube, ...]] = {}


def _cover(low: Marker, up: Marker) -> tuple[Cube, ...]:
    """Cover first what needs the top variable, edge by edge, then the rest without it."""
    if low is NEVER:
        return ()
    if up is ALWAYS:
        return ((),)
    found = _covers.get((low, up))
    if found is not None:
        return found
    variable = low._variable if low._variable.rank <= up._variable.rank else up._variable
    keys = keys_of(variable, low, up)
    lows, ups = spread(low, variable, keys), spread(up, variable, keys)
    needing = ~product(ups)
    covered = [NEVER] * len(lows)
    cubes: list[Cube] = []
    for index, part in enumerate(lows):
        for cube in _cover(part & needing & ~covered[index], ups[index]):
            # What holds along this edge is taken to hold along each other where it may.
            parts = spread(product(cube), variable, keys)
            fits = list(map(Marker.implies, parts, ups))
            covered = [done | part if fit else done for done, part, fit in zip(covered, parts, fits, strict=True)]
            edges = tuple([ALWAYS if fit else NEVER for fit in fits])
            condition = node(variable, keys, edges)
            cubes.append(cube if condition is ALWAYS else (condition, *cube))
    rest = disjunction(map(conjunction, lows, map(invert, covered)))
    cubes.extend(_cover(rest, ~needing))
    found = _covers[low, up] = tuple(cubes)
    return found


def _prime(cube: Cube, up: Marker) -> Cube:
    """Leave out each condition that `up` does not need, the earliest variable first."""
    later = [ALWAYS]
    for condition in reversed(cube):
        later.append(later[-1] & condition)
    kept: list[Marker] = []
    before = ALWAYS
    for condition, after in zip(cube, reversed(later[:-1]), strict=True):
        if not (before & after).implies(up):
            kept.append(condition)
            before = before & condition
    return tuple(kept)


def _irredundant(cubes: list[Cube], low: Marker) -> list[Cube]:
    """Leave out each product that the others make needless, the one with most conditions first."""
    kept = list(cubes)
    for cube in sorted(cubes, key=len, reverse=True):
        others = [other for other in kept if other is not cube]
        if low.implies(disjunction(map(product, others))):
            kept = others
    return kept


def _tightened(cubes: list[Cube], low: Marker, up: Marker) -> list[Cube]:
    """Return each condition the form that is shortest to write and still right; leave out what that makes needless."""
    result = list(cubes)
    for index, cube in enumerate(cubes):
        others = disjunction(product(other) for place, other in enumerate(result) if place != index)
        need = low & product(cube) & ~others
        if need is NEVER:
            # The others, widened by now, hold wherever it is needed.
            result[index] = (NEVER,)
            continue
        kept = list(cube)
        for condition in cube:
            variable = condition._variable
            if variable.kind == FLAG:
                continue
            rest = product(other for other in kept if other is not condition)
            free = condition | ~projected(rest & ~up, variable)
            form = _simplest(variable, projected(need, variable) & condition, free)
            kept = [form if other is condition else other for other in kept]
        result[index] = tuple(condition for condition in kept if condition is not ALWAYS)
    return [cube for cube in result if NEVER not in cube]


_projections: dict[tuple[int, Variable], Marker] = {}


def projected(marker: Marker, variable: Variable) -> Marker:
    """Return the values of `variable` with which `marker` is satisfiable."""
    if marker._variable.rank > variable.rank:
        return NEVER if marker is NEVER else ALWAYS
    identity = (marker._id, variable)
    found = _projections.get(identity)
    if found is None:
        if marker._variable is variable:
            edges = tuple([NEVER if kid is NEVER else ALWAYS for kid in marker._kids])
            found = node(variable, marker._keys, edges)
        else:
            found = disjunction(map(projected, marker._kids, repeat(variable)))
        _projections[identity] = found
    return found


def _simplest(variable: Variable, need: Marker, free: Marker) -> Marker:
    """Return the condition on `variable` between `need` and `free` that has the shortest text."""
    if free is ALWAYS:
        return free
    if variable.kind == RANGE:
        return _range(variable, need, free)
    keys = keys_of(variable, need, free)
    needs, frees = spread(need, variable, keys), spread(free, variable, keys)
    named = sum(edge is ALWAYS for edge in needs)
    excepted = sum(edge is NEVER for edge in frees)
    # Values are joined by `or`, exceptions by `and`, which needs no parentheses.
    if needs[-1] is ALWAYS or (frees[-1] is ALWAYS and (excepted, 1) < (named, excepted)):
        return free
    return need


def _range(variable: Variable, need: Marker, free: Marker) -> Marker:
    """Return the spans of `free` that `need` needs, cut between minor versions where possible."""
    needs = _spans(variable, need)
    runs = [(run, own) for run in _spans(variable, free) if (own := [span for span in needs if _meets(run, span)])]
    spans: list[tuple[Release, Release | None]] = []
    for (start, end), own in runs:
        first, last = own[0][0], own[-1][1]
        low = _cut(variable, start, first, start)
        high = None if end is None or last is None else _cut(variable, last, end, end)
        if variable is PYTHON and start != _ZERO and high is not None:
            minor = (first[0], first[1], 0)
            after = (first[0], first[1] + 1, 0)
            if start <= minor and last is not None and last <= after and end is not None and after <= end:
                low, high = minor, after
        spans.append((low, high))
    return within(variable, _holed(variable, spans, [run for run, _ in runs], needs))


def _cut(variable: Variable, low: Release, high: Release, otherwise: Release) -> Release:
    """Return a place to cut from `low` to `high`: the one beside `otherwise`, unless it is in the middle of a minor."""
    if variable is not PYTHON or otherwise == _ZERO or otherwise[2] == 0:
        return otherwise
    if otherwise == low:
        up = (low[0], low[1] + 1, 0)
        return up if up <= high else low
    down = (high[0], high[1], 0)
    return down if down >= low else high


def _holed(
    variable: Variable, spans: list[Interval], runs: list[Interval], needs: Sequence[Interval]
) -> list[Interval]:
    """Widen gaps to whole minor versions, and close them to one version, where one `!=` then says it."""
    result = spans[:1]
    for index in range(1, len(spans)):
        end, start = runs[index - 1][1], runs[index][0]
        if end is not None and variable is PYTHON:
            minor, after = (end[0], end[1], 0), (end[0], end[1] + 1, 0)
            if start <= after and not any(_meets((minor, after), span) for span in needs):
                end, start = minor, after
        if end is not None and is_hole(variable, end, start):
            result[-1] = (result[-1][0], end)
            result.append((start, spans[index][1]))
        else:
            result.append(spans[index])
    return result


def is_hole(variable: Variable, start: Release, end: Release) -> bool:
    """Return whether one `!=` takes out exactly the releases from `start` up to `end`."""
    if end == (start[0], start[1], start[2] + 1):
        return True
    return variable is PYTHON and start[2] == 0 and end == (start[0], start[1] + 1, 0)


def _spans(variable: Variable, condition: Marker) -> Sequence[Interval]:
    return intervals(condition) if condition._variable is variable else [(variable.first, None)]


def _meets(one: Interval, other: Interval) -> bool:
    return (other[1] is None or one[0] < other[1]) and (one[1] is None or other[0] < one[1])
