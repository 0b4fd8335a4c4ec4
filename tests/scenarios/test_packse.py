"""Every packse scenario: a real index, a real lock, an independent judge."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.pylock import Pylock
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.version import Version

from tests.scenarios.judge import environment, grid, judge, selected
from tests.scenarios.universe import DEFAULT_PYTHON, Scenario, scenarios, selection
from tests.support.program import Result, lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.markers import Environment

HERE = Path(__file__).parent
EXCEPTIONS: Mapping[str, Mapping[str, Any]] = tomllib.loads((HERE / "exceptions.toml").read_text(encoding="utf-8"))
PACKSE = scenarios(HERE / "packse")

IN_A_PROCESS = {
    "excluded/excluded-only-version",
    "extras/all-extras-required",
    "fork/basic",
    "requires_python/python-version-does-not-exist",
}
"""Scenarios that meet the program as a user does; the others run it in this process, thirty times as fast."""

ONE_MACHINE = "sys_platform == 'linux' and platform_machine == 'x86_64' and implementation_name == 'cpython'"
"""The machine of the scenarios that are about one environment."""


def expected(scenario: Scenario) -> Scenario:
    """Give the scenario with the answer that is expected here."""
    exception = EXCEPTIONS.get(scenario.name)
    if exception is None:
        return scenario
    return replace(
        scenario,
        is_satisfiable=exception["satisfiable"],
        expected=selection(exception.get("packages", {})),
    )


def requires_python(scenario: Scenario) -> str:
    """Give what the project declares so that it means what the scenario means.

    A scenario about one interpreter covers that interpreter alone: every patch release of `3.12`, only `3.13.0`.
    """
    if scenario.is_universal:
        return scenario.requires_python or f">={DEFAULT_PYTHON}"
    return f"=={scenario.python}.*" if scenario.python.count(".") == 1 else f"=={scenario.python}"


def settings(scenario: Scenario) -> dict[str, Any]:
    """Give `[tool.lockenv]` for a scenario; a scenario about one machine requires files that install there."""
    table: dict[str, Any] = {"required-environments": list(scenario.required_environments)}
    if not scenario.is_universal:
        table = {"environments": [ONE_MACHINE], "required-environments": [ONE_MACHINE]}
    if scenario.allows_prereleases:
        table["prerelease"] = "allow"
    table |= {"no-build-package": list(scenario.no_build), "no-binary-package": list(scenario.no_binary)}
    return {key: value for key, value in table.items() if value}


def environments(scenario: Scenario) -> list[Environment]:
    """Give where the lock of a scenario is judged: everywhere, or on its one machine."""
    if scenario.is_universal:
        return grid()
    patches = ("0", "7", "30") if scenario.python.count(".") == 1 else ()
    return [environment(f"{scenario.python}.{patch}") for patch in patches] or [environment(scenario.python)]


def tags(scenario: Scenario) -> list[Tag]:
    """Give the wheel tags of a scenario's one machine."""
    version = Version(scenario.python)
    platforms = ["manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64"]
    python = (version.major, version.minor)
    interpreter = f"cp{version.major}{version.minor}"
    return [*cpython_tags(python, platforms=platforms), *compatible_tags(python, interpreter, platforms)]


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as running:
        yield running


def publish(index: LoopbackIndex, scenario: Scenario) -> None:
    for release, built in scenario.files():
        index.add(built, yanked="" if release.is_yanked else None)


def run(scenario: Scenario, *args: str, cwd: Path) -> Result:
    return lockenv(*args, cwd=cwd) if scenario.name in IN_A_PROCESS else lockenv_here(*args, cwd=cwd)


def read_lock(project: Path) -> Pylock:
    return Pylock.from_dict(tomllib.loads(project.joinpath("pylock.toml").read_text(encoding="utf-8")))


def by_name(scenario: Scenario) -> str:
    return scenario.name


@pytest.mark.parametrize("scenario", [one for one in map(expected, PACKSE) if one.is_satisfiable], ids=by_name)
def test_satisfiable_scenario_gives_a_sound_lock(scenario: Scenario, index: LoopbackIndex, tmp_path: Path) -> None:
    publish(index, scenario)
    python = requires_python(scenario)
    project = write_project(
        tmp_path / "project", scenario.roots, index=index.url, requires_python=python, tool=settings(scenario)
    )

    result = run(scenario, "lock", cwd=project)

    assert result.code == 0, result.err
    lock = read_lock(project)
    assert judge(lock, scenario, python, environments(scenario)) == []
    if scenario.expected:
        admitted = [env for env in environments(scenario) if env["python_full_version"] in SpecifierSet(python)]
        assert [dict(scenario.expected)] * len(admitted) == [selected(lock, env) for env in admitted]
    if not scenario.is_universal:
        env = environments(scenario)[0]
        files = {package.name for package, _ in lock.select(environment=env, tags=tags(scenario))}
        assert files == selected(lock, env).keys()


