"""The question that resolution answers.

Duty: say what is wanted, where, under which rules, and what the old lock had. In: a Manifest and the old pins.
Out: a Problem. Never: an index, a choice.

Explained in docs/resolver.md, "The question".
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.project.messages import MARKER_HINT
from lockenv.resolve import places
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import dataclass, field, replace
from lockenv.vocabulary.manifest import Policy
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.requirement import Requirement
from lockenv.vocabulary.wheeltags import USUAL

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from typing import Final

    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest, StatedMetadata
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import GroupName, NormalizedName
    from lockenv.vocabulary.pin import Pin, Resolution, UncoveredEnvironments
    from lockenv.vocabulary.requirement import Declared


_LAST_PATCH: Final = 999
"""No Python has as many patch releases."""

ExtraOrGroup = tuple[str, str]
"""(`extra` or `group`, name)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A requirement that the user wrote: a root, a constraint or an override."""

    requirement: Requirement
    where: Marker
    """Its own marker and, of a root, the extra or group it belongs to; ALWAYS for a plain default dependency."""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What to resolve. Everything is ordered by text, so that the order of writing changes nothing."""

    roots: tuple[Rule, ...]
    requires_python: str
    requires_python_origin: Origin | None = None
    universe: Marker
    """Requires-Python, what the world can be, the declared environments, and no declared conflict."""
    environments: tuple[Marker, ...]
    """The declared environments, made disjoint in their order; `(universe,)` when none are declared."""
    required_environments: tuple[Marker, ...] = ()
    constraints: tuple[Rule, ...] = ()
    overrides: tuple[Rule, ...] = ()
    choices: tuple[ExtraOrGroup, ...] = ()
    """The extras and groups of the project."""
    conflicting: frozenset[ExtraOrGroup] = frozenset()
    """Each member of a declared conflict, and each that a source is for: kept apart in the search."""
    policy: Policy = field(default_factory=Policy)
    locked: tuple[Pin, ...] = ()
    """The old lock's pins."""
    left_out: Marker = markers.NEVER
    """The environments that the old lock leaves out for everyone."""
    upgrade: bool | frozenset[NormalizedName] = False
    """True: the old pins count for nothing; names: theirs do not."""
    requested: Mapping[NormalizedName, str] = field(default_factory=dict)
    """The specifier that `-P NAME==V` asks for, beside all requirements."""
    stated: tuple[StatedMetadata, ...] = ()
    """What the project states of releases in place of their own metadata; the catalog has it already."""
    direct: Mapping[NormalizedName, Direct] = field(default_factory=dict)
    """The projects that no index serves, and where each comes from; the catalog has one release of each."""
    placed: frozenset[NormalizedName] = frozenset()
    """The projects that have sources for some environments only: the catalog says where each of their releases is."""
    group_pythons: Mapping[GroupName, str] = field(default_factory=dict)
    """The specifier of the Pythons that a group is for, where those are not all of the project."""
    members: tuple[NormalizedName, ...] = ()
    """The projects of the workspace beside its root: what they require, the user wrote."""

    @property
    def preferred(self) -> tuple[Pin, ...]:
        """The old pins that may stay."""
        if self.upgrade is True:
            return ()
        moving = self.upgrade or frozenset()
        return tuple(
            pin
            for pin in self.locked
            if pin.name not in moving and pin.name not in self.requested and pin.direct is None
        )

    @property
    def unavailable(self) -> Marker:
        """The installations that choose a group on a Python that it is not for."""
        groups = self.group_pythons.items()
        return _union(markers.in_groups(name) & ~markers.python(text) for name, text in groups)

    @property
    def is_open_ended(self) -> bool:
        """Whether Requires-Python has no upper end among the Pythons that exist."""
        newest = markers.python(">=3.999,<4")
        return not self.universe.disjoint(newest)


def problem(
    manifest: Manifest,
    *,
    locked: Sequence[Pin] = (),
    left_out: Iterable[UncoveredEnvironments] = (),
    upgrade: bool | Iterable[NormalizedName] = False,
    requested: Mapping[NormalizedName, str] | None = None,
    direct: Mapping[NormalizedName, Direct] | None = None,
) -> Problem:
    """Return the problem that `manifest` poses.

    `left_out` is what the old lock leaves out. It is looked at again, beginning with what is locked for the Pythons
    right below, so that the same project and the same index result in the same lock again.
    Raises InputError when a marker or a requirement of it cannot be resolved at all.
    """
    declared, areas = _environments(manifest), for_everybody(left_out)
    roots = [
        *_roots(manifest.dependencies, markers.ALWAYS),
        *(root for name, some in manifest.extras.items() for root in _roots(some, markers.in_extras(name))),
        *(root for name, some in manifest.groups.items() for root in _roots(some, markers.in_groups(name))),
    ]
    universe = universe_of(manifest)
    placed = places.divisions(manifest, universe) if manifest.places else {}
    return Problem(
        roots=sorted_rules(root for root in roots if root.requirement.name not in manifest.excluded),
        requires_python=manifest.requires_python,
        requires_python_origin=manifest.requires_python_origin,
        universe=universe,
        environments=_partition(declared, universe),
        required_environments=tuple(_marker(text, "required-environments") for text in manifest.required_environments),
        constraints=_rules(manifest.constraints),
        overrides=sorted_rules((*_roots(manifest.overrides, markers.ALWAYS), *map(_excluded, manifest.excluded))),
        choices=(*(("extra", name) for name in manifest.extras), *(("group", name) for name in manifest.groups)),
        conflicting=frozenset((*(each for some in manifest.exclusive for each in some), *places.members(manifest))),
        policy=manifest.policy,
        locked=_extended(locked, areas),
        left_out=_union(areas),
        upgrade=upgrade if isinstance(upgrade, bool) else frozenset(upgrade),
        requested=dict(requested or {}),
        stated=manifest.stated,
        direct=dict(direct or {}),
        placed=frozenset(placed),
        group_pythons=manifest.group_pythons,
        members=tuple(name for name in manifest.members if name in (direct or {})),
    )


