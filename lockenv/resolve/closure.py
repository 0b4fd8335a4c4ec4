"""The checker: whether a set of pins is a sound closure for every environment of a universe.

Duty: prove or refute, symbolically over markers, and derive the edges between pins. In: Pins, from a search or rebuilt
from a lock file, and the Problem they answer. Out: Proof or Faults. Never: an index, a search, anything the search uses
but the vocabulary; nothing here is trusted to have been checked elsewhere.

What a Proof says, for each environment of the universe and each choice of extras and groups:

- at most one version of each project is installed;
- each requirement of the project, and of each installed release, is met by an installed version, overrides standing in
  for what they override; constraints hold;
- nothing is installed that is not required;
- each installed release admits the Python, and has a file for each environment that must have one.

Explained in docs/resolver.md, "Proof".
"""

from __future__ import annotations

from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pep440 import contains
from lockenv.vocabulary.requirement import only_for_extra, parse
from lockenv.vocabulary.wheeltags import wheel_pythons

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, Literal

    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName
    from lockenv.vocabulary.pin import Pin
    from lockenv.vocabulary.requirement import Requirement

    FaultKind = Literal["twice", "missing", "unsatisfied", "unmeetable", "unreachable", "constraint", "python", "file"]

# No Python 4 exists: a release that excludes it is not at fault, and a lock promises nothing about it.
_EXISTING: Final = "<4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which pins are not a sound closure."""

    kind: FaultKind
    name: NormalizedName
    """The project at fault: the one that is missing, or the one whose version is wrong."""
    where: Marker
    """The environments in which it is at fault; never unsatisfiable."""
    sentence: str
    asker: str = ""
    """The project whose requirement is not met; empty for the user's own, and for other kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The pins hold. They come back with the edges between them."""

    pins: tuple[Pin, ...]
    """In the order they were given, `dependencies` derived."""


def check(pins: Sequence[Pin], problem: Problem, *, universe: Marker | None = None) -> Proof | tuple[Fault, ...]:
    """Return the proof that `pins` answer `problem` throughout `universe` (the problem's own when None), or all faults.

    Of the problem only roots, constraints, overrides, required environments and universe count.
    """
    return _Check(pins, problem, problem.universe if universe is None else universe).verdict()


@cache
def _admits(specifier: str, version: str) -> bool:
    if not version:
        return True  # sources whose version only a build knows
    # Whether a prerelease should have been chosen is a policy of the search; whether it satisfies is decided here.
    return contains(specifier, version)


@cache
def _pythons(requires_python: str) -> Marker:
    try:
        return markers.python(requires_python) if requires_python else markers.ALWAYS
    except ValueError:
        # What no installer can read restricts nothing.
        return markers.ALWAYS


