from __future__ import annotations

from typing import Any

import pytest

from lockenv.errors import InputError
from lockenv.lockfile.coverage_matrix import coverage, environments
from tests.unit.lockfile.builders import file_table, lock, package


def own(**recorded: Any) -> dict[str, Any]:
    return {"tool": {"lockenv": {"schema": 1, "inputs": recorded}}}


def titles(*packages: dict[str, Any], **more: Any) -> list[str]:
    return [each.title for each in environments(lock(*(packages or [package("a", "1")]), **more))]


def test_common_platforms_are_crossed_with_the_pythons_of_the_lock() -> None:
    assert titles(**{"requires-python": ">=3.12,<3.14"}) == [
        f"{platform} {python}"
        for platform in ("linux x86_64", "linux aarch64", "macos arm64", "macos x86_64", "windows x86_64")
        for python in ("3.12", "3.13")
    ]


def test_environments_of_the_lock_leave_the_others_out() -> None:
    environments = ["sys_platform == 'linux' and platform_machine == 'x86_64' and python_version < '3.13'"]

    assert titles(environments=environments, **{"requires-python": ">=3.12"}) == ["linux x86_64 3.12"]


def test_open_end_is_the_newest_python_that_a_wheel_names() -> None:
    named = titles(package("a", "1", "cp316-cp316-win_amd64"), **{"requires-python": ">=3.15"})

    assert named[:2] == ["linux x86_64 3.15", "linux x86_64 3.16"]


def test_number_in_the_name_of_a_project_is_no_python() -> None:
    named = titles(package("py399-cp388", "1", "py3-none-any"), **{"requires-python": ">=3.14"})

    assert named[0] == "linux x86_64 3.14"
    assert len(named) == 10


def test_declared_environment_beside_the_common_ones_counts_for_itself() -> None:
    strange = "sys_platform == 'aix'"

    found = environments(lock(package("a", "1"), **own(**{"required-environments": [strange]})))

    assert [(each.platform, each.python, each.is_declared) for each in found if each.is_declared] == [
        (strange, "", True)
    ]


def test_declared_environment_marks_the_common_ones_in_it() -> None:
    found = environments(
        lock(package("a", "1"), **own(**{"required-environments": ["sys_platform == 'win32'"]}, environments=[]))
    )

    assert {each.platform for each in found if each.is_declared} == {"windows x86_64"}


def states(entry: dict[str, Any]) -> list[str]:
    given = lock(
        entry,
        environments=["sys_platform == 'linux' and platform_machine == 'x86_64'"],
        **{"requires-python": ">=3.11,<3.15"},
    )
    (row,) = coverage(given, environments(given))
    return list(row.states)


def test_pure_wheel_serves_everything() -> None:
    assert states(package("a", "1")) == ["wheel"] * 4


def test_wheels_of_some_pythons_leave_the_others_to_the_sdist() -> None:
    tags = ("cp312-cp312-manylinux_2_17_x86_64", "cp313-abi3-manylinux_2_17_x86_64")

    assert states(package("a", "1", *tags, sdist=file_table("a-1.tar.gz"))) == ["build", "wheel", "wheel", "wheel"]
    assert states(package("a", "1", *tags)) == ["nothing", "wheel", "wheel", "wheel"]


def test_package_is_absent_where_its_marker_does_not_hold() -> None:
    assert states(package("a", "1", marker="python_version >= '3.13'")) == ["absent", "absent", "wheel", "wheel"]


def test_group_or_extra_that_gates_a_package_does_not_hide_it() -> None:
    assert states(package("a", "1", marker="'dev' in dependency_groups")) == ["wheel"] * 4


def test_wheel_of_any_python_covers_a_declared_environment_outside_the_grid() -> None:
    given = lock(
        package("a", "1", "cp312-cp312-manylinux_2_17_s390x"),
        **own(**{"required-environments": ["platform_machine == 's390x'"]}),
    )
    (row,) = coverage(given, environments(given)[-1:])

    assert row.states == ("wheel",)


def test_wheel_without_a_name_of_one_is_pointed_at() -> None:
    given = lock({"name": "a", "version": "1", "wheels": [file_table("a.whl")]})

    with pytest.raises(InputError, match=r"a\.whl is not the name of a wheel"):
        coverage(given, environments(given))
