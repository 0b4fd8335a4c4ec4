"""Read a scenario: a small universe of packages, what is required of it, and what must come out.

Pure but for reading the file. The format is that of packse.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from tests.support.wheels import Built, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DEFAULT_PYTHON = "3.12"
"""What packse runs a scenario with that says nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of one project."""

    name: NormalizedName
    version: Version
    requires: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    requires_python: str
    is_yanked: bool
    has_sdist: bool
    wheel_tags: tuple[str, ...]

    def files(self) -> Iterator[Built]:
        """Give its distributions: the wheels, then the sdist."""
        for tag in self.wheel_tags:
            yield wheel(
                self.name,
                str(self.version),
                requires=self.requires,
                extras=self.extras,
                requires_python=self.requires_python,
                tag=tag,
            )
        if self.has_sdist:
            yield sdist(
                self.name,
                str(self.version),
                requires=self.requires,
                extras=self.extras,
                requires_python=self.requires_python,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A universe, the requirements at its root and the expected answer."""

    name: str
    """The path of its file below the collection, without suffix: unique, unlike the name inside."""
    roots: tuple[str, ...]
    requires_python: str
    """What the root declares; empty when it declares nothing."""
    releases: Mapping[tuple[NormalizedName, Version], Release]
    is_satisfiable: bool
    expected: Mapping[NormalizedName, Version]
    """The exact selection; empty when the scenario does not tell."""
    is_universal: bool
    python: str
    """The one Python of a scenario that is not universal, `3.12` or `3.13.0`."""
    allows_prereleases: bool
    no_build: tuple[str, ...]
    no_binary: tuple[str, ...]
    required_environments: tuple[str, ...]

    def files(self) -> Iterator[tuple[Release, Built]]:
        """Give every distribution of every release, in the order of the file."""
        for release in self.releases.values():
            for built in release.files():
                yield release, built


def scenarios(root: Path) -> list[Scenario]:
    """Give all scenarios below `root`, sorted by path."""
    return [read(path, path.relative_to(root).with_suffix("").as_posix()) for path in sorted(root.rglob("*.toml"))]


def read(path: Path, name: str) -> Scenario:
    """Give the scenario that a file holds."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    options, environment = table.get("resolver_options", {}), table.get("environment", {})
    expected = table["expected"]
    return Scenario(
        name=name,
        roots=tuple(table["root"]["requires"]),
        requires_python=table["root"].get("requires_python", ""),
        releases={(release.name, release.version): release for release in _releases(table.get("packages", {}))},
        is_satisfiable=expected["satisfiable"],
        expected=selection(expected.get("packages", {})),
        is_universal=options.get("universal", False),
        python=options.get("python") or environment.get("python", DEFAULT_PYTHON),
        allows_prereleases=options.get("prereleases", False),
        no_build=tuple(options.get("no_build", ())),
        no_binary=tuple(options.get("no_binary", ())),
        required_environments=tuple(options.get("required_environments", ())),
    )


def selection(table: Mapping[str, str]) -> dict[NormalizedName, Version]:
    """Give names and versions as values."""
    return {canonicalize_name(name): Version(version) for name, version in table.items()}


def _releases(packages: Mapping[str, Any]) -> Iterator[Release]:
    for name, package in packages.items():
        for version, entry in package["versions"].items():
            yield Release(
                name=canonicalize_name(name),
                version=Version(version),
                requires=tuple(entry.get("requires", ())),
                extras={extra: tuple(requires) for extra, requires in entry.get("extras", {}).items()},
                requires_python=entry.get("requires_python", ""),
                is_yanked=entry.get("yanked", False),
                has_sdist=entry.get("sdist", True),
                wheel_tags=tuple(entry.get("wheel_tags", ("py3-none-any",))) if entry.get("wheel", True) else (),
            )
