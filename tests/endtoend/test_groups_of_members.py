"""Groups and extras of workspace members are not locked: whoever asks for one is told what to declare in the root."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

MEMBER = """
[project]
name = "one"
version = "1"
requires-python = ">=3.11"
optional-dependencies = { fast = ["quick"] }

[dependency-groups]
Tests = ["tester"]
docs = ["writer"]

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.fixture
def workspace(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return the locked root of a workspace with one member."""
    index.add_all(wheel("quick"), wheel("tester"), wheel("writer"))
    root = write_project(
        tmp_path / "root", index=index.url, groups={"lint": []}, tool={"workspace": {"members": ["one"]}}
    )
    (root / "one").mkdir()
    (root / "one/pyproject.toml").write_text(MEMBER)
    assert lockenv("lock", cwd=root).code == 0
    return root


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (
            ["--group", "tests"],
            "`tests` is a group of the workspace member one; declare it in the workspace root, under "
            "[dependency-groups], then run `lockenv lock`",
        ),
        (
            ["--package", "one", "--extra", "fast"],
            "`fast` is an extra of the workspace member one; require `one[fast]` in a group of the workspace root, "
            "then run `lockenv lock`",
        ),
        (["--group", "other"], "only groups and extras of the workspace root are locked"),
    ],
)
def test_group_of_a_member_is_named_with_what_to_declare(workspace: Path, args: list[str], hint: str) -> None:
    refused = lockenv("sync", *args, "--dry-run", cwd=workspace)

    assert (refused.code, refused.err.splitlines()[-1]) == (2, f"  hint: {hint}")


def test_what_is_declared_as_the_hints_say_is_installed(workspace: Path, index: LoopbackIndex) -> None:
    groups = {"tests": ["tester"], "fast": ["one[fast]"]}
    write_project(workspace, index=index.url, groups=groups, tool={"workspace": {"members": ["one"]}})

    assert lockenv("lock", cwd=workspace).code == 0
    found = lockenv("sync", "--group", "tests", "--group", "fast", "--dry-run", cwd=workspace)

    assert [line.split()[1] for line in found.err.splitlines() if line.startswith("  +")] == ["one", "quick", "tester"]


def test_all_groups_and_all_extras_name_those_of_members(workspace: Path) -> None:
    found = lockenv("sync", "--all-groups", "--all-extras", "--dry-run", cwd=workspace)

    assert [line for line in found.err.splitlines() if line.startswith("note: ")] == [
        "note: groups of workspace members are not locked: docs, tests of one; declare them in the workspace root",
        "note: extras of workspace members cannot be selected: fast of one; require them in the workspace root, "
        "as `one[fast]`",
    ]


def test_import_of_a_workspace_names_the_groups_of_members(workspace: Path) -> None:
    root = workspace / "pyproject.toml"
    root.write_text('[project]\nname = "root"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["one"]\n')

    found = lockenv("import", "--dry-run", cwd=workspace)

    assert (
        "one/pyproject.toml: `dependency-groups` is not locked, as only groups of the workspace root are; "
        "move what `lockenv sync` should install there"
    ) in found.err
