from __future__ import annotations

from typing import Any

from tests.benchmarks.versions import Compared, Difference, compare, split_names

SYSTEMS = ("linux-x86_64", "linux-arm64", "macos-arm64", "macos-x86_64", "windows-x86_64", "windows-arm64")
PYTHONS = ("3.11", "3.12")


def lock(*packages: tuple[str, str, str], environments: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "environments": list(environments),
        "packages": [
            {"name": name, "version": version, **({"marker": marker} if marker else {})}
            for name, version, marker in packages
        ],
        **more,
    }


def test_a_version_that_one_platform_alone_lacks_is_named_with_that_platform() -> None:
    ours = lock(("a", "1", "sys_platform == 'win32'"), ("a", "2", "sys_platform != 'win32'"), ("b", "1.0", ""))
    theirs = lock(("a", "2", ""), ("b", "1", ""), ("c", "3", "python_version < '3.12'"))

    found = compare(ours, theirs, ">=3.11,<3.13")

    assert found == Compared(
        differences=(
            Difference(
                name="a",
                ours="1",
                theirs="2",
                places=tuple((f"windows-{machine}", python) for machine in ("x86_64", "arm64") for python in PYTHONS),
            ),
            Difference(name="c", ours="", theirs="3", places=tuple((system, "3.11") for system in SYSTEMS)),
        ),
        uncovered=(),
    )
    assert [(one.kind, one.where) for one in found.differences] == [
        ("lower", "windows 3.11/3.12"),
        ("missing", "all 3.11"),
    ]


def test_an_environment_that_a_lock_leaves_out_is_not_covered() -> None:
    ours = lock(("a", "1", ""), environments=("sys_platform == 'linux'",))

    found = compare(ours, lock(("a", "1", "")), "==3.12.*")

    assert found == Compared(differences=(), uncovered=tuple((system, "3.12") for system in SYSTEMS[2:]))


def test_extras_and_groups_are_all_on() -> None:
    ours = lock(("a", "1", "'x' in extras"), ("b", "1", "'g' in dependency_groups"), extras=["x"])
    theirs = lock(("a", "1", ""), ("b", "1", ""))

    found = compare({**ours, "dependency-groups": ["g"]}, theirs, ">=3.12")

    assert found == Compared(differences=(), uncovered=())


def test_a_name_with_two_versions_is_split_and_one_with_two_entries_of_a_version_is_not() -> None:
    assert split_names(lock(("a", "1", ""), ("a", "2", ""), ("b", "1", ""), ("b", "1", ""))) == 1


def test_a_system_with_one_of_its_machines_is_named_with_it() -> None:
    places = (("linux-x86_64", "3.11"), ("linux-arm64", "3.11"), ("macos-x86_64", "3.11"))

    assert Difference(name="a", ours="1", theirs="2", places=places).where == "linux/macos-x86_64 3.11"
