"""Check real lockfiles on a grid of concrete environments, with nothing but `packaging`.

    python -m tests.benchmarks.grid PROJECT ...

Each PROJECT is a directory with `pyproject.toml` and `pylock.toml`. On three systems, two architectures, CPython 3.11
to 3.14 and PyPy 3.11: what the markers of the lockfile select must have each name once, meet every requirement of
the project and of each selected release (as recorded in the lockfile), support the Python, and have nothing that is not
required.
"""

from __future__ import annotations

import itertools
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYSTEMS = (("linux", "posix", "Linux"), ("darwin", "posix", "Darwin"), ("win32", "nt", "Windows"))
MACHINES = ("x86_64", "arm64")
PYTHONS = (
    *((version, "cpython", "CPython") for version in ("3.11.9", "3.12.8", "3.13.1", "3.14.0")),
    ("3.11.11", "pypy", "PyPy"),
)


def main() -> int:
    """Return 0 when every lock is sound in every environment."""
    wrong = 0
    for directory in map(Path, sys.argv[1:]):
        project = tomllib.loads((directory / "pyproject.toml").read_text())
        lock = tomllib.loads((directory / "pylock.toml").read_text())
        faults = [fault for environment in grid() for fault in _Judge(project, lock, environment).faults()]
        wrong += len(faults)
        print(
            f"{directory.name}: {len(lock['packages'])} entries, {len(list(grid()))} environments, {len(faults)} faults"
        )
        for fault in faults[:20]:
            print(f"  {fault}")
    return 1 if wrong else 0


def grid() -> Iterator[dict[str, str]]:
    """Yield the environments."""
    for (sys_platform, os_name, system), machine, (python, name, implementation) in itertools.product(
        SYSTEMS, MACHINES, PYTHONS
    ):
        yield {
            "sys_platform": sys_platform,
            "os_name": os_name,
            "platform_system": system,
            "platform_machine": {"x86_64": "AMD64", "arm64": "ARM64"}[machine] if os_name == "nt" else machine,
            "python_full_version": python,
            "python_version": python.rpartition(".")[0],
            "implementation_name": name,
            "platform_python_implementation": implementation,
            "implementation_version": "7.3.19" if name == "pypy" else python,
            "platform_release": "",
            "platform_version": "",
        }


@cache
def _requirement(text: str) -> Requirement:
    return Requirement(text)


@cache
def _marker(text: str) -> Marker:
    return Marker(text)


class _Judge:
    """One lock in one environment."""

    def __init__(self, project: Mapping[str, Any], lock: Mapping[str, Any], environment: dict[str, str]) -> None:
        self.roots = [_requirement(text) for text in project["project"]["dependencies"]]
        settings = project.get("tool", {}).get("lockenv", {})
        overrides = map(_requirement, settings.get("overrides", ()))
        self.overrides = {canonicalize_name(override.name): override for override in overrides}
        self.lock, self.environment = lock, environment
        self.where = "{sys_platform}/{platform_machine}/{implementation_name} {python_full_version}".format(
            **environment
        )
        self.found: list[str] = []

    def faults(self) -> list[str]:
        """Return what is wrong, a sentence each."""
        variables: dict[str, Any] = {**self.environment, "extras": frozenset(), "dependency_groups": frozenset()}
        texts = self.lock.get("environments", [])
        if texts and not any(_marker(text).evaluate(variables, context="lock_file") for text in texts):
            return []
        chosen: dict[str, Mapping[str, Any]] = {}
        for package in self.lock["packages"]:
            if "marker" in package and not _marker(package["marker"]).evaluate(variables, context="lock_file"):
                continue
            if package["name"] in chosen:
                self._fault(f"{package['name']} twice")
            chosen[package["name"]] = package
            if self.environment["python_full_version"] not in SpecifierSet(package.get("requires-python", "")):
                self._fault(f"{package['name']} {package['version']} needs Python {package['requires-python']}")
        reached = self._closure(chosen)
        for name in sorted(chosen.keys() - reached):
            self._fault(f"{name} is required by nobody")
        return self.found

    def _closure(self, chosen: Mapping[str, Mapping[str, Any]]) -> set[str]:
        seen: set[tuple[str, str]] = set()
        agenda = [(root, "") for root in self.roots]
        while agenda:
            requirement, extra = agenda.pop()
            name = canonicalize_name(requirement.name)
            override = self.overrides.get(name)
            if not self._applies(requirement, extra) or (override and not self._applies(override, "")):
                continue
            specifier = (override or requirement).specifier
            package = chosen.get(name)
            if package is None or not specifier.contains(package["version"], prereleases=True):
                self._fault(f"{requirement} is not met by {package['version'] if package else 'anything'}")
                continue
            requires = package.get("tool", {}).get("lockenv", {}).get("requires-dist", [])
            for wanted in ("", *requirement.extras):
                if (name, wanted) not in seen:
                    seen.add((name, wanted))
                    agenda += [(_requirement(text), canonicalize_name(wanted)) for text in requires]
        return {name for name, _ in seen}

    def _applies(self, requirement: Requirement, extra: str) -> bool:
        return requirement.marker is None or requirement.marker.evaluate({**self.environment, "extra": extra})

    def _fault(self, sentence: str) -> None:
        self.found.append(f"{sentence} on {self.where}")


if __name__ == "__main__":
    raise SystemExit(main())
