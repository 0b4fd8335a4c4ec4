"""What the chosen releases are not good for: the environments, extras and groups that a lock leaves out.

Duty: find the parts of a region that only a cap or a missing wheel keeps from a chosen release, say which of them
concern everyone and which an extra or a group alone, and say why, once for all that have it in common.
In: Regions, positions and the Model. Out: Losses, and what a Resolution says of them. Never: a choice.

Explained in docs/resolver.md, "What is left out".
"""

from __future__ import annotations

from lockenv.errors import BugError
from lockenv.resolve.applying_edges import required
from lockenv.resolve.environment_forks import UnmetRequirement, propagate
from lockenv.resolve.unsupported import counted, fault
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import NamedTuple, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import and_, or_, reduce
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import UncoveredEnvironments

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Final

    from lockenv.resolve import failure_wording
    from lockenv.resolve.edges import RootEdge
    from lockenv.resolve.engine_interface import Region
    from lockenv.resolve.model import Model
    from lockenv.resolve.problem import ExtraOrGroup, Problem, Rule
    from lockenv.resolve.resolvelib_types import Reach
    from lockenv.vocabulary import misspelt_systems
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin
else:
    failure_wording = late("lockenv.resolve.failure_wording")
    misspelt_systems = late("lockenv.vocabulary.misspelt_systems")

_MOST_SHOWN: Final = 3
_PYTHONS: Final = ("python_full_version", "implementation_version")


class LostEnvironments(NamedTuple):
    """Environments that are left out; of one with a choice, only for those who make it."""

    where: Marker
    """Names no extra and no group."""
    choice: ExtraOrGroup | None
    why: str
    """A clause, such as `numba 0.60 needs <3.14`."""
    chosen: Marker = markers.ALWAYS
    """The choices of extras and groups that lose it; all where the choice alone does."""

    @property
    def name(self) -> str:
        """The project that `why` is about."""
        return self.why.partition(" ")[0]


def of_groups(problem: Problem) -> Iterator[LostEnvironments]:
    """Yield where groups are left out because the project says that they are for other Pythons, by name."""
    everywhere = problem.universe.without_extras_and_groups()
    for name, specifier in problem.group_pythons.items():
        where = everywhere & ~markers.python(specifier)
        if where is not markers.NEVER:
            yield LostEnvironments(where, ("group", name), f"it requires Python {specifier}")


def _by_choice(area: Marker, problem: Problem) -> Iterator[tuple[ExtraOrGroup | None, Marker]]:
    """Return the part of `area` that concerns everyone, and what is left of it for each extra and group."""
    rest = area
    for choice, selection in _selections(area, problem):
        if (part := (rest & selection).without_extras_and_groups()) is not markers.NEVER:
            yield choice, part
            if choice is None:
                rest &= ~part


def _selections(area: Marker, problem: Problem) -> Iterator[tuple[ExtraOrGroup | None, Marker]]:
    """Yield the installations that choose no extra and no group, then those that choose a single one, if in `area`."""
    gates = {choice: markers.choosing(*choice) for choice in problem.choices}
    yield None, reduce(and_, (~each for each in gates.values()), markers.ALWAYS)
    for choice, own in gates.items():
        if not area.disjoint(own):
            yield choice, reduce(and_, (~each for other, each in gates.items() if other != choice), own)


def losses(
    region: Region,
    chosen: Mapping[NormalizedName, int],
    reaches: Mapping[NormalizedName, Reach],
    model: Model,
) -> Iterator[LostEnvironments]:
    """Return what is lost with the chosen releases, then what is lost to what they require, each by name.

    `chosen` is a solution of the region, and `reaches` is where it is wanted as the search sees the region's roots.
    """
    short = [
        name
        for name, reach in sorted(reaches.items())
        if not reach[None].implies(model.coverage(name).honest(chosen[name]))
    ]
    gated: Mapping[NormalizedName, Reach] | None = None
    if short:
        gated = _gated(region, chosen, reaches, model)
        for name in short:
            beyond = gated[name][None] & ~model.coverage(name).honest(chosen[name])
            yield from _divided(name, chosen[name], beyond, model)
    if model.unsupported or model.has_faults:
        yield from _unsupported(chosen, gated or _gated(region, chosen, reaches, model), model)


def _gated(
    region: Region,
    chosen: Mapping[NormalizedName, int],
    reaches: Mapping[NormalizedName, Reach],
    model: Model,
) -> Mapping[NormalizedName, Reach]:
    """Return where a choice is wanted, by those who choose the extras and groups of the project that need it."""
    roots = model.roots(region.env)
    if [edge.meaning for edge in roots] == [edge.meaning for edge in region.roots]:
        return reaches
    return _reaches(roots, chosen, model)


