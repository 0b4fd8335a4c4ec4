"""What the user's policies make of the same index."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.program import Result

JANUARY, MARCH, MAY = "2026-01-15T00:00:00Z", "2026-03-15T00:00:00Z", "2026-05-15T00:00:00Z"


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Provide an index with an application and its library in three versions each: of January, March and May."""
    with LoopbackIndex() as running:
        for number, moment in enumerate((JANUARY, MARCH, MAY), 1):
            running.add(wheel("app", f"{number}.0", requires=["lib>=2"]), upload_time=moment)
            running.add(wheel("lib", f"{number}.0"), upload_time=moment)
            running.add(wheel("lib", f"{number}.5b1"), upload_time=moment)
        yield running


def project(tmp_path: Path, index: LoopbackIndex, *requires: str, **tool: Any) -> Path:
    settings = {key.replace("_", "-"): value for key, value in tool.items()}
    return write_project(tmp_path / "project", requires or ["app"], index=index.url, tool=settings)


def locked(directory: Path, *args: str) -> dict[str, str]:
    """Lock; return the versions that were chosen."""
    result = lockenv_here("lock", *args, cwd=directory)
    assert result.code == 0, result.err
    return versions(directory)


def versions(directory: Path) -> dict[str, str]:
    return {package["name"]: package["version"] for package in read(directory)["packages"]}


def read(directory: Path) -> dict[str, Any]:
    return tomllib.loads(directory.joinpath("pylock.toml").read_text(encoding="utf-8"))


def at(moment: str, directory: Path, *args: str) -> Result:
    """Run lockenv as if it were started at `moment`."""
    return lockenv_here(*args, cwd=directory, env={"LOCKENV_NOW": moment})


CHOICES: list[tuple[list[str], dict[str, Any], dict[str, str]]] = [
    (["app"], {}, {"app": "3.0", "lib": "3.0"}),
    (["app"], {"resolution": "lowest"}, {"app": "1.0", "lib": "2.0"}),
    (["app"], {"resolution": "lowest-direct"}, {"app": "1.0", "lib": "3.0"}),
    (["app>1"], {"resolution": "lowest"}, {"app": "2.0", "lib": "2.0"}),
    (["app", "lib"], {"resolution": "lowest-direct"}, {"app": "1.0", "lib": "2.0"}),
    (["app"], {"exclude_newer": "2026-04-01"}, {"app": "2.0", "lib": "2.0"}),
    (["app"], {"exclude_newer": MAY}, {"app": "2.0", "lib": "2.0"}),
    (["app"], {"exclude_newer": "2026-04-01", "exclude_newer_package": {"Lib": False}}, {"app": "2.0", "lib": "3.0"}),
    (["app"], {"exclude_newer_package": {"app": "2026-02-01"}}, {"app": "1.0", "lib": "3.0"}),
    (["app"], {"prerelease": "allow"}, {"app": "3.0", "lib": "3.5b1"}),
    (["app"], {"prerelease_package": {"LIB": "allow"}}, {"app": "3.0", "lib": "3.5b1"}),
    (
        ["app"],
        {"prerelease": "allow", "prerelease_package": {"lib": "disallow"}},
        {"app": "3.0", "lib": "3.0"},
    ),
    (["app"], {"constraints": ["lib<3"]}, {"app": "3.0", "lib": "2.0"}),
    (["app"], {"overrides": ["lib==1.0"]}, {"app": "3.0", "lib": "1.0"}),
    (["app"], {"exclude_dependencies": ["Lib"]}, {"app": "3.0"}),
    (["app", "lib>9"], {"exclude_dependencies": ["lib"]}, {"app": "3.0"}),
    (["app"], {"constraints": ["unrelated<1"]}, {"app": "3.0", "lib": "3.0"}),
]


@pytest.mark.parametrize(("requires", "tool", "expected"), CHOICES)
def test_policy_decides(
    requires: list[str], tool: dict[str, Any], expected: dict[str, str], tmp_path: Path, index: LoopbackIndex
) -> None:
    directory = project(tmp_path, index, *requires, **tool)

    assert locked(directory) == expected
    assert lockenv_here("check", cwd=directory).code == 0


@pytest.mark.parametrize("preference", ["lowest", "lowest-direct", "highest"])
def test_pins_stay_whatever_is_preferred_now(preference: str, tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, constraints=["app==2.0", "lib==2.0"])
    before = locked(directory)
    project(tmp_path, index, resolution=preference)

    assert locked(directory) == before