class _Check:
    def __init__(self, pins: Sequence[Pin], problem: Problem, universe: Marker) -> None:
        self.pins = pins
        self.problem = problem
        self.universe = universe
        self.faults: dict[tuple[str, ...], Fault] = {}
        self.by_name: dict[NormalizedName, list[int]] = {}
        for number, pin in enumerate(pins):
            self.by_name.setdefault(pin.name, []).append(number)
        self.areas = [pin.marker & universe for pin in pins]
        self.reach: list[dict[ExtraName | None, Marker]] = [{} for _ in pins]
        self.edges: list[set[tuple[NormalizedName, str]]] = [set() for _ in pins]
        self.agenda: dict[int, None] = {}
        self.direct = {pin.name for pin in pins if pin.direct is not None}

    def verdict(self) -> Proof | tuple[Fault, ...]:
        self._uniqueness()
        self._reachability()
        for number in range(len(self.pins)):
            self._pin(number)
        if self.faults:
            return tuple(self.faults.values())
        return Proof(
            pins=tuple(
                replace(pin, dependencies=tuple(sorted(self.edges[number]))) for number, pin in enumerate(self.pins)
            )
        )

    def _fault(self, kind: FaultKind, name: NormalizedName, where: Marker, sentence: str, asker: str = "") -> None:
        place = marker_text(where, assuming=self.universe)
        sentence = f"{sentence} where {place}" if place else sentence
        # The same fault is met again while reach widens; the last and widest sentence stays.
        self.faults[kind, name, sentence] = Fault(kind=kind, name=name, where=where, sentence=sentence, asker=asker)

    def _uniqueness(self) -> None:
        for name, numbers in self.by_name.items():
            for index, number in enumerate(numbers):
                for other in numbers[:index]:
                    both = self.areas[number] & self.areas[other]
                    if both is not markers.NEVER:
                        first, second = self.pins[other].version, self.pins[number].version
                        self._fault("twice", name, both, f"{name} {first} and {second} are both installed")

    def _reachability(self) -> None:
        """Find the least closure of the roots, noting what is not met on the way."""
        for root in self.problem.roots:
            self._require(None, root.requirement, self.universe & root.where)
        while self.agenda:
            # Turn by turn: then most of what requires a release was looked at before the release itself.
            turn, self.agenda = self.agenda, {}
            for number in turn:
                for text in self.pins[number].requires:
                    self._edge(number, text)

    def _edge(self, number: int, text: str) -> None:
        if (extra := only_for_extra(text)) is not None and extra not in self.reach[number]:
            return
        pin = self.pins[number]
        try:
            requirement = parse(text)
            marker = markers.parse(requirement.marker) if requirement.marker else markers.ALWAYS
        except ValueError:
            release = f"{pin.name} {pin.version}".rstrip()
            self._fault("unmeetable", pin.name, self.areas[number], f"{release} has the invalid `{text}`")
            return
        where = markers.NEVER
        for extra, reach in self.reach[number].items():
            if (given := marker.given_extra(extra)) is not markers.NEVER:
                where |= reach & given
        self._require(number, requirement, where)

    def _require(self, source: int | None, requirement: Requirement, where: Marker) -> None:
        overrides = [rule for rule in self.problem.overrides if rule.requirement.name == requirement.name]
        if not overrides:
            self._met(source, requirement, requirement.extras, where)
        for rule in overrides:
            extras = (*requirement.extras, *rule.requirement.extras)
            self._met(source, rule.requirement, extras, where & rule.where)

    def _met(self, source: int | None, requirement: Requirement, extras: tuple[ExtraName, ...], where: Marker) -> None:
        if where is markers.NEVER:
            return
        name = requirement.name
        if requirement.url and name not in self.direct:
            self._unmet("unmeetable", source, requirement, where, " from a URL")
            return
        rest = where
        for number in self.by_name.get(name, ()):
            here = where & self.areas[number]
            if here is markers.NEVER:
                continue
            rest &= ~here
            pin = self.pins[number]
            if not _admits(requirement.specifier, pin.version):
                self._unmet("unsatisfied", source, requirement, here, f", but {pin.version} is installed")
                continue
            if source is not None:
                self.edges[source].add((name, pin.version))
            self._widen(number, extras, here)
        if rest is not markers.NEVER:
            self._unmet("missing", source, requirement, rest, ", but none is installed")

    def _unmet(
        self, kind: FaultKind, source: int | None, requirement: Requirement, where: Marker, problem: str
    ) -> None:
        asker = "" if source is None else self.pins[source].name
        who = "the project" if source is None else f"{asker} {self.pins[source].version}".rstrip()
        sentence = f"{who} requires {requirement.name}{requirement.specifier}{problem}"
        self._fault(kind, requirement.name, where, sentence, asker)

    def _widen(self, number: int, extras: tuple[ExtraName, ...], where: Marker) -> None:
        reach = self.reach[number]
        is_wider = False
        for key in (None, *extras):
            old = reach.get(key, markers.NEVER)
            new = reach[key] = old | where
            is_wider = is_wider or new is not old
        if is_wider:
            self.agenda[number] = None

    def _pin(self, number: int) -> None:
        pin, area = self.pins[number], self.areas[number]
        release = f"{pin.name} {pin.version}".rstrip()
        idle = area & ~self.reach[number].get(None, markers.NEVER)
        if idle is not markers.NEVER:
            self._fault("unreachable", pin.name, idle, f"{release} is installed but not required")
        for rule in self.problem.constraints:
            held = area & rule.where
            if rule.requirement.name == pin.name and held is not markers.NEVER:
                specifier = rule.requirement.specifier
                if not _admits(specifier, pin.version):
                    self._fault("constraint", pin.name, held, f"{release} violates the constraint {specifier}")
        unfit = area & markers.python(_EXISTING) & ~_pythons(pin.requires_python)
        if unfit is not markers.NEVER:
            self._fault("python", pin.name, unfit, f"{release} requires Python {pin.requires_python}")
        self._files(pin, area)

    def _files(self, pin: Pin, area: Marker) -> None:
        if pin.sdist is not None or (pin.direct is not None and not pin.wheels):
            return
        release = f"{pin.name} {pin.version}"
        if not pin.wheels:
            self._fault("file", pin.name, area, f"{release} has no file")
            return

        names = [wheel.filename for wheel in pin.wheels]
        existing = area & markers.python(_EXISTING)
        unfit = existing & ~wheel_pythons(names, self.problem.universe)
        if unfit is not markers.NEVER:
            self._fault("file", pin.name, unfit, f"{release} has no wheel for these Pythons and no sdist")
        for where in self.problem.required_environments:
            if where.disjoint(area):
                continue
            # A required environment is a kind of machine: each of its Pythons needs a wheel that fits some of it.
            pythons = wheel_pythons(names, where & self.problem.universe)
            unfit = (area if pythons is markers.NEVER else existing) & where & ~pythons
            if unfit is not markers.NEVER:
                self._fault("file", pin.name, unfit, f"{release} has no wheel and no sdist")
