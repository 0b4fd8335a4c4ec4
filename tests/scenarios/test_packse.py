"""Every scenario of packse, and of uv's more: a real index, a real lock, an independent judge."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.version import Version

from tests.scenarios.judge import judge, published, selected
from tests.support.locks import pins, read_lock
from tests.support.oracle import World, environments
from tests.support.program import Result, lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.universe import Scenario, scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.markers import Environment

HERE = Path(__file__).parent
EXCEPTIONS: Mapping[str, Mapping[str, Any]] = tomllib.loads((HERE / "exceptions.toml").read_text(encoding="utf-8"))
PACKSE: Mapping[str, Scenario] = {
    path.relative_to(HERE / folder).with_suffix("").as_posix(): scenario(path)
    for folder in ("packse", "uv")
    for path in sorted((HERE / folder).rglob("*.toml"))
}
"""By the path of the file: the names inside are not all the file's. None of the second folder is in the first."""

IN_A_PROCESS = {
    "excluded/excluded-only-version",
    "extras/all-extras-required",
    "fork/basic",
    "requires_python/python-version-does-not-exist",
}
"""Scenarios that meet the program as a user does; the others run it in this process, thirty times as fast."""

ONE_MACHINE = "sys_platform == 'linux' and platform_machine == 'x86_64' and implementation_name == 'cpython'"
"""The machine of the scenarios that are about one environment."""


def expected(name: str) -> Scenario:
    """Return a scenario with the answer that is expected here."""
    exception = EXCEPTIONS.get(name)
    if exception is None:
        return PACKSE[name]
    return replace(
        PACKSE[name],
        is_satisfiable=exception["satisfiable"],
        packages=exception.get("packages", {}),
        covered=exception.get("covered", ""),
    )


SATISFIABLE = [name for name in PACKSE if expected(name).is_satisfiable]
UNSATISFIABLE = [name for name in PACKSE if not expected(name).is_satisfiable]


def is_universal(scenario: Scenario) -> bool:
    return bool(scenario.options.get("universal", False))


def python(scenario: Scenario) -> str:
    """Return the one Python of a scenario that is not universal, `3.12` or `3.13.0`."""
    return str(scenario.options.get("python") or scenario.environment.get("python", "3.12"))


def requires_python(scenario: Scenario) -> str:
    """Return what the project declares so that it means what the scenario means.

    A scenario about one interpreter covers that interpreter alone: every patch release of `3.12`, only `3.13.0`.
    """
    if is_universal(scenario):
        return scenario.requires_python
    return f"=={python(scenario)}.*" if python(scenario).count(".") == 1 else f"=={python(scenario)}"


def settings(scenario: Scenario) -> dict[str, Any]:
    """Return `[tool.lockenv]` for a scenario; a scenario about one machine requires files that install there."""
    table: dict[str, Any] = {"required-environments": scenario.options.get("required_environments", [])}
    if not is_universal(scenario):
        table = {"environments": [ONE_MACHINE], "required-environments": [ONE_MACHINE]}
    if scenario.options.get("prereleases", False):
        table["prerelease"] = "allow"
    table["resolution"] = scenario.options.get("resolution", "")
    table["no-build-package"] = scenario.options.get("no_build", [])
    table["no-binary-package"] = scenario.options.get("no_binary", [])
    return {key: value for key, value in table.items() if value}


def world(scenario: Scenario) -> World:
    return World(universe=scenario.universe, roots=scenario.requires, requires_python=requires_python(scenario))


def places(scenario: Scenario) -> list[int]:
    """Return where the lock of a scenario is judged: wherever its Python is, or on its one machine."""
    here = Marker(scenario.covered or ONE_MACHINE)
    return [
        place
        for place in world(scenario).covered()
        if (is_universal(scenario) and not scenario.covered) or here.evaluate(dict(environments()[place]))
    ]


def tags(scenario: Scenario) -> list[Tag]:
    """Return the wheel tags of a scenario's one machine."""
    version = Version(python(scenario))
    platforms = ["manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64"]
    interpreter = f"cp{version.major}{version.minor}"
    both = (version.major, version.minor)
    return [*cpython_tags(both, platforms=platforms), *compatible_tags(both, interpreter, platforms)]


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as running:
        yield running


def arranged(scenario: Scenario, index: LoopbackIndex, directory: Path) -> Path:
    """Return the project of a scenario, its universe published."""
    for table, built in published(scenario.universe):
        index.add(built, yanked="" if table.get("yanked") else None)
    return write_project(
        directory / "project",
        scenario.requires,
        index=index.url,
        requires_python=requires_python(scenario),
        tool=settings(scenario),
    )


def lock(name: str, project: Path) -> Result:
    return lockenv("lock", cwd=project) if name in IN_A_PROCESS else lockenv_here("lock", cwd=project)


@pytest.mark.parametrize("name", SATISFIABLE)
def test_satisfiable_scenario_ends_in_a_sound_lock(name: str, index: LoopbackIndex, tmp_path: Path) -> None:
    scenario = expected(name)
    project = arranged(scenario, index, tmp_path)

    result = lock(name, project)

    assert result.code == 0, result.err
    written = read_lock(project)
    assert judge(written, world(scenario), places(scenario)) == []
    if scenario.packages:
        assert [selected(written, place) for place in places(scenario)] == [scenario.packages] * len(places(scenario))


