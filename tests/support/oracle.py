"""The judge of resolutions: brute force over concrete environments, with nothing but `packaging`.

It knows no marker algebra and no mask. A universe is satisfiable when each concrete environment has a closed choice of
versions; a lock is sound when what its markers select in each environment is one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

Environment = Mapping[str, str]
Release = tuple[str, str]

SYSTEMS = (
    ("linux", "posix", "Linux", "5.15.0-91-generic"),
    ("darwin", "posix", "Darwin", "20.6.0"),
    ("win32", "nt", "Windows", "10"),
    ("linux2", "posix", "Other", ""),
)
"""`sys.platform`, `os.name`, and what `platform` says of the system and its release."""
_OTHER_RELEASES = ("20.6.0", "21.5.0", "22.0.0")
"""Further releases of each system, for worlds whose markers name the release."""
MACHINES = ("x86_64", "arm64")
_OTHER_MACHINE = "ppc64le"
"""For worlds whose markers name both of these: each of them is none of the other's opposite there."""
PYTHONS = ("3.8.1", "3.9.0", "3.10.0", "3.10.4", "3.11.2", "3.12.1", "3.13.0", "3.14.1")
IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"))
_FEW = len(SYSTEMS) * (len(MACHINES) + 1) * len(PYTHONS) * len(IMPLEMENTATIONS)
"""How many environments there are with one release of each system."""
_LATER = (*PYTHONS, "3.20.0", "3.99.0", "4.0.0")


@cache
def environments() -> tuple[Environment, ...]:
    return tuple(
        {
            "sys_platform": system[0],
            "os_name": system[1],
            "platform_system": system[2],
            "platform_machine": machine,
            "python_full_version": python,
            "python_version": python.rpartition(".")[0],
            "implementation_name": implementation[0],
            "platform_python_implementation": implementation[1],
            "implementation_version": python,
            "platform_release": system[3],
            "platform_version": "",
        }
        for system, machine, python, implementation in itertools.chain(
            itertools.product(SYSTEMS, MACHINES, PYTHONS, IMPLEMENTATIONS),
            itertools.product(SYSTEMS, (_OTHER_MACHINE,), PYTHONS, IMPLEMENTATIONS),
            itertools.product(
                [(*names, new) for *names, old in SYSTEMS for new in _OTHER_RELEASES if new != old],
                (*MACHINES, _OTHER_MACHINE),
                PYTHONS,
                IMPLEMENTATIONS,
            ),
        )
    )


@cache
def _requirement(text: str) -> Requirement:
    return Requirement(text)


@cache
def _admits(specifier: str, version: str) -> bool:
    return SpecifierSet(specifier).contains(version, prereleases=True)


Gate = tuple[str, str]
"""`extra` or `group`, and its name."""


@cache
def _holds(marker: str, environment: int, extra: str = "") -> bool:
    return Marker(marker).evaluate({**environments()[environment], "extra": extra})


@cache
def _selects(marker: str, environment: int, selection: frozenset[Gate]) -> bool:
    chosen: dict[str, Any] = {
        **environments()[environment],
        "extras": {name for kind, name in selection if kind == "extra"},
        "dependency_groups": {name for kind, name in selection if kind == "group"},
    }
    return Marker(marker).evaluate(chosen, context="lock_file")


