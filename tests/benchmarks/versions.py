"""Compare what two locks of one project select, environment by environment.

Pure: takes two documents of the `pylock.toml` format, returns differences. The environments are those that most
people have: Linux, macOS and Windows, each on x86-64 and on ARM, under CPython 3.9 to 3.15. All extras and groups are
on.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SYSTEMS = (
    ("linux-x86_64", "linux", "posix", "Linux", "x86_64"),
    ("linux-arm64", "linux", "posix", "Linux", "aarch64"),
    ("macos-arm64", "darwin", "posix", "Darwin", "arm64"),
    ("macos-x86_64", "darwin", "posix", "Darwin", "x86_64"),
    ("windows-x86_64", "win32", "nt", "Windows", "AMD64"),
    ("windows-arm64", "win32", "nt", "Windows", "ARM64"),
)
PYTHONS = ("3.9.25", "3.10.19", "3.11.14", "3.12.12", "3.13.9", "3.14.2", "3.15.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One of the environments that locks are compared in."""

    system: str
    python: str
    """Major and minor."""
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one lock selects of a project where the other selects something else."""

    name: str
    ours: str
    """A version; empty when nothing is selected."""
    theirs: str
    places: tuple[tuple[str, str], ...]
    """System and Python of each environment in which the locks differ so."""

    @property
    def kind(self) -> str:
        """One of missing, extra, lower and higher, as seen from ours."""
        if not self.ours:
            return "missing"
        if not self.theirs:
            return "extra"
        return "lower" if Version(self.ours) < Version(self.theirs) else "higher"

    @property
    def where(self) -> str:
        """The environments, in few words."""
        return ", ".join(f"{_named(systems)} {'/'.join(pythons)}" for systems, pythons in _grouped(self.places))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How two locks of one project differ."""

    differences: tuple[Difference, ...]
    """By name, then by versions."""
    uncovered: tuple[tuple[str, str], ...]
    """Environments that theirs covers and ours does not."""


def environments(requires_python: str) -> Iterator[Environment]:
    """Yield the environments that `requires_python` admits, by system, then by Python."""
    admitted = SpecifierSet(requires_python)
    for (system, platform, os_name, platform_system, machine), python in itertools.product(SYSTEMS, PYTHONS):
        if python in admitted:
            minor = python.rpartition(".")[0]
            yield Environment(
                system=system,
                python=minor,
                values={
                    "sys_platform": platform,
                    "os_name": os_name,
                    "platform_system": platform_system,
                    "platform_machine": machine,
                    "python_full_version": python,
                    "python_version": minor,
                    "implementation_name": "cpython",
                    "platform_python_implementation": "CPython",
                    "implementation_version": python,
                    "platform_release": "",
                    "platform_version": "",
                },
            )


def selected(lock: Mapping[str, Any], environment: Environment) -> dict[str, str] | None:
    """Return the versions that `lock` selects by name, or None where the environment is not in it."""
    found = entries(lock, environment)
    return None if found is None else {name: package.get("version", "") for name, package in found.items()}


def entries(lock: Mapping[str, Any], environment: Environment) -> dict[str, Mapping[str, Any]] | None:
    """Return the entries that `lock` selects by name, or None where the environment is not in it."""
    chosen = {
        **environment.values,
        "extras": frozenset(lock.get("extras", ())),
        "dependency_groups": frozenset(lock.get("dependency-groups", ())),
    }
    if not all(_holds(text, environment.values) for text in _python_of(lock)):
        return None
    covered = lock.get("environments", ())
    if covered and not any(_holds(text, chosen) for text in covered):
        return None
    return {
        canonicalize_name(package["name"]): package
        for package in lock.get("packages", ())
        if "marker" not in package or _holds(package["marker"], chosen)
    }


def compare(ours: Mapping[str, Any], theirs: Mapping[str, Any], requires_python: str) -> Compared:
    """Return where `ours` and `theirs` select different versions."""
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    uncovered = []
    for environment in environments(requires_python):
        mine, other = selected(ours, environment), selected(theirs, environment)
        place = (environment.system, environment.python)
        if other is None:
            continue
        if mine is None:
            uncovered.append(place)
            continue
        for name in mine.keys() | other.keys():
            if mine.get(name) != other.get(name) and not _same(mine.get(name), other.get(name)):
                found[name, mine.get(name, ""), other.get(name, "")].append(place)
    return Compared(
        differences=tuple(
            Difference(name=name, ours=mine, theirs=other, places=tuple(places))
            for (name, mine, other), places in sorted(found.items())
        ),
        uncovered=tuple(uncovered),
    )


def split_names(lock: Mapping[str, Any]) -> int:
    """Return how many projects have more than one version in `lock`."""
    versions: dict[str, set[str]] = defaultdict(set)
    for package in lock.get("packages", ()):
        versions[package["name"]].add(package.get("version", ""))
    return sum(len(found) > 1 for found in versions.values())


def _same(mine: str | None, other: str | None) -> bool:
    return bool(mine and other) and Version(mine or "0") == Version(other or "0")


def _python_of(lock: Mapping[str, Any]) -> Iterator[str]:
    for clause in SpecifierSet(lock.get("requires-python", "")):
        yield f'python_full_version {clause.operator} "{clause.version}"'


def _holds(text: str, values: Mapping[str, Any]) -> bool:
    return _parsed(text).evaluate(dict(values), context="lock_file")


@cache
def _parsed(text: str) -> Marker:
    return Marker(text)


def _named(systems: Iterable[str]) -> str:
    """Return systems in few words: one that is there with both of its machines by its name alone."""
    machines: dict[str, list[str]] = defaultdict(list)
    for system in systems:
        machines[system.partition("-")[0]].append(system)
    if sum(map(len, machines.values())) == len(SYSTEMS):
        return "all"
    return "/".join(name if len(found) == 2 else found[0] for name, found in machines.items())


def _grouped(places: tuple[tuple[str, str], ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    pythons: dict[str, list[str]] = defaultdict(list)
    for system, python in places:
        pythons[system].append(python)
    systems: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for system, found in pythons.items():
        systems[tuple(found)].append(system)
    return [(tuple(names), found) for found, names in systems.items()]