@pytest.mark.parametrize("scenario", [one for one in map(expected, PACKSE) if not one.is_satisfiable], ids=by_name)
def test_unsatisfiable_scenario_is_explained_and_not_locked(
    scenario: Scenario, index: LoopbackIndex, tmp_path: Path
) -> None:
    publish(index, scenario)
    project = write_project(
        tmp_path / "project",
        scenario.roots,
        index=index.url,
        requires_python=requires_python(scenario),
        tool=settings(scenario),
    )

    result = run(scenario, "lock", cwd=project)

    assert result.code == 1, result.err
    names = {re.match(r"[\w.-]+", root)[0] for root in scenario.roots}  # type: ignore[index]  # a root begins with a name
    assert any(re.search(rf"\b{re.escape(name)}\b", result.err) for name in names), result.err
    assert "Traceback" not in result.err
    assert sorted(path.name for path in project.iterdir()) == ["pyproject.toml"]


@pytest.mark.parametrize(
    "scenario", [one for one in map(expected, PACKSE) if one.is_satisfiable and one.is_universal], ids=by_name
)
def test_locking_again_changes_no_byte(scenario: Scenario, index: LoopbackIndex, tmp_path: Path) -> None:
    publish(index, scenario)
    project = write_project(
        tmp_path / "project",
        scenario.roots,
        index=index.url,
        requires_python=requires_python(scenario),
        tool=settings(scenario),
    )
    assert lockenv_here("lock", cwd=project).code == 0
    first = project.joinpath("pylock.toml").read_bytes()
    forgotten = {"LOCKENV_CACHE_DIR": str(tmp_path / "other-cache")}

    again = [
        lockenv_here("lock", *args, cwd=project, env=env)
        for args, env in (
            ((), {}),
            (("--refresh",), {}),
            (("--upgrade",), forgotten),
        )
    ]

    assert [result.code for result in again] == [0, 0, 0]
    assert project.joinpath("pylock.toml").read_bytes() == first


def test_every_exception_names_a_scenario_and_changes_its_answer() -> None:
    changed = {scenario.name for scenario in PACKSE if expected(scenario) != scenario}

    assert changed == EXCEPTIONS.keys()


def test_no_scenario_is_missing() -> None:
    assert Counter(scenario.name.partition("/")[0] for scenario in PACKSE) == {
        "backtracking": 2,
        "does_not_exist": 3,
        "excluded": 2,
        "extras": 7,
        "fork": 18,
        "local": 10,
        "post": 6,
        "prereleases": 11,
        "requires_python": 10,
        "tag_and_markers": 2,
        "wheels": 8,
        "yanked": 6,
    }


def scenario_named(name: str) -> Scenario:
    return next(scenario for scenario in PACKSE if scenario.name == name)


def test_wheels_for_pythons_outside_the_range_are_left_out(index: LoopbackIndex, tmp_path: Path) -> None:
    scenario = scenario_named("tag_and_markers/requires-python-wheels")
    publish(index, scenario)
    project = write_project(tmp_path / "project", scenario.roots, index=index.url, requires_python=">=3.10")

    assert lockenv_here("lock", cwd=project).code == 0

    wheels = [wheel.filename for package in read_lock(project).packages for wheel in package.wheels or ()]
    assert wheels == ["a-1.0.0-cp310-cp310-any.whl", "a-1.0.0-cp311-cp311-any.whl"]


def test_no_binary_locks_the_sdist_alone(index: LoopbackIndex, tmp_path: Path) -> None:
    scenario = scenario_named("wheels/no-binary")
    publish(index, scenario)
    project = write_project(tmp_path / "project", scenario.roots, index=index.url, tool=settings(scenario))

    assert lockenv_here("lock", cwd=project).code == 0

    locked = read_lock(project).packages[0]
    assert (locked.wheels or [], locked.sdist is not None) == ([], True)


def test_no_build_locks_the_wheel_alone(index: LoopbackIndex, tmp_path: Path) -> None:
    scenario = scenario_named("wheels/no-build")
    publish(index, scenario)
    project = write_project(tmp_path / "project", scenario.roots, index=index.url, tool=settings(scenario))

    assert lockenv_here("lock", cwd=project).code == 0

    locked = read_lock(project).packages[0]
    assert ([wheel.filename for wheel in locked.wheels or ()], locked.sdist) == (["a-1.0.0-py3-none-any.whl"], None)


def test_upgrading_forgets_the_forks_of_the_old_lock(index: LoopbackIndex, tmp_path: Path) -> None:
    scenario = scenario_named("fork/fork-upgrade")
    publish(index, scenario)
    project = write_project(tmp_path / "project", ["foo==1.0.0"], index=index.url)
    assert lockenv_here("lock", cwd=project).code == 0
    write_project(project, ["foo"], index=index.url)
    assert lockenv_here("lock", cwd=project).code == 0
    kept = [f"{package.name} {package.version}" for package in read_lock(project).packages]

    assert lockenv_here("lock", "--upgrade", cwd=project).code == 0

    upgraded = [(f"{package.name} {package.version}", package.marker) for package in read_lock(project).packages]
    assert kept == ["bar 1.0.0", "bar 2.0.0", "foo 1.0.0"]
    assert upgraded == [("bar 2.0.0", None), ("foo 2.0.0", None)]
