"""Regions: where to begin, what a choice of versions means in one, and how regions become pins.

Duty: the first partition of the universe, the reach of a choice, the narrowing of the universe. In: markers and
positions. Out: the same. Never: a search.

A partition of the universe is valid when each part has at most one version of each project. So regions need not be
stored: the markers of the old pins contain them, and merging is the union of the markers of equal pins.

Explained in docs/resolver.md, "Splits".
"""

from __future__ import annotations

from lockenv.resolve.resolvelib_types import Demand, Need, Reach
from lockenv.resolve.unsupported import counted_edges
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.light_library import deque
from lockenv.vocabulary.pep440 import is_prerelease, version_key

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from lockenv.resolve.edges import Edge, RootEdge
    from lockenv.resolve.engine_interface import Region
    from lockenv.resolve.model import Model
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName
    from lockenv.vocabulary.pin import Pin

_NO_EXTRA: Final = (None,)


class UnmetRequirement(NamedTuple):
    """The first requirement that a choice of versions does not satisfy."""

    name: NormalizedName
    """The project that is required and not chosen; or the one whose requirement or version is wrong."""
    is_missing: bool


def expected(problem: Problem) -> list[tuple[NormalizedName, tuple[ExtraName, ...], str]]:
    """Return what will be asked for whatever is chosen: what the project requires, and what is locked."""
    wanted = [root.requirement for root in problem.roots]
    return [
        *((requirement.name, requirement.extras, requirement.specifier) for requirement in wanted),
        *((pin.name, (), f"=={pin.version}") for pin in problem.preferred),
    ]


def initial_blocks(universe: Marker, preferred: Sequence[Pin], keep: frozenset[tuple[str, str]]) -> tuple[Marker, ...]:
    """Return a partition of `universe` in which each part has at most one old version of each project.

    Where a project has no old version, the part of its first one is meant. An old prerelease is the version of none but
    its own part: elsewhere it counts as it would without an old lock.
    """
    by_name: dict[NormalizedName, list[Marker]] = {}
    for pin in preferred:
        area = pin.marker.without_extras_and_groups(keep)
        areas = by_name.setdefault(pin.name, [])
        if not areas and is_prerelease(version_key(pin.version)):
            areas.append(universe & ~area)
        areas.append(area)
    blocks = [universe]
    for _, areas in sorted(by_name.items()):
        if len(areas) > 1:
            blocks = [part for block in blocks for part in _divided(block, areas)]
    return tuple(blocks)


def _divided(block: Marker, areas: Sequence[Marker]) -> list[Marker]:
    met = [area for area in areas if not area.disjoint(block)]
    parts = []
    rest = block
    for area in met[1:]:
        part = rest & area
        if part is not markers.NEVER:
            parts.append(part)
            rest &= ~area
    return parts if rest is markers.NEVER else [rest, *parts]


def locked_in(env: Marker, preferred: Sequence[Pin], model: Model) -> dict[NormalizedName, int]:
    """Return the position of the old version of each project that reaches into `env`.

    The first where there are more.
    """
    found: dict[NormalizedName, int] = {}
    keep = model.problem.conflicting
    for pin in preferred:
        if pin.name in found or pin.marker.without_extras_and_groups(keep).disjoint(env):
            continue
        position = model.candidates(pin.name).position(pin.version, pin.index)
        if position is not None:
            found[pin.name] = position
    return found


