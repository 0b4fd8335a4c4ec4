"""Return the pins that a lock holds: preferences for the next resolution, and what a closure check looks at.

Pure. The inverse of `compose`, as far as a lock says.
"""

from __future__ import annotations

from lockenv.lockfile.conditions import marker_of, universe
from lockenv.vocabulary.late import late
from lockenv.vocabulary.pin import Pin

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.lockfile import artifact, direct
    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
else:
    artifact = late("lockenv.lockfile.artifact")
    direct = late("lockenv.lockfile.direct")


def pins(lock: Lock, *, is_proved: bool = False) -> tuple[Pin, ...]:
    """Return a Pin for each entry with a version or a direct source, in the order of the lock.

    Its marker is within `universe(lock)`. Of a lock that `is_proved`, which is well-formed, what a resolution prefers
    is enough: releases of an index come without files and requirements.
    `requires` is empty throughout for a lock without `[tool.lockenv]`. Raises InputError where an entry is not
    well-formed.
    """
    covered = universe(lock)
    versions: dict[NormalizedName, list[str]] = {}
    for package in lock.packages:
        versions.setdefault(package.name, []).append(package.locked_version)
    made = _preference if is_proved else _pin
    return tuple(
        made(lock, position, package, covered, versions)
        for position, package in enumerate(lock.packages)
        if package.kind or (package.version and package.is_released)
    )


def _preference(
    lock: Lock, position: int, package: LockEntry, covered: Marker, versions: Mapping[NormalizedName, list[str]]
) -> Pin:
    if package.kind:
        return _pin(lock, position, package, covered, versions)
    marker = marker_of(lock, position) & covered
    return Pin(name=package.name, version=package.locked_version, marker=marker, index=package.index)


def _pin(
    lock: Lock, position: int, package: LockEntry, covered: Marker, versions: Mapping[NormalizedName, list[str]]
) -> Pin:
    wheels = [artifact.wheel(lock, position, number)[0] for number in range(len(package.wheels))]
    return Pin(
        name=package.name,
        version=package.locked_version,
        marker=marker_of(lock, position) & covered,
        requires=package.requires,
        is_combined=package.is_combined,
        requires_python=package.requires_python,
        dependencies=tuple(_dependencies(package, versions)),
        index=package.index,
        wheels=tuple(sorted(wheels, key=lambda wheel: wheel.filename)),
        sdist=artifact.sdist(lock, position)[0] if package.sdist is not None else None,
        yanked=package.yanked,
        direct=direct.read(lock, position)[0] if package.kind else None,
    )


def _dependencies(package: LockEntry, versions: Mapping[NormalizedName, list[str]]) -> list[tuple[NormalizedName, str]]:
    """Each dependency with its version; one that names no version means the only entry of its name."""
    found = []
    for name, written in package.dependencies:
        known = versions.get(name, [])
        version = written or (known[0] if len(known) == 1 else "")
        if version in known:
            found.append((name, version))
    return found