def _unsupported(
    chosen: Mapping[NormalizedName, int], reaches: Mapping[NormalizedName, Reach], model: Model
) -> Iterator[LostEnvironments]:
    """Return what is lost to requirements of the chosen releases that nothing can meet, and that no one means, by name.

    Where an extra or a group alone has such a requirement, it is lost for that.
    """
    for name, reach in sorted(reaches.items()):
        version = model.candidates(name).versions[chosen[name]]
        for edge, eff in required(model, name, chosen[name], reach):
            where = counted(edge, eff, model)
            if where is not eff:
                lost = eff & ~where
                why = fault(edge, eff, model) or "no release of it supports them"
                what = f"`{edge.text}` of {name} {version}"
                said = f"{what} cannot be satisfied there: {why} (declare the `environments` you need)"
                yield from lost_by_choice(lost, said, model.problem)


def lost_by_choice(lost: Marker, why: str, problem: Problem) -> Iterator[LostEnvironments]:
    """Return the part of a loss that concerns everyone, what is left of it for each extra and group, and for several.

    Several lose it together where the requirement is one's, and the source that does not meet it is another's.
    """
    several = lost
    for choice, where in _by_choice(lost, problem):
        yield LostEnvironments(where, choice, why)
        several &= ~(where if choice is None else where & markers.choosing(*choice))
    for choice in problem.choices if several is not markers.NEVER else ():
        own = several & markers.choosing(*choice)
        if own is not markers.NEVER:
            yield LostEnvironments(own.without_extras_and_groups(), choice, why, chosen=own)
            several &= ~own


def _reaches(
    roots: Sequence[RootEdge], positions: Mapping[NormalizedName, int], model: Model
) -> dict[NormalizedName, Reach]:
    found = propagate(roots, positions, model)
    if isinstance(found, UnmetRequirement):
        raise BugError(f"the solution of a fork was lost: {found.name}")
    return found


def _divided(name: NormalizedName, position: int, beyond: Marker, model: Model) -> Iterator[LostEnvironments]:
    """Return the part of a loss that concerns everyone, what is left of it for each extra and group, and for several.

    Where only several together lose it, as each of a declared conflict is searched for apart, the first is named.
    """
    rest = several = beyond
    for choice, selection in _selections(beyond, model.problem):
        part = (rest & selection).without_extras_and_groups()
        for loss in _losses(name, position, part, choice, model):
            yield loss
            several &= ~(loss.where if choice is None else loss.where & markers.choosing(*choice))
            if choice is None:
                rest &= ~loss.where
    for choice in model.problem.choices if several is not markers.NEVER else ():
        own = several & markers.choosing(*choice)
        for loss in _losses(name, position, own.without_extras_and_groups(), choice, model):
            yield loss._replace(chosen=own)
        several &= ~own


def in_turn(pending: Iterable[LostEnvironments]) -> list[LostEnvironments]:
    """Return losses of single choices before those of several, which these may contain."""
    return sorted(pending, key=lambda loss: loss.chosen is not markers.ALWAYS)


def _losses(
    name: NormalizedName, position: int, beyond: Marker, choice: ExtraOrGroup | None, model: Model
) -> Iterator[LostEnvironments]:
    """Return all Pythons from the first one that is lost on, on the systems where it is; single ones by themselves."""
    holes = beyond & model.coverage(name).holes(position)
    for part in (holes, beyond & ~holes):
        if part is not markers.NEVER:
            yield _loss(name, position, part, choice, model, is_hole=part is holes)


def _loss(
    name: NormalizedName, position: int, beyond: Marker, choice: ExtraOrGroup | None, model: Model, *, is_hole: bool
) -> LostEnvironments:
    pythons = markers.python(">={}.{}.{}".format(*beyond.python_range()[0][0]))
    # Systems that do not exist are lost as they are named: `sys_platform` alone might mean others.
    systems = beyond.without(_PYTHONS) if _is_nowhere(beyond) else beyond.only("sys_platform")
    where = (beyond.only("python_full_version") if is_hole else pythons) & systems
    limit = model.coverage(name).limit(position, beyond)
    return LostEnvironments(where, choice, f"{name} {model.candidates(name).versions[limit.position]} {limit.why}")


def _is_nowhere(where: Marker) -> bool:
    return misspelt_systems.in_existing(where) is markers.NEVER


def origins(lost: Iterable[LostEnvironments], problem: Problem) -> Iterator[Origin]:
    """Yield where each extra and group of `lost` requires what loses it, or else its first requirement, each once."""
    yield from dict.fromkeys(rule.origin for rule in guilty(lost, problem))