def propagate(
    roots: Sequence[RootEdge], chosen: Mapping[NormalizedName, int], model: Model
) -> dict[NormalizedName, Reach] | UnmetRequirement:
    """Return where each chosen version, and each of its extras, is wanted; those that are not wanted are left out.

    `UnmetRequirement` names the first requirement that the choice does not satisfy.
    """
    reaches: dict[NormalizedName, Reach] = {}
    agenda: deque[NormalizedName] = deque()
    waiting: set[NormalizedName] = set()

    def want(edge: Edge | RootEdge, eff: Marker) -> UnmetRequirement | None:
        name = edge.name
        position = chosen.get(name)
        if position is None:
            return UnmetRequirement(name, True)
        if not model.candidates(name).mask_and_exact(edge.specifier)[0] >> position & 1:
            return UnmetRequirement(name, False)
        reach = reaches.get(name) or reaches.setdefault(name, {})
        if _widened(reach, edge.extras, eff) and name not in waiting:
            waiting.add(name)
            agenda.append(name)
        return None

    for root in roots:
        if (unmet := want(root, root.marker)) is not None:
            return unmet
    while agenda:
        # First come, first served: then most of what requires a project was looked at before the project itself.
        name = agenda.popleft()
        waiting.remove(name)
        if model.unusable(name, chosen[name]):
            return UnmetRequirement(name, False)
        for edge, eff in counted_edges(model, name, chosen[name], reaches[name]):
            unmet = UnmetRequirement(name, False) if edge.fault else want(edge, eff)
            if unmet is not None:
                return unmet
    return reaches


def _widened(reach: Reach, extras: Sequence[ExtraName], eff: Marker) -> bool:
    is_wider = False
    for key in (None, *extras) if extras else _NO_EXTRA:
        old = reach.get(key)
        if old is not eff:
            new = reach[key] = eff if old is None else old | eff
            is_wider = is_wider or new is not (markers.NEVER if old is None else old)
    return is_wider


def is_admitted(
    region: Region, reaches: Mapping[NormalizedName, Reach], chosen: Mapping[NormalizedName, int], model: Model
) -> bool:
    """Return whether every version of a choice may be chosen: prereleases, yanked releases, requests for a version."""
    return _may_be_chosen(region, _demands(region, reaches, chosen, model), reaches, chosen, model)


def _may_be_chosen(
    region: Region,
    demands: Mapping[NormalizedName, Demand],
    reaches: Mapping[NormalizedName, Reach],
    chosen: Mapping[NormalizedName, int],
    model: Model,
) -> bool:
    return all(model.admitted(name, demands[name], region.locked.get(name)) >> chosen[name] & 1 for name in reaches)


def _demands(
    region: Region, reaches: Mapping[NormalizedName, Reach], chosen: Mapping[NormalizedName, int], model: Model
) -> dict[NormalizedName, Demand]:
    """Return all needs for each project of a choice."""
    needs: dict[NormalizedName, list[Need]] = {}

    def demand(edge: Edge | RootEdge, eff: Marker) -> None:
        needs.setdefault(edge.name, []).append(Need(edge, model.candidates(edge.name), eff))

    for root in region.roots:
        demand(root, root.marker)
    for name, reach in reaches.items():
        for edge, eff in counted_edges(model, name, chosen[name], reach):
            demand(edge, eff)
    return {name: Demand.of(tuple(each)) for name, each in needs.items()}


def keeps_admission(
    region: Region, reaches: Mapping[NormalizedName, Reach], chosen: Mapping[NormalizedName, int], model: Model
) -> bool:
    """Return whether the prereleases and yanked releases of a choice are admitted by what is needed in the end."""
    if not any(model.candidates(name).unusual >> position & 1 for name, position in chosen.items()):
        return True
    return is_admitted(region, reaches, chosen, model)


def stays(
    region: Region, reaches: Mapping[NormalizedName, Reach], chosen: Mapping[NormalizedName, int], model: Model
) -> bool:
    """Return whether a search that begins with a choice of versions would end with it.

    That is so where each is admitted, and covers its environments. It need not cover those that no release of its
    project covers which one of the needs admits, and that are left out then: whatever is chosen before, one of these
    needs is in force, and nothing that it admits is better there.
    """
    demands = _demands(region, reaches, chosen, model)
    return _may_be_chosen(region, demands, reaches, chosen, model) and all(
        _is_best(name, chosen[name], reach[None], demands[name], model) for name, reach in reaches.items()
    )


def _is_best(name: NormalizedName, position: int, needed: Marker, demand: Demand, model: Model) -> bool:
    coverage = model.coverage(name)
    lacking = needed & ~coverage.honest(position)
    if lacking is markers.NEVER:
        return True
    some = 0
    for need in demand.needs:
        some |= need.mask
    return lacking.implies(coverage.beyond(position)) and model.unserved(name, some, lacking) is lacking
