"""Packages that are never installed together: members of a workspace, and the project itself beside a group."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.sources import write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEMBERS = {"old": "lib<2", "new": "lib>=2", "other": "tool"}


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as made:
        made.add_all(wheel("lib", "1.0"), wheel("lib", "2.0"), wheel("tool", "1.0"))
        yield made


def workspace(directory: Path, index: LoopbackIndex, conflicts: list[list[dict[str, str]]], **more: Any) -> Path:
    for name, requirement in MEMBERS.items():
        write_project(directory / "packages" / name, [requirement], name=name)
    tool = {"workspace": {"members": ["packages/*"]}, "conflicts": conflicts}
    return write_project(directory, more.pop("requires", ()), index=index.url, tool=tool, **more)


def planned(project: Path, *words: str) -> list[str]:
    """Return what a sync would install."""
    done = lockenv("sync", "--dry-run", *words, cwd=project)
    assert done.code == 0, done.err
    return [line.split("+ ")[1] for line in done.err.splitlines() if line.startswith("  + ")]


def test_members_in_conflict_are_locked_in_one_file_and_installed_apart(tmp_path: Path, index: LoopbackIndex) -> None:
    project = workspace(tmp_path, index, [[{"package": "old"}, {"package": "New"}]])

    assert lockenv("lock", cwd=project).code == 0
    assert lockenv("check", cwd=project).code == 0

    assert planned(project, "--package", "old") == ["lib 1.0"]
    assert planned(project, "--package", "new") == ["lib 2.0"]
    assert planned(project, "--package", "old", "--package", "other") == ["lib 1.0", "tool 1.0"]
    for words in ([], ["--all-packages"], ["--package", "old", "--package", "new"]):
        both = lockenv("sync", *words, cwd=project)
        assert both.code == 2
        assert "package new and package old are declared as conflicts and cannot be selected together" in both.err
        assert "hint: select one of them: --package new" in both.err


def test_the_project_itself_is_installed_without_a_group_in_conflict(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(
        tmp_path,
        ["lib>=2"],
        index=index.url,
        groups={"lint": ["lib<2"], "dev": ["tool"]},
        tool={"conflicts": [[{"package": "example"}, {"group": "lint"}]]},
    )

    assert lockenv("lock", cwd=project).code == 0

    document = tomllib.loads((project / "pylock.toml").read_text())
    assert (document["dependency-groups"], document["default-groups"]) == (["dev", "lint"], ["dev", "package-example"])
    assert planned(project) == ["lib 2.0", "tool 1.0"]
    assert planned(project, "--no-default-groups") == ["lib 2.0"]
    assert planned(project, "--only-group", "lint") == ["lib 1.0"]
    both = lockenv("sync", "--group", "lint", cwd=project)
    assert both.code == 2
    assert "group lint and package example are declared as conflicts and cannot be selected together" in both.err
    assert "hint: select the group without the package: --only-group lint" in both.err


def test_a_member_in_conflict_with_the_project_is_installed_without_it(tmp_path: Path, index: LoopbackIndex) -> None:
    conflicts = [[{"package": "old"}, {"package": "example"}]]
    project = workspace(tmp_path, index, conflicts, requires=["lib>=2"])
    write_project(project / "packages" / "new", ["tool"], name="new")

    assert lockenv("lock", cwd=project).code == 0

    assert planned(project, "--package", "old") == ["lib 1.0"]
    assert planned(project, "--package", "example") == ["lib 2.0"]


def test_a_change_of_what_conflicts_makes_the_lock_stale(tmp_path: Path, index: LoopbackIndex) -> None:
    project = workspace(tmp_path, index, [[{"package": "old"}, {"package": "new"}]])
    assert lockenv("lock", cwd=project).code == 0

    workspace(tmp_path, index, [[{"package": "old"}, {"package": "new"}, {"package": "other"}]])

    stale = lockenv("check", cwd=project)
    assert stale.code == 1
    assert "the declared conflicts changed" in stale.out + stale.err


def test_members_that_are_installed_themselves_are_kept_apart_too(tmp_path: Path, index: LoopbackIndex) -> None:
    project = workspace(tmp_path, index, [[{"package": "old"}, {"package": "new"}]])
    for name, requirement in (("old", "lib<2"), ("new", "lib>=2")):
        write_tree(tmp_path / "packages" / name, name, dependencies=[requirement])

    assert lockenv("lock", cwd=project).code == 0

    assert planned(project, "--package", "old") == ["lib 1.0", "old 1.0"]


@pytest.mark.parametrize(
    ("conflict", "said"),
    [
        ({"package": "missing"}, "names the package `missing`, which is neither the project nor a workspace member"),
        ({"package": "new", "extra": "x"}, "must have exactly one of extra, group and package"),
    ],
)
def test_a_package_that_is_not_there_is_refused(
    tmp_path: Path, index: LoopbackIndex, conflict: dict[str, str], said: str
) -> None:
    project = workspace(tmp_path, index, [[{"package": "old"}, conflict]])

    refused = lockenv("lock", cwd=project)

    assert refused.code == 2
    assert said in refused.err


def test_a_group_with_the_name_of_a_package_in_conflict_is_refused(tmp_path: Path, index: LoopbackIndex) -> None:
    conflicts = [[{"package": "old"}, {"package": "new"}]]
    project = workspace(tmp_path, index, conflicts, groups={"package-old": ["tool"]})

    refused = lockenv("lock", cwd=project)

    assert refused.code == 2
    assert 'needs the name "package-old" for a group' in refused.err