@pytest.mark.parametrize("name", [name for name in SATISFIABLE if not is_universal(PACKSE[name])])
def test_lock_for_one_machine_has_a_file_for_it(name: str, index: LoopbackIndex, tmp_path: Path) -> None:
    scenario = expected(name)
    project = arranged(scenario, index, tmp_path)
    assert lockenv_here("lock", cwd=project).code == 0
    place, written = places(scenario)[0], read_lock(project)
    machine = cast("Environment", environments()[place])

    chosen = written.select(environment=machine, tags=tags(scenario))

    assert {package.name: str(package.version) for package, _ in chosen} == selected(written, place)


@pytest.mark.parametrize("name", UNSATISFIABLE)
def test_unsatisfiable_scenario_is_explained_and_not_locked(name: str, index: LoopbackIndex, tmp_path: Path) -> None:
    scenario = expected(name)
    project = arranged(scenario, index, tmp_path)

    result = lock(name, project)

    assert result.code == 1, result.err
    roots = {Requirement(text).name for text in scenario.requires}
    assert any(re.search(rf"\b{re.escape(root)}\b", result.err) for root in roots), result.err
    assert "Traceback" not in result.err
    assert sorted(path.name for path in project.iterdir()) == ["pyproject.toml"]


@pytest.mark.parametrize("name", [name for name in SATISFIABLE if is_universal(PACKSE[name])])
def test_locking_again_changes_no_byte(name: str, index: LoopbackIndex, tmp_path: Path) -> None:
    project = arranged(expected(name), index, tmp_path)
    assert lockenv_here("lock", cwd=project).code == 0
    first = project.joinpath("pylock.toml").read_bytes()
    forgotten = {"LOCKENV_CACHE_DIR": str(tmp_path / "other-cache")}

    again = [
        lockenv_here("lock", *args, cwd=project, env=env)
        for args, env in (((), {}), (("--refresh",), {}), (("--upgrade",), forgotten))
    ]

    assert [result.code for result in again] == [0, 0, 0]
    assert project.joinpath("pylock.toml").read_bytes() == first


def test_every_exception_names_a_scenario_and_changes_its_answer() -> None:
    assert {name for name in PACKSE if expected(name) != PACKSE[name]} == EXCEPTIONS.keys()


def test_no_scenario_is_missing() -> None:
    assert Counter(name.partition("/")[0] for name in PACKSE) == {
        "backtracking": 5,
        "does_not_exist": 5,
        "excluded": 4,
        "extras": 9,
        "fork": 44,
        "incompatible_versions": 4,
        "local": 16,
        "post": 15,
        "prereleases": 48,
        "requires_python": 15,
        "tag_and_markers": 5,
        "wheels": 15,
        "yanked": 9,
    }


def test_wheels_for_pythons_outside_the_range_are_left_out(index: LoopbackIndex, tmp_path: Path) -> None:
    project = arranged(PACKSE["tag_and_markers/requires-python-wheels"], index, tmp_path)

    assert lockenv_here("lock", cwd=project).code == 0

    wheels = [wheel.filename for package in read_lock(project).packages for wheel in package.wheels or ()]
    assert wheels == ["a-1.0.0-cp310-cp310-any.whl", "a-1.0.0-cp311-cp311-any.whl"]


def test_no_binary_locks_the_sdist_alone(index: LoopbackIndex, tmp_path: Path) -> None:
    project = arranged(PACKSE["wheels/no-binary"], index, tmp_path)

    assert lockenv_here("lock", cwd=project).code == 0

    locked = read_lock(project).packages[0]
    assert (locked.wheels or [], locked.sdist is not None) == ([], True)


def test_no_build_locks_the_wheel_alone(index: LoopbackIndex, tmp_path: Path) -> None:
    project = arranged(PACKSE["wheels/no-build"], index, tmp_path)

    assert lockenv_here("lock", cwd=project).code == 0

    locked = read_lock(project).packages[0]
    assert ([wheel.filename for wheel in locked.wheels or ()], locked.sdist) == (["a-1.0.0-py3-none-any.whl"], None)


def test_upgrading_forgets_the_forks_of_the_old_lock(index: LoopbackIndex, tmp_path: Path) -> None:
    fork_upgrade = PACKSE["fork/fork-upgrade"]
    project = arranged(replace(fork_upgrade, requires=("foo==1.0.0",)), index, tmp_path)
    assert lockenv_here("lock", cwd=project).code == 0
    arranged(fork_upgrade, index, tmp_path)
    assert lockenv_here("lock", cwd=project).code == 0
    kept = pins(project)

    assert lockenv_here("lock", "--upgrade", cwd=project).code == 0

    upgraded = [(f"{package.name} {package.version}", package.marker) for package in read_lock(project).packages]
    assert kept == ["bar 1.0.0", "bar 2.0.0", "foo 1.0.0"]
    assert upgraded == [("bar 2.0.0", None), ("foo 2.0.0", None)]