def universe_of(manifest: Manifest) -> Marker:
    """Return the environments that a project is locked for. Raises InputError where there is none."""
    declared = _environments(manifest)
    covered = markers.WORLD & _python(manifest) & ~_conflicts(manifest)
    universe = covered & _union(declared) if declared else covered
    if universe is markers.NEVER:
        raise InputError(
            "no environment remains, because requires-python, environments and conflicts exclude each other",
            hint="widen one of them, such as requires-python",
            origin=manifest.requires_python_origin,
        )
    return universe


def relocking(problem: Problem, found: Resolution) -> Problem:
    """Return the problem that is posed when the answer to `problem` is locked again."""
    areas = for_everybody(found.uncovered)
    return replace(problem, locked=_extended(found.pins, areas), left_out=_union(areas), upgrade=False)


def for_everybody(left_out: Iterable[UncoveredEnvironments]) -> list[Marker]:
    """Return the environments in which nothing can be installed; not those without a single extra or group."""
    return [each.marker for each in left_out if not each.kind]


def _extended(locked: Sequence[Pin], areas: Sequence[Marker]) -> tuple[Pin, ...]:
    """Return the pins, installed in `areas` that are left out where they are for the Pythons right below."""
    pins = list(locked)
    # Python by Python, so that it does not matter how what is left out is divided.
    ends = [end for area in areas for span in area.python_range() for end in span if end is not None]
    for area in _union(areas).split_python(ends):
        major, minor, patch = area.python_range()[0][0]
        if not (minor or patch):
            continue
        last = f"{major}.{minor}.{patch - 1}" if patch else f"{major}.{minor - 1}.{_LAST_PATCH}"
        below = markers.python(f"=={last}")
        for number, pin in enumerate(pins):
            beside = (pin.marker & below).without(("python_full_version",)) & area
            if beside is not markers.NEVER:
                pins[number] = replace(pin, marker=pin.marker | beside)
    return tuple(pins)


def sorted_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return what the user wrote in the order in which a Problem has it."""
    return tuple(sorted(rules, key=_text))


def _text(ruled: Rule) -> tuple[str, str, str]:
    return str(ruled.requirement), marker_text(ruled.where), str(ruled.origin)


def _roots(some: Iterable[Declared], gate: Marker) -> list[Rule]:
    return [
        Rule(
            requirement=declared.requirement,
            where=gate & _own_marker(declared),
            origin=declared.origin,
        )
        for declared in some
    ]


def _rules(some: Iterable[Declared]) -> tuple[Rule, ...]:
    return sorted_rules(_roots(some, markers.ALWAYS))


def _excluded(name: NormalizedName) -> Rule:
    """Return the override of a project that is required nowhere."""
    origin = Origin(file="", key="exclude-dependencies")
    return Rule(requirement=Requirement(name), where=markers.NEVER, origin=origin)


def _own_marker(declared: Declared) -> Marker:
    text = declared.requirement.marker
    return markers.parse(text).given_extra(None) if text else markers.ALWAYS


def _marker(text: str, key: str) -> Marker:
    try:
        return markers.parse(text)
    except ValueError as error:
        raise InputError(f"{key}: `{text}` is not an environment marker: {error}", hint=MARKER_HINT) from error


def _python(manifest: Manifest) -> Marker:
    if not manifest.requires_python:
        # What a lock without Pythons is for is reported as Python 3, and older ones have no environment to install
        # into.
        return markers.python(">=3")
    try:
        return markers.python(manifest.requires_python)
    except ValueError as error:
        raise InputError(
            f"requires-python `{manifest.requires_python}` is not a version specifier: {error}",
            hint="use clauses separated by commas, such as >=3.11,<4",
            origin=manifest.requires_python_origin,
        ) from error


def _environments(manifest: Manifest) -> tuple[Marker, ...]:
    return tuple(_marker(text, "environments") for text in manifest.environments)


def _union(some: Iterable[Marker]) -> Marker:
    total = markers.NEVER
    for marker in some:
        total |= marker
    return total


def _partition(declared: Sequence[Marker], universe: Marker) -> tuple[Marker, ...]:
    if not declared:
        return (universe,)
    parts = []
    rest = universe
    for marker in declared:
        if (part := rest & marker) is not markers.NEVER:
            parts.append(part)
        rest &= ~marker
    return tuple(parts)


def _conflicts(manifest: Manifest) -> Marker:
    """Return the environments that install two members of a declared conflict together."""
    together = markers.NEVER
    for members in manifest.exclusive:
        gates = [markers.choosing(kind, name) for kind, name in members]
        for number, gate in enumerate(gates):
            for other in gates[:number]:
                together |= gate & other
    return together


def meant(problem: Problem) -> Marker:
    """Return the part of the universe in which a build is asked for.

    All of it where the project declares its environments, or means none of the usual ones.
    """
    usual = problem.universe & USUAL
    if problem.environments != (problem.universe,) or usual is markers.NEVER:
        return problem.universe
    for required in problem.required_environments:
        usual |= problem.universe & required
    return usual


def lowest_preferred(problem: Problem) -> Container[NormalizedName]:
    """Return the projects of which the lowest version that fits is preferred."""
    match problem.policy.preference:
        case "highest":
            return frozenset()
        case "lowest":
            return _Everything()
        case "lowest-direct":
            return frozenset(root.requirement.name for root in problem.roots)


class _Everything:
    def __contains__(self, _: object) -> bool:
        return True