def guilty(lost: Iterable[LostEnvironments], problem: Problem) -> list[Rule]:
    """Return what each extra and group of `lost` requires that loses it, or else its first requirement, each once."""
    found: dict[int, Rule] = {}
    for loss in lost:
        own = of_choices([loss.choice] if loss.choice else [], problem)
        at_fault = [rule for rule in own if rule.requirement.name == loss.name]
        found |= {id(rule): rule for rule in at_fault or own[:1]}
    return list(found.values())


def of_choices(choices: Collection[ExtraOrGroup], problem: Problem) -> list[Rule]:
    """Return the requirements of extras and groups alone, in the order of the question."""
    gate = reduce(or_, (markers.choosing(*each) for each in choices), markers.NEVER)
    return [rule for rule in problem.roots if rule.where.implies(gate)]


def uncovered(lost: Sequence[LostEnvironments], universe: Marker) -> tuple[UncoveredEnvironments, ...]:
    """Return what a lock records of losses within `universe`: one for each family, in a fixed order.

    Those that are within a wider one say nothing more; those of the same environments are one.
    """
    areas: dict[tuple[ExtraOrGroup | None, str], Marker] = {}
    for loss in lost:
        key = (loss.choice, loss.why)
        areas[key] = areas.get(key, markers.NEVER) | loss.where & universe
    found: dict[tuple[ExtraOrGroup | None, Marker], dict[str, None]] = {}
    for (choice, why), area in areas.items():
        others = (other for (its, _), other in areas.items() if its == choice and other is not area)
        if not any(area.implies(other) for other in others):
            found.setdefault((choice, area), {})[why] = None
    everybody = reduce(or_, (area for choice, area in found if choice is None), markers.NEVER)
    return tuple(
        UncoveredEnvironments(
            marker=area if choice is None else area & ~everybody,
            reason=_joined(sorted(reasons)),
            kind=choice[0] if choice else "",
            name=choice[1] if choice else "",
        )
        for (choice, area), reasons in sorted(
            found.items(), key=lambda each: (each[0][0] or (), marker_text(each[0][1]))
        )
        if choice is None or not area.implies(everybody)
    )


def _joined(reasons: Sequence[str]) -> str:
    shown = list(reasons[:_MOST_SHOWN])
    if rest := len(reasons) - len(shown):
        shown.append(f"{rest} more like this")
    return failure_wording.listed(shown)


def notes(left_out: Sequence[UncoveredEnvironments], universe: Marker, *, has_all: bool = False) -> Iterator[str]:
    """Return a sentence for each family; extras and groups that are lost for the same reason are one.

    Without `has_all`, none on systems that do not exist: a release names them by mistake, and nothing is lost.
    """
    if left_out and not has_all:
        universe, left_out = misspelt_systems.in_existing(universe), tuple(_existing(left_out))
    alike: dict[tuple[Marker, str], list[UncoveredEnvironments]] = {}
    for each in left_out:
        if each.kind:
            alike.setdefault((each.marker, each.reason), []).append(each)
        else:
            yield f"{_title(each.marker, universe)} not covered: {each.reason}"
    for (marker, reason), some in alike.items():
        are = "is" if len(some) == 1 else "are"
        where = _title(marker, universe).rpartition(" ")[0]
        yield f"{titled((each.kind, each.name) for each in some)} {are} not available on {where}: {reason}"


def _existing(left_out: Iterable[UncoveredEnvironments]) -> Iterator[UncoveredEnvironments]:
    for each in left_out:
        where = misspelt_systems.in_existing(each.marker)
        if where is not markers.NEVER:
            yield each if where is each.marker else replace(each, marker=where)


def titled(choices: Iterable[ExtraOrGroup]) -> str:
    """Return how messages name extras and groups."""
    names: dict[str, list[str]] = {}
    for kind, name in choices:
        names.setdefault(kind, []).append(name)
    return " and ".join(
        f"{kind}{'s' if len(some) > 1 else ''} {', '.join(sorted(some))}" for kind, some in sorted(names.items())
    )


def _title(lost: Marker, universe: Marker) -> str:
    """Return the name of environments: Pythons, perhaps on some systems, or what a marker says; and a verb."""
    spans, systems = lost.python_range(), lost.only("sys_platform")
    (low, high), last = spans[0], universe.python_range()[-1][1]
    pythons = markers.python(failure_wording.span_text(low, high))
    if len(spans) > 1 or lost is not universe & pythons & systems:
        return f"the environments where {marker_text(lost, assuming=universe)} are"
    named = marker_text(systems, assuming=universe)
    where = f" where {named}" if named else ""
    if high == last and (high is None or high > (low[0], low[1] + 1, 0)):
        return f"Python {failure_wording.release_text(low)} and later{where} are"
    if high is not None and high in ((low[0], low[1] + 1, 0), (*low[:2], low[2] + 1)):
        return f"Python {failure_wording.release_text(low)}{where} is"
    return f"the Pythons {failure_wording.span_text(low, high)}{where} are"