@dataclass(frozen=True)
class World:
    """What is required of which universe; every version has one table."""

    universe: Mapping[str, Mapping[str, Mapping[str, object]]]
    roots: tuple[str, ...]
    requires_python: str
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    gated: tuple[tuple[Gate, tuple[str, ...]], ...] = ()
    """The requirements of each extra and group."""
    conflicts: tuple[tuple[Gate, ...], ...] = ()
    is_strict: bool = False
    """Whether prereleases and yanked releases are never used; else they are used like any other."""
    has_caps: bool = True
    """Whether an older release does not serve a Python that a newer one excludes by its upper bound."""
    placed: tuple[tuple[str, str, Mapping[str, Mapping[str, object]]], ...] = ()
    """Projects that come from another source where a marker of a lock holds: name, marker, versions there."""

    def served(self, environment: int, selection: frozenset[Gate]) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
        """Return what there is in one environment with one selection."""
        if not self.placed:
            return self.universe
        elsewhere = {name: there for name, marker, there in self.placed if _selects(marker, environment, selection)}
        return {**self.universe, **elsewhere}

    def selections(self) -> list[frozenset[Gate]]:
        """Return every set of extras and groups that no conflict forbids."""
        gates = [gate for gate, _ in self.gated]
        subsets = itertools.chain.from_iterable(itertools.combinations(gates, size) for size in range(len(gates) + 1))
        return [
            frozenset(subset)
            for subset in subsets
            if all(len(members & set(subset)) < 2 for members in map(set, self.conflicts))
        ]

    def largest(self) -> list[frozenset[Gate]]:
        """Return the selections that no other contains: what must be installable together; all where sources differ."""
        every = self.selections()
        if any("extras" in marker or "groups" in marker for _, marker, _ in self.placed):
            return every
        return [selection for selection in every if not any(selection < other for other in every)]

    def required(self, selection: frozenset[Gate]) -> tuple[str, ...]:
        """Return the requirements of the project itself with a selection."""
        return (*self.roots, *(text for gate, texts in self.gated if gate in selection for text in texts))

    def covered(self) -> list[int]:
        """Return the environments that Requires-Python admits.

        Of each system there is one release where no marker names it, and no third machine where no two are named.
        """
        stated = " ".join((*self._stated(), *self._texts(), *(marker for _, marker, _ in self.placed)))
        last = len(environments()) if "platform_release" in stated else _FEW
        machines = (*MACHINES, _OTHER_MACHINE) if all(f"'{each}'" in stated for each in MACHINES) else MACHINES
        return [
            number
            for number, environment in enumerate(environments()[:last])
            if environment["platform_machine"] in machines
            and _admits(self.requires_python, environment["python_full_version"])
        ]

    def distinct(self) -> list[int]:
        """Return one of each set of environments that no marker or Requires-Python of the universe distinguishes."""
        texts = sorted({*self._stated(), *self._texts()})
        markers = sorted({str(_requirement(text).marker) for text in texts if _requirement(text).marker})
        sources = sorted({marker for _, marker, _ in self.placed})
        everything = frozenset(gate for gate, _ in self.gated)
        pythons = sorted({str(table.get("requires_python", "")) for _, table in self._tables()})
        wheels = sorted({_wheels(table) for _, table in self._tables()})
        seen: dict[tuple[bool, ...], int] = {}
        for number in self.covered():
            python = environments()[number]["python_full_version"]
            signature = (
                *(_holds(marker, number, "") for marker in markers),
                *(_holds(marker, number, "x") for marker in markers),
                *(_selects(marker, number, some) for marker in sources for some in (everything, frozenset[Gate]())),
                *(_admits(text, later) for text in pythons for later in (python,)),
                *(_capped(text, python) for text in pythons),
                *(_fits(tags, python) for tags in wheels),
                *(_unheard(tags, python) for tags in wheels),
            )
            seen.setdefault(signature, number)
        return list(seen.values())

    def has_cap(self, python: str) -> bool:
        """Return whether a release excludes `python` by name, or with every later one."""
        return any(_capped(str(table.get("requires_python", "")), python) for _, table in self._tables())

    def _stated(self) -> tuple[str, ...]:
        gated = (text for _, texts in self.gated for text in texts)
        return (*self.roots, *gated, *self.constraints, *self.overrides)

    def ruled(self, selection: frozenset[Gate]) -> list[Requirement]:
        """Return what the user wrote that is resolved together: everything but the extras that conflict with others."""
        apart = {gate for members in self.conflicts for gate in members} - selection
        gated = (text for gate, texts in self.gated if gate not in apart for text in texts)
        return list(map(_requirement, (*self.roots, *gated, *self.constraints, *self.overrides)))

    def _tables(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        for versions in (*self.universe.values(), *(there for _, _, there in self.placed)):
            yield from versions.items()

    def _texts(self) -> Iterator[str]:
        for _, table in self._tables():
            yield from _texts(table)


def _texts(table: Mapping[str, object]) -> Iterator[str]:
    requires = table.get("requires", ())
    assert isinstance(requires, Sequence)
    yield from requires
    extras = table.get("extras", {})
    assert isinstance(extras, Mapping)
    for extra, texts in extras.items():
        for text in texts:
            head, _, marker = str(text).partition(";")
            gate = f"extra == '{extra}'"
            yield f"{head} ; ({marker}) and {gate}" if marker else f"{head} ; {gate}"


@cache
def _capped(requires_python: str, python: str) -> bool:
    """Return whether `requires_python` excludes `python` by name, or with every later one: no lower bound."""
    if python in [clause.strip()[2:] for clause in requires_python.split(",") if clause.strip().startswith("!=")]:
        return True
    return not any(_admits(requires_python, later) for later in _LATER if Version(later) >= Version(python))


def _wheels(table: Mapping[str, object]) -> tuple[str, ...]:
    """Return the tags of the wheels of a release that has no sdist; nothing for one that can be built anywhere."""
    tags = table.get("wheel_tags", ())
    assert isinstance(tags, Sequence)
    return () if table.get("sdist", True) else tuple(tags)


@cache
def _fits(tags: tuple[str, ...], python: str) -> bool:
    """Return whether a wheel is for `python`, on whatever machine; every tag that is not for CPython is for all."""
    here = tuple(map(int, python.split(".")[:2]))
    for interpreter, abi in (tag.split("-")[:2] for tag in tags):
        if not interpreter.startswith("cp3"):
            return True
        named = (3, int(interpreter[3:]))
        if here == named or (abi == "abi3" and here >= named):
            return True
    return not tags


@cache
def _unheard(tags: tuple[str, ...], python: str) -> bool:
    """Return whether no wheel is for `python` or a later one."""
    return not any(_fits(tags, later) for later in _LATER if Version(later) >= Version(python))


@dataclass
class Judge:
    """One concrete environment of a world."""

    world: World
    environment: int
    selection: frozenset[Gate] = frozenset()

    @cached_property
    def _universe(self) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
        return self.world.served(self.environment, self.selection)

    def _asked(self, texts: Iterable[str], extras: Iterable[str]) -> Iterator[Requirement]:
        for text in texts:
            requirement = _requirement(text)
            marker = str(requirement.marker) if requirement.marker else ""
            if not marker or any(_holds(marker, self.environment, extra) for extra in ("", *extras)):
                yield from self._overridden(requirement)

    def _overridden(self, requirement: Requirement) -> Iterator[Requirement]:
        rules = [rule for rule in map(_requirement, self.world.overrides) if rule.name == requirement.name]
        if not rules:
            yield requirement
        for rule in rules:
            if not rule.marker or _holds(str(rule.marker), self.environment, ""):
                yield _requirement(f"{rule.name}[{','.join(requirement.extras | rule.extras)}]{rule.specifier}")

    def serves(self, name: str, version: str) -> bool:
        """Return whether the release may be installed here: its own Requires-Python and the caps of newer ones."""
        python = environments()[self.environment]["python_full_version"]
        versions = self._universe[name]
        if not _admits(str(versions[version].get("requires_python", "")), python):
            return False
        wheels = _wheels(versions[version])
        if not _fits(wheels, python):
            return False
        if self.world.is_strict and (Version(version).is_prerelease or versions[version].get("yanked")):
            return False
        for constraint in map(_requirement, self.world.constraints):
            if constraint.name == name and not _admits(str(constraint.specifier), version) and self._here(constraint):
                return False
        for newer, table in versions.items() if self.world.has_caps else ():
            if Version(newer) <= Version(version) or Version(newer).is_prerelease or table.get("yanked"):
                continue
            ruled_out = any(
                rule.name == name and not _admits(str(rule.specifier), newer) and self._here(rule)
                for rule in self.world.ruled(self.selection)
            )
            if not ruled_out and _capped(str(table.get("requires_python", "")), python):
                return False
            # Wheels for later Pythons say that the older release has heard of this one.
            has_heard = wheels and _unheard(wheels, "4.0.0")
            if not ruled_out and not has_heard and _unheard(_wheels(table), python):
                return False
        return True

    def _here(self, rule: Requirement) -> bool:
        return not rule.marker or _holds(str(rule.marker), self.environment, "")

    def faults(self, chosen: Mapping[str, str]) -> Iterator[str]:
        """Yield what is wrong with a choice here: unmet, unreachable, not served."""
        reached: dict[str, set[str]] = {}
        agenda = [(requirement, "root") for requirement in self._asked(self.world.required(self.selection), ())]
        while agenda:
            requirement, asker = agenda.pop()
            name = canonicalize_name(requirement.name)
            if name not in chosen:
                yield f"{asker} needs {requirement}: missing"
                continue
            if not _admits(str(requirement.specifier), chosen[name]):
                yield f"{asker} needs {requirement}: has {chosen[name]}"
                continue
            if chosen[name] not in self._universe[name]:
                yield f"{name} {chosen[name]} is not served here"
                continue
            if name not in reached or not requirement.extras <= reached[name]:
                reached.setdefault(name, set()).update(requirement.extras)
                table = self._universe[name][chosen[name]]
                agenda.extend((edge, name) for edge in self._asked(_texts(table), reached[name]))
        yield from (f"{name} is not required" for name in chosen if name not in reached)
        yield from (
            f"{name} {version} does not serve this environment"
            for name, version in chosen.items()
            if name in reached and not self.serves(name, version)
        )

    def solution(self) -> dict[str, str] | None:
        """Return a closed choice here; None when there is none."""
        return self._search({})

    def _search(self, chosen: dict[str, str]) -> dict[str, str] | None:
        missing = None
        reached: dict[str, set[str]] = {}
        agenda = list(self._asked(self.world.required(self.selection), ()))
        while agenda:
            requirement = agenda.pop()
            name = canonicalize_name(requirement.name)
            if name not in chosen:
                missing = missing or name
                continue
            if not _admits(str(requirement.specifier), chosen[name]):
                return None
            if name not in reached or not requirement.extras <= reached[name]:
                reached.setdefault(name, set()).update(requirement.extras)
                agenda.extend(self._asked(_texts(self._universe[name][chosen[name]]), reached[name]))
        if missing is None:
            return {name: chosen[name] for name in reached}
        for version in self._universe.get(missing, {}):
            if self.serves(missing, version):
                found = self._search({**chosen, missing: version})
                if found is not None:
                    return found
        return None


def is_satisfiable(world: World) -> bool:
    return all(
        Judge(world, number, selection).solution() is not None
        for number in world.distinct()
        for selection in world.largest()
    )


def lock_faults(world: World, entries: Sequence[tuple[str, str, str]]) -> dict[tuple[int, frozenset[Gate]], list[str]]:
    """Return what is wrong with a lock of (name, version, marker text), for each environment where something is."""
    found = {}
    for number, selection in itertools.product(world.covered(), world.selections()):
        wrong = []
        chosen: dict[str, str] = {}
        for name, version, marker in entries:
            if not marker or _selects(marker, number, selection):
                if name in chosen:
                    wrong.append(f"{name} twice")
                chosen[name] = version
        wrong += Judge(world, number, selection).faults(chosen)
        if wrong:
            found[number, selection] = wrong
    return found