def test_constraint_and_override_hold_where_their_markers_do(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(
        tmp_path,
        index,
        constraints=["app<3; sys_platform == 'win32'"],
        overrides=["lib==1.0; sys_platform == 'win32'", "lib<3; sys_platform != 'win32'"],
    )
    assert lockenv_here("lock", cwd=directory).code == 0

    found = {(each["name"], each["version"], each.get("marker", "")) for each in read(directory)["packages"]}
    assert found == {
        ("app", "2.0", "sys_platform == 'win32'"),
        ("app", "3.0", "sys_platform != 'win32'"),
        ("lib", "1.0", "sys_platform == 'win32'"),
        ("lib", "2.0", "sys_platform != 'win32'"),
    }
    assert lockenv_here("check", cwd=directory).code == 0


def test_relative_cutoff_is_the_moment_it_was_until_the_lock_is_renewed(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, exclude_newer="2 weeks")
    assert at("2026-04-15T00:00:00Z", directory, "lock").code == 0
    first = directory.joinpath("pylock.toml").read_bytes()

    assert read(directory)["tool"]["lockenv"]["exclude-newer"] == "2026-04-01T00:00:00Z"
    assert at("2026-08-01T00:00:00Z", directory, "lock").code == 0
    assert at("2026-08-01T00:00:00Z", directory, "lock", "--refresh").code == 0
    assert at("2026-08-01T00:00:00Z", directory, "check").code == 0
    assert (directory.joinpath("pylock.toml").read_bytes(), versions(directory)) == (
        first,
        {"app": "2.0", "lib": "2.0"},
    )

    project(tmp_path, index, "app", "lib>=2", exclude_newer="2 weeks")
    assert at("2026-08-01T00:00:00Z", directory, "lock").code == 0
    assert versions(directory) == {"app": "2.0", "lib": "2.0"}

    assert at("2026-08-01T00:00:00Z", directory, "lock", "-U").code == 0
    assert versions(directory) == {"app": "3.0", "lib": "3.0"}
    assert read(directory)["tool"]["lockenv"]["exclude-newer"] == "2026-07-18T00:00:00Z"


def test_relative_cutoff_of_one_package_is_recorded_too(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, exclude_newer_package={"lib": "14 days", "app": "2026-04-01"})
    assert at("2026-04-15T00:00:00Z", directory, "lock").code == 0
    first = directory.joinpath("pylock.toml").read_bytes()

    assert read(directory)["tool"]["lockenv"]["exclude-newer-package"] == {"lib": "2026-04-01T00:00:00Z"}
    assert at("2026-08-01T00:00:00Z", directory, "lock", "--refresh").code == 0
    assert directory.joinpath("pylock.toml").read_bytes() == first


def test_new_span_counts_from_now(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = project(tmp_path, index, exclude_newer="2 weeks")
    assert at("2026-04-15T00:00:00Z", directory, "lock").code == 0
    project(tmp_path, index, exclude_newer="3 weeks")

    assert at("2026-08-01T00:00:00Z", directory, "lock").code == 0
    assert read(directory)["tool"]["lockenv"]["exclude-newer"] == "2026-07-11T00:00:00Z"


def test_kinds_of_files_are_left_out(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("lib", "3.0"))
    project(tmp_path, index, no_build=True)
    only_wheels = locked(tmp_path / "project"), read(tmp_path / "project")["packages"][1].keys()
    project(tmp_path, index, no_binary_package=["lib"])
    only_source = locked(tmp_path / "project"), read(tmp_path / "project")["packages"][1].keys()

    assert only_wheels[0] == only_source[0] == {"app": "3.0", "lib": "3.0"}
    assert ("sdist" in only_wheels[1], "wheels" in only_wheels[1]) == (False, True)
    assert ("sdist" in only_source[1], "wheels" in only_source[1]) == (True, False)


def test_requirements_file_says_which_kinds_it_wants(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(sdist("lib", "3.0"))
    directory = tmp_path / "project"
    directory.mkdir()
    text = f"--index-url {index.url}\n--only-binary app\n--no-binary lib\napp\n"
    directory.joinpath("requirements.in").write_text(text, encoding="utf-8")

    assert lockenv("lock", cwd=directory).code == 0
    app, lib = read(directory)["packages"]
    assert ("wheels" in app, "sdist" in app, "wheels" in lib, "sdist" in lib) == (True, False, False, True)
