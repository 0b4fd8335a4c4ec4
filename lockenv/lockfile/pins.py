"""Give back the pins that a lock holds: preferences for the next resolution, and what a closure check looks at.

Pure. The inverse of `compose`, as far as a lock tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.lockfile import artifact, direct
from lockenv.lockfile.conditions import marker_of, universe
from lockenv.lockfile.lock import own
from lockenv.vocabulary.pin import Pin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


def pins(lock: Lock) -> tuple[Pin, ...]:
    """Give a Pin for each entry with a version or a direct source, in the order of the lock.

    Its marker lies within `universe(lock)`.
    `requires` is empty throughout for a lock without `[tool.lockenv]`. Raises InputError where an entry is not
    well-formed.
    """
    covered = universe(lock)
    versions: dict[NormalizedName, list[str]] = {}
    for package in lock.packages:
        versions.setdefault(package["name"], []).append(_version(package))
    return tuple(
        _pin(lock, position, package, covered, versions)
        for position, package in enumerate(lock.packages)
        if direct.kind_of(package) or (package.get("version") and ("sdist" in package or package.get("wheels")))
    )


def _pin(
    lock: Lock, position: int, package: Mapping[str, Any], covered: Marker, versions: Mapping[NormalizedName, list[str]]
) -> Pin:
    mine = own(package) or {}
    wheels = [artifact.wheel(lock, position, number)[0] for number in range(len(package.get("wheels", ())))]
    yanked = mine.get("yanked")
    return Pin(
        name=package["name"],
        version=_version(package),
        marker=marker_of(lock, position) & covered,
        requires=tuple(str(text) for text in mine.get("requires-dist", ())),
        is_combined=mine.get("combined") is True,
        requires_python=package.get("requires-python", ""),
        dependencies=tuple(_dependencies(package, versions)),
        index=package.get("index", ""),
        wheels=tuple(sorted(wheels, key=lambda wheel: wheel.filename)),
        sdist=artifact.sdist(lock, position)[0] if "sdist" in package else None,
        yanked=yanked if isinstance(yanked, str) else None,
        direct=direct.read(lock, position)[0] if direct.kind_of(package) else None,
    )


def _version(package: Mapping[str, Any]) -> str:
    """The version of an entry; of a tree the one that it had when it was locked, empty where its build tells it."""
    return str(package.get("version") or (own(package) or {}).get("version", ""))


def _dependencies(
    package: Mapping[str, Any], versions: Mapping[NormalizedName, list[str]]
) -> list[tuple[NormalizedName, str]]:
    """Each dependency with its version; one that names no version means the only entry of its name."""
    found = []
    for table in package.get("dependencies", ()):
        name = table.get("name")
        known = versions.get(name, [])
        version = table.get("version") or (known[0] if len(known) == 1 else "")
        if version in known:
            found.append((name, version))
    return found
