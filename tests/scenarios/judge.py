"""Judge a lock against the universe it was made from, one environment at a time.

A lock, a scenario and environments go in; faults come out, a sentence each, none for a sound lock. Everything is
decided by `packaging` and by the universe itself; nothing of the program is shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.markers import Environment, Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock
    from packaging.version import Version

    from tests.scenarios.universe import Release, Scenario

_PLATFORMS = (
    ("linux", "x86_64", "posix", "Linux"),
    ("linux", "aarch64", "posix", "Linux"),
    ("darwin", "arm64", "posix", "Darwin"),
    ("darwin", "x86_64", "posix", "Darwin"),
    ("win32", "AMD64", "nt", "Windows"),
    ("win32", "ARM64", "nt", "Windows"),
    ("freebsd14", "amd64", "posix", "FreeBSD"),
)
_PYTHONS = ("3.8.18", "3.9.0", "3.9.21", "3.10.0", "3.11.7", "3.12.0", "3.12.9", "3.13.0", "3.14.2", "3.15.0")


def environment(
    python: str = "3.12.0",
    *,
    sys_platform: str = "linux",
    machine: str = "x86_64",
    os_name: str = "posix",
    system: str = "Linux",
    implementation: str = "cpython",
) -> Environment:
    """Give the marker variables of an interpreter on a machine."""
    return Environment(
        implementation_name=implementation,
        implementation_version=python if implementation == "cpython" else "7.3.17",
        os_name=os_name,
        platform_machine=machine,
        platform_release="6.8.0",
        platform_system=system,
        platform_version="#1",
        python_full_version=python,
        platform_python_implementation={"cpython": "CPython", "pypy": "PyPy"}[implementation],
        python_version=".".join(python.split(".")[:2]),
        sys_platform=sys_platform,
    )


def grid() -> list[Environment]:
    """Give environments of every kind that a universal lock may meet."""
    return [
        environment(
            python,
            sys_platform=platform,
            machine=machine,
            os_name=os_name,
            system=system,
            implementation=implementation,
        )
        for platform, machine, os_name, system in _PLATFORMS
        for python in _PYTHONS
        for implementation in ("cpython", "pypy")
    ]


def judge(lock: Pylock, scenario: Scenario, requires_python: str, environments: Iterable[Environment]) -> list[str]:
    """Give what is wrong with `lock` in those `environments` that `requires_python` admits; empty when it is sound."""
    admitted = SpecifierSet(requires_python)
    faults = list(_untrue_files(lock, scenario))
    for env in environments:
        if admitted.contains(env["python_full_version"], prereleases=True):
            place = f"{env['sys_platform']}/{env['platform_machine']}/{env['implementation_name']}"
            where = f"{place} {env['python_full_version']}"
            faults += [f"{where}: {fault}" for fault in _faults(lock, scenario, env)]
    return faults


def selected(lock: Pylock, env: Environment) -> dict[NormalizedName, Version | None]:
    """Give the name and version of each package that the lock installs in `env`, the project's extras left out."""
    return {package.name: package.version for package in _installed(lock, env)}


def _installed(lock: Pylock, env: Environment) -> Iterator[Package]:
    groups = frozenset(lock.default_groups or ())
    variables: Mapping[str, str | frozenset[str]] = {
        **_strings(env),
        "extras": frozenset(),
        "dependency_groups": groups,
    }
    for package in lock.packages:
        if package.marker is None or package.marker.evaluate(variables, context="lock_file"):
            yield package


def _faults(lock: Pylock, scenario: Scenario, env: Environment) -> Iterator[str]:
    python = env["python_full_version"]
    if lock.requires_python is not None and not lock.requires_python.contains(python, prereleases=True):
        yield f"the lock's requires-python {lock.requires_python} leaves it out"
        return
    if lock.environments and not any(_holds(marker, env) for marker in lock.environments):
        yield "none of the lock's environments is this one"
        return
    chosen: dict[NormalizedName, Package] = {}
    for package in _installed(lock, env):
        if package.name in chosen:
            yield f"two entries of {package.name}: {chosen[package.name].version} and {package.version}"
        chosen[package.name] = package
        if package.requires_python is not None and not package.requires_python.contains(python, prereleases=True):
            yield f"{package.name} {package.version} needs Python {package.requires_python}"
    yield from _closure_faults(chosen, scenario, env)


def _closure_faults(chosen: Mapping[NormalizedName, Package], scenario: Scenario, env: Environment) -> Iterator[str]:
    todo = [("the project", Requirement(text)) for text in scenario.roots]
    seen: set[tuple[NormalizedName, str]] = set()
    while todo:
        parent, requirement = todo.pop()
        if requirement.marker is not None and not _holds(requirement.marker, env):
            continue
        name = canonicalize_name(requirement.name)
        package = chosen.get(name)
        if package is None or package.version is None:
            yield f"{parent} requires {requirement}, which is not installed"
            continue
        if not requirement.specifier.contains(package.version, prereleases=True):
            yield f"{parent} requires {requirement}, but {package.version} is installed"
        release = scenario.releases[name, package.version]
        if not SpecifierSet(release.requires_python).contains(env["python_full_version"], prereleases=True):
            yield f"{name} {package.version} does not run here"
        for wanted in ("", *(canonicalize_name(each) for each in requirement.extras)):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                todo += [(f"{name} {package.version}", each) for each in _requirements(release, wanted)]
    yield from (f"nothing requires {name}" for name in sorted(chosen.keys() - {name for name, _ in seen}))


def _requirements(release: Release, extra: str) -> list[Requirement]:
    if not extra:
        return [Requirement(text) for text in release.requires]
    return [
        Requirement(text)
        for name, texts in release.extras.items()
        if canonicalize_name(name) == extra
        for text in texts
    ]


def _untrue_files(lock: Pylock, scenario: Scenario) -> Iterator[str]:
    published = {built.filename: built for _, built in scenario.files()}
    for package in lock.packages:
        files: list[PackageWheel | PackageSdist] = [*(package.wheels or ())]
        if package.sdist is not None:
            files.append(package.sdist)
        if not files:
            yield f"{package.name} {package.version} has no file"
        for file in files:
            built = published.get(file.filename)
            if built is None:
                yield f"{file.filename} was never published"
            elif dict(file.hashes) != {"sha256": built.sha256} or file.size not in (None, built.size):
                yield f"{file.filename} is locked with another hash or size than it has"


def _holds(marker: Marker, env: Environment) -> bool:
    return marker.evaluate({**_strings(env), "extra": ""})


def _strings(env: Environment) -> dict[str, str]:
    return {name: str(value) for name, value in env.items()}
