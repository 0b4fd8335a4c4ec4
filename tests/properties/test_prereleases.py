"""Random universes full of prereleases: one is locked only where the project names one or no final release is left."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Resolution
from tests.support.oracle import environments
from tests.support.universe import MemoryCatalog, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockenv.vocabulary.pin import Pin

NAMES = "abcde"
VERSIONS = ("1", "2rc1", "2", "3b1", "3", "4a1")
MARKERS = ("", "", "", "sys_platform == 'linux'", "sys_platform != 'linux'", "python_version < '3.11'")
Packages = dict[str, dict[str, dict[str, Any]]]


def world(seed: int, operators: tuple[str, ...]) -> tuple[Packages, list[str]]:
    dice = random.Random(seed)

    def requirement(name: str) -> str:
        marker, operator = dice.choice(MARKERS), dice.choice(operators)
        clause = f"{operator}{dice.choice(VERSIONS[1:5])}" if operator else ""
        return f"{name}{clause}" + (f" ; {marker}" if marker else "")

    packages: Packages = {
        name: {
            version: {"requires": [requirement(other) for other in NAMES if other != name and dice.random() < 0.2]}
            for version in sorted({"4a1", *dice.sample(VERSIONS, dice.randint(1, 4))})
        }
        for name in NAMES
    }
    return packages, [requirement(name) for name in dice.choices(NAMES, k=dice.randint(1, 4))]


def lock(packages: Packages, roots: list[str], patience: int, old: Resolution | None = None) -> Resolution | None:
    posed = problem(manifest(*roots, requires_python=">=3.9,<3.14"), locked=old.pins if old else ())
    found = solve(posed, MemoryCatalog(packages), patience=patience)
    return found if isinstance(found, Resolution) else None


def renamed(packages: Packages, roots: list[str]) -> tuple[Packages, list[str]]:
    """Return the same world with the names the other way round: what was met first is met last."""
    other = dict(zip(NAMES, reversed(NAMES), strict=True))

    def text(requirement: str) -> str:
        return other[requirement[0]] + requirement[1:]

    turned: Packages = {
        other[name]: {
            version: {"requires": [text(one) for one in table["requires"]]} for version, table in releases.items()
        }
        for name, releases in packages.items()
    }
    return turned, [text(root) for root in roots]


def entries(found: Resolution | None) -> set[tuple[str, str, str]]:
    return (
        {(pin.name, pin.version, marker_text(pin.marker, assuming=found.universe)) for pin in found.pins}
        if found
        else set()
    )


def unjustified(found: Resolution, packages: Packages, roots: list[str]) -> Iterator[str]:
    """Yield each prerelease that is installed somewhere though a final release is admitted there."""
    for environment in environments():
        installed = [pin for pin in found.pins if pin.marker.evaluate(environment, (), ())]
        own = [one for text in roots if _applies(one := Requirement(text), environment)]
        theirs = [one for pin in installed for text in pin.requires if _applies(one := Requirement(text), environment)]
        for pin in installed:
            if Version(pin.version).is_prerelease and _has_final(pin, packages, own, theirs):
                yield f"{pin.name} {pin.version} on {environment['sys_platform']} {environment['python_full_version']}"


def _has_final(pin: Pin, packages: Packages, own: list[Requirement], theirs: list[Requirement]) -> bool:
    if any(one.specifier.prereleases for one in own if one.name == pin.name):
        return False
    finals = [version for version in packages[pin.name] if not Version(version).is_prerelease]
    wanted = [one.specifier for one in (*own, *theirs) if one.name == pin.name]
    return any(all(specifier.contains(version) for specifier in wanted) for version in finals)


def _applies(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""})


@pytest.mark.parametrize("patience", [-1, 20])
def test_prerelease_is_locked_only_where_the_project_names_one_or_nothing_else_is_left(patience: int) -> None:
    locked = early = 0
    for seed in range(150):
        packages, roots = world(seed, ("", ">=", ">=", "<", "=="))
        found = lock(packages, roots, patience)
        if found is None:
            continue
        assert list(unjustified(found, packages, roots)) == [], seed
        assert entries(lock(packages, roots, patience, found)) == entries(found), seed
        assert entries(lock(packages, roots[::-1], patience)) == entries(found), seed
        locked += 1
        early += any(Version(pin.version).is_prerelease for pin in found.pins)
    assert locked > 40
    assert early > 20


def test_renaming_everything_makes_the_renamed_lock() -> None:
    other = dict(zip(NAMES, reversed(NAMES), strict=True))
    for seed in range(150):
        # Lower bounds alone: there is no conflict in which one of two projects has to come first.
        packages, roots = world(seed, ("", ">=", ">="))
        found = entries(lock(packages, roots, 20))

        turned = entries(lock(*renamed(packages, roots), 20))

        assert {(other[name], version, marker) for name, version, marker in turned} == found, seed
