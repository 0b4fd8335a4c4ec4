"""Judge a written lock against the universe it was made from, one environment at a time.

Duty: read the lock as the standard says (`packaging.pylock`), select from it by its markers, compare its files with
those that were published; the oracle judges each selection. Nothing of the program takes part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.oracle import Environment, Judge, World, environments
from tests.support.wheels import Built, sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.markers import Marker
    from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock

    from tests.support.universe import Table, Universe


def published(universe: Universe) -> Iterator[tuple[Table, Built]]:
    """Return every distribution of a universe with its release's table: per release the wheels, then the sdist."""
    for name, versions in universe.items():
        for version, table in versions.items():
            said = {key: table[key] for key in ("requires", "extras", "requires_python") if key in table}
            if table.get("wheel", True):
                for tag in table.get("wheel_tags", ["py3-none-any"]):
                    yield table, wheel(name, version, tag=tag, **said)
            if table.get("sdist", True):
                yield table, sdist(name, version, **said)


def judge(lock: Pylock, world: World, places: Iterable[int]) -> list[str]:
    """Return what is wrong with `lock` in those of the oracle's environments, a sentence each; empty when sound."""
    faults = list(_untrue_files(lock, world.universe))
    for place in places:
        environment = environments()[place]
        where = "{sys_platform}/{platform_machine}/{implementation_name} {python_full_version}".format(**environment)
        faults += [f"{fault} on {where}" for fault in _faults(lock, world, place)]
    return faults


def selected(lock: Pylock, place: int) -> dict[str, str]:
    """Return the name and version of each package that the lock installs there, the project's extras left out."""
    return {package.name: str(package.version) for package in _installed(lock, environments()[place])}


def _installed(lock: Pylock, environment: Environment) -> Iterator[Package]:
    variables: Mapping[str, str | frozenset[str]] = {
        **environment,
        "extras": frozenset(),
        "dependency_groups": frozenset(lock.default_groups or ()),
    }
    for package in lock.packages:
        if package.marker is None or package.marker.evaluate(variables, context="lock_file"):
            yield package


def _faults(lock: Pylock, world: World, place: int) -> Iterator[str]:
    environment = environments()[place]
    python = environment["python_full_version"]
    if lock.requires_python is not None and python not in lock.requires_python:
        yield f"the lock's requires-python {lock.requires_python} leaves it out"
        return
    if lock.environments and not any(_holds(marker, environment) for marker in lock.environments):
        yield "the lock's environments leave it out"
        return
    chosen: dict[str, str] = {}
    for package in _installed(lock, environment):
        if package.name in chosen:
            yield f"{package.name} twice, {chosen[package.name]} and {package.version}"
        chosen[package.name] = str(package.version)
        if package.requires_python is not None and python not in package.requires_python:
            yield f"{package.name} {package.version} needs Python {package.requires_python}"
    yield from Judge(world, place).faults(chosen)


def _untrue_files(lock: Pylock, universe: Universe) -> Iterator[str]:
    existing = {built.filename: built for _, built in published(universe)}
    for package in lock.packages:
        files: list[PackageWheel | PackageSdist] = [*(package.wheels or ())]
        if package.sdist is not None:
            files.append(package.sdist)
        if not files:
            yield f"{package.name} {package.version} has no file"
        for file in files:
            built = existing.get(file.filename)
            if built is None:
                yield f"{file.filename} was never published"
            elif dict(file.hashes) != {"sha256": built.sha256} or file.size not in (None, built.size):
                yield f"{file.filename} is locked with another hash or size than it has"


def _holds(marker: Marker, environment: Environment) -> bool:
    return marker.evaluate(dict(environment))
