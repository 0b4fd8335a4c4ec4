"""Dependency groups of workspace members are locked with those of the root; each member has its own part of them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.sources import BACKEND
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_SYSTEM = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
ONE = f"""
[project]
name = "one"
version = "1"
requires-python = ">=3.11"
dependencies = []
optional-dependencies = {{ fast = ["quick"] }}

[dependency-groups]
Tests = ["tester"]
docs = ["writer"]
dev = [{{ include-group = "tests" }}, "one[fast]"]
{_SYSTEM}"""
TWO = """
[project]
name = "two"
version = "1"
requires-python = ">=3.11"
dependencies = ["base"]

[dependency-groups]
tests = ["checker"]
"""
_ROOT = {"lint": ["linter"], "tests": ["runner"]}


@pytest.fixture
def workspace(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return the locked root of a workspace with a member that is installed, and one that is not."""
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    return written(tmp_path / "root", index)


def written(
    root: Path, index: LoopbackIndex, one: str = ONE, two: str = TWO, requires: Sequence[str] = (), **more: object
) -> Path:
    """Write a workspace of two members, and lock it."""
    tool = {"workspace": {"members": ["one", "two"]}, **more}
    write_project(root, requires, index=index.url, name="root", groups=_ROOT, tool=tool)
    for name, text in (("one", one), ("two", two)):
        (root / name).mkdir(exist_ok=True)
        (root / name / "pyproject.toml").write_text(text)
    (root / "one/backend.py").write_text(BACKEND)
    result = lockenv("lock", cwd=root)
    assert result.code == 0, result.err
    return root


def installed(root: Path, *args: str, cwd: str = "") -> list[str]:
    """Return what a sync with `args` would install."""
    found = lockenv("sync", *args, "--dry-run", cwd=root / cwd)
    assert found.code == 0, found.err
    return [line.split()[1] for line in found.err.splitlines() if line.startswith("  +")]


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ([], ["base", "one", "quick", "tester"]),
        (["--no-dev"], ["base", "one"]),
        (["--no-default-groups", "--group", "tests"], ["base", "checker", "one", "runner", "tester"]),
        (["--no-dev", "--group", "docs"], ["base", "one", "writer"]),
        (["--only-group", "tests"], ["checker", "runner", "tester"]),
        (["--all-groups"], ["base", "checker", "linter", "one", "quick", "runner", "tester", "writer"]),
        (["--package", "one"], ["one", "quick", "tester"]),
        (["--package", "one", "--no-dev"], ["one"]),
        (["--package", "one", "--group", "tests", "--no-dev"], ["one", "tester"]),
        (["--package", "two"], ["base"]),
        (["--package", "two", "--group", "tests"], ["base", "checker"]),
        (["--package", "two", "--all-groups"], ["base", "checker"]),
        (["--package", "root", "--group", "tests"], ["runner"]),
        (["--package", "root", "--package", "two", "--group", "tests"], ["base", "checker", "runner"]),
        (["--package", "one", "--only-group", "tests"], ["tester"]),
        (["--package", "one", "--only-group", "dev"], ["one", "quick", "tester"]),
        (["--package", "one", "--only-group", "tests", "--only-group", "lint"], ["linter", "tester"]),
        (["--package", "two", "--only-group", "tests"], ["checker"]),
        (["--package", "root", "--only-group", "tests"], ["runner"]),
        (["--package", "one", "--package", "two", "--only-group", "tests"], ["checker", "tester"]),
        (["--package", "two", "--only-group", "lint"], ["linter"]),
        (["--package", "two", "--group", "lint"], ["base", "linter"]),
        (["--package", "one", "--package", "two", "--group", "lint", "--no-dev"], ["base", "linter", "one"]),
        (["--package", "one", "--all-groups"], ["one", "quick", "tester", "writer"]),
    ],
    ids=" ".join,
)
def test_groups_are_those_of_the_root_and_of_all_members(workspace: Path, args: list[str], names: list[str]) -> None:
    assert installed(workspace, *args) == names


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["--package", "two"], ["base", "one"]),
        (["--package", "two", "--group", "docs"], ["base", "one"]),
        (["--package", "two", "--only-group", "docs"], ["one"]),
        (["--package", "two", "--group", "tests"], ["base", "checker", "one"]),
        (["--package", "one", "--no-dev"], ["one"]),
        (["--package", "one", "--no-dev", "--group", "docs"], ["one", "writer"]),
        (["--package", "root"], ["one", "quick"]),
        (["--package", "root", "--group", "tests"], ["one", "quick", "runner"]),
        ([], ["base", "one", "quick", "tester"]),
    ],
    ids=" ".join,
)
def test_part_of_a_package_has_no_extras_and_environments_of_what_others_require(
    tmp_path: Path, index: LoopbackIndex, args: list[str], names: list[str]
) -> None:
    """The root, and its groups, require `one[fast]`; `two` only `one`, and in its groups what counts nowhere here."""
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    two = TWO.replace('["base"]', '["base", "one"]') + """docs = ["writer; python_version < '3'", "one"]\n"""

    root = written(tmp_path / "root", index, two=two, requires=["one[fast]"])

    assert installed(root, *args) == names


def test_lock_lists_the_groups_and_holds_everywhere(workspace: Path) -> None:
    lock = tomllib.loads((workspace / "pylock.toml").read_text())

    assert lock["dependency-groups"] == ["dev", "docs", "lint", "tests"]
    assert lock["default-groups"] == ["dev"]
    for args in (["check"], ["lock", "--check"], ["sync"], ["verify"], ["sync", "--check"]):
        for place in ("", "one"):
            assert lockenv(*args, cwd=workspace / place).code == 0, args


def test_group_of_a_member_that_changed_makes_the_lock_stale(workspace: Path) -> None:
    (workspace / "two/pyproject.toml").write_text(TWO.replace("checker", "writer"))

    stale = lockenv("check", cwd=workspace)

    assert stale.code == 1
    assert "writer" in stale.err
    assert lockenv("lock", cwd=workspace).code == 0
    assert installed(workspace, "--package", "two", "--group", "tests") == ["base", "writer"]


@pytest.mark.parametrize(
    ("member", "old", "new", "said"),
    [
        (
            "two",
            '"checker"',
            '"checker<3"',
            "checker became checker<3 [two/pyproject.toml:9 (dependency-groups.tests[0])]",
        ),
        ("one", '["writer"]', "[]", "writer was removed [one/pyproject.toml:11 (dependency-groups.docs)]"),
        ("two", '["checker"]', "[]", "checker was removed"),
        ("two", '["base"]', "[]", "base was removed [two/pyproject.toml:6 (project.dependencies)]"),
        (
            "one",
            "dependencies = []",
            'dependencies = [\n  "base",\n]',
            "what one declares in one changed: +requires-dist base [one/pyproject.toml:7 (project.dependencies)]",
        ),
        (
            "one",
            '["quick"]',
            '["quick<9"]',
            "what one declares in one changed: -requires-dist quick ; extra == 'fast', "
            "+requires-dist quick<9 ; extra == 'fast' [one/pyproject.toml:7 (project.optional-dependencies.fast)]",
        ),
        (
            "two",
            'version = "1"',
            'version = "2"',
            "what two declares in two changed: -version 1, +version 2 [two/pyproject.toml:4 (project.version)]",
        ),
    ],
)
def test_what_made_the_lock_stale_is_named_where_the_member_declares_it(
    workspace: Path, member: str, old: str, new: str, said: str
) -> None:
    manifest = workspace / member / "pyproject.toml"
    manifest.write_text(manifest.read_text().replace(old, new))

    stale = lockenv("check", cwd=workspace)

    assert said in [line.strip() for line in stale.err.splitlines()]


def test_add_and_remove_in_a_member_edit_its_groups(workspace: Path) -> None:
    added = lockenv("add", "--no-sync", "--dev", "writer", cwd=workspace / "two")
    after = (workspace / "two/pyproject.toml").read_text()

    assert added.code == 0, added.err
    assert tomllib.loads(after)["dependency-groups"] == {"tests": ["checker"], "dev": ["writer>=1.0"]}
    assert installed(workspace, "--package", "two") == ["base", "writer"]
    removed = lockenv("remove", "--no-sync", "--dev", "writer", cwd=workspace / "two")
    assert removed.code == 0, removed.err
    assert installed(workspace, "--package", "two") == ["base"]


def test_groups_that_cannot_hold_together_are_named_with_their_members(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "base")), wheel("tester", "4.0"))
    root = tmp_path / "root"
    with pytest.raises(AssertionError) as refused:
        written(
            root,
            index,
            ONE.replace('"tester"', '"tester<4"'),
            TWO.replace('"checker"', '"tester>=4"'),
        )

    assert "tester<4" in str(refused.value)
    assert "tester>=4" in str(refused.value)


def test_mistake_in_the_groups_of_a_member_is_named_there(workspace: Path) -> None:
    (workspace / "two/pyproject.toml").write_text(TWO.replace('["checker"]', '[{ include-group = "gone" }]'))

    found = lockenv("lock", cwd=workspace)

    assert found.code == 2
    assert "two/pyproject.toml" in found.err
    assert 'includes the group "gone", which is not declared' in found.err


def test_source_that_a_member_names_counts_for_its_groups(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    at = index.file_url("writer-1.0-py3-none-any.whl")

    root = written(tmp_path / "root", index, two=TWO.replace('"checker"', f'"writer @ {at}"'))

    (entry,) = (one for one in tomllib.loads((root / "pylock.toml").read_text())["packages"] if one["name"] == "writer")
    assert entry["archive"]["url"] == at
    assert installed(root, "--package", "two", "--group", "tests") == ["base", "writer"]


def test_group_that_is_locked_of_the_root_alone_is_noted_where_it_is_asked_for(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    root = written(tmp_path / "root", index, conflicts=[[{"package": "one"}, {"package": "two"}]])

    notes = [
        [line for line in lockenv("sync", *args, "--dry-run", cwd=root).err.splitlines() if line.startswith("note: ")]
        for args in (
            ["--package", "one", "--group", "Tests"],
            ["--package", "root", "--group", "tests"],
            ["--package", "one"],
        )
    ]

    said = "note: groups of workspace members are not locked: tests of one; declare them in the workspace root"
    assert notes == [[said], [], []]


def test_groups_of_members_in_a_conflict_are_not_locked_and_named(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    root = written(tmp_path / "root", index, conflicts=[[{"package": "one"}, {"package": "two"}]])

    found = lockenv("sync", "--package", "one", "--all-groups", "--dry-run", cwd=root)
    refused = lockenv("sync", "--package", "one", "--group", "docs", "--dry-run", cwd=root)

    assert (
        "note: groups of workspace members are not locked: dev, docs, tests of one; tests of two; "
        "declare them in the workspace root"
    ) in found.err
    assert "`docs` is a group of the workspace member one; declare it in the workspace root" in refused.err


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (
            ["--package", "one", "--extra", "fast"],
            'declare the group `fast = ["one[fast]"]` in the workspace root, run `lockenv lock`, '
            "and use `--group fast`",
        ),
        (
            ["--extra", "fast"],
            "`fast` is an extra of the workspace member one; require `one[fast]` in a group of the workspace root, "
            "then run `lockenv lock`",
        ),
        (["--package", "two", "--extra", "fast"], "leave out `fast`"),
        (["--group", "other"], "the workspace root and its members have no such group"),
        (["--package", "two", "--group", "docs"], "add `--package one`, which has it"),
        (["--package", "two", "--only-group", "docs"], "add `--package one`, which has it"),
        (["--extra", "other"], "only extras of the workspace root can be selected"),
    ],
)
def test_what_cannot_be_selected_is_named_with_what_to_declare(workspace: Path, args: list[str], hint: str) -> None:
    refused = lockenv("sync", *args, "--dry-run", cwd=workspace)

    assert (refused.code, refused.err.splitlines()[-1]) == (2, f"  hint: {hint}")


def test_all_extras_name_those_of_members(workspace: Path) -> None:
    found = lockenv("sync", "--all-groups", "--all-extras", "--dry-run", cwd=workspace)

    assert [line for line in found.err.splitlines() if line.startswith("note: ")] == [
        "note: extras of workspace members cannot be selected: fast of one; require them in the workspace root, "
        "as `one[fast]`",
    ]


def test_part_of_a_project_that_is_locked_by_itself_has_no_groups_of_members(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    root = written(
        tmp_path / "root", index, lock={"lint": {"groups": ["lint"], "apart": True}, "tests": {"groups": ["tests"]}}
    )

    names = {
        path.name: [each["name"] for each in tomllib.loads(path.read_text())["packages"]]
        for path in root.glob("pylock*.toml")
    }

    assert names["pylock.lint.toml"] == ["linter"]
    assert "checker" not in names["pylock.tests.toml"]
    assert "linter" not in names["pylock.toml"]


def test_import_of_a_workspace_leaves_the_groups_of_members(workspace: Path) -> None:
    root = workspace / "pyproject.toml"
    root.write_text('[project]\nname = "root"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["one", "two"]\n')

    found = lockenv("import", "--dry-run", cwd=workspace)

    assert "dependency-groups" not in found.err


def test_only_group_of_a_package_is_remembered_exported_and_run(workspace: Path) -> None:
    args = ["--package", "one", "--only-group", "tests"]

    assert lockenv("sync", *args, cwd=workspace).code == 0
    verified = lockenv("verify", cwd=workspace)
    exported = lockenv("export", *args, "--no-hashes", cwd=workspace).out
    drawn = lockenv("tree", *args, cwd=workspace).out
    run = lockenv("run", *args, "python", "-c", "import tester", cwd=workspace)

    assert "only group tests, only package one" in verified.err
    assert [line for line in exported.splitlines() if not line.startswith(("#", "--"))] == ["tester==3.0"]
    assert "tester" in drawn
    assert "checker" not in drawn
    assert run.code == 0, run.err


def test_default_group_of_the_root_is_that_of_a_package_where_it_is_asked_for(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    more: dict[str, Any] = {"default-groups": ["lint"]}
    root = written(tmp_path / "root", index, **more)

    assert installed(root, "--package", "two") == ["base"]
    assert installed(root, "--package", "two", "--group", "lint") == ["base", "linter"]
    assert lockenv("sync", "--package", "two", cwd=root).code == 0
    assert "linter" not in lockenv("add", "--group", "docs", "quick", cwd=root / "two").err
    assert lockenv("sync", "--package", "two", "--group", "tests", cwd=root).code == 0
    assert lockenv("run", "--package", "one", "python", "-c", "", cwd=root).code == 0
    assert installed(root, "--package", "one") == []


def test_group_that_a_package_lost_is_not_asked_for_again(workspace: Path) -> None:
    assert lockenv("sync", "--package", "one", "--group", "docs", cwd=workspace).code == 0
    (workspace / "one/pyproject.toml").write_text(ONE.replace('docs = ["writer"]', ""))
    (workspace / "two/pyproject.toml").write_text(f'{TWO}docs = ["writer"]\n')

    run = lockenv("run", "python", "-c", "", cwd=workspace)

    assert run.code == 0, run.err
    assert "- writer" in run.err


def test_extras_of_the_root_are_not_those_of_a_package(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add_all(*map(wheel, ("quick", "writer", "linter", "runner", "checker", "base")))
    root = written(tmp_path / "root", index)
    manifest = root / "pyproject.toml"
    manifest.write_text(f'{manifest.read_text()}\n[project.optional-dependencies]\nfast = ["base"]\nmore = ["base"]\n')
    assert lockenv("lock", cwd=root).code == 0

    assert installed(root, "--package", "root", "--extra", "fast") == ["base"]
    assert installed(root, "--package", "one", "--no-dev", "--all-extras") == ["one"]
    refusals = [
        lockenv("sync", *args, "--dry-run", cwd=root).err.splitlines()
        for args in (
            ["--package", "one", "--extra", "fast"],
            ["--package", "one", "--package", "two", "--extra", "more"],
        )
    ]
    assert refusals == [
        [
            "error: the extra `fast` of one is not locked",
            '  hint: declare the group `fast = ["one[fast]"]` in the workspace root, run `lockenv lock`, and use '
            "`--group fast`",
        ],
        ["error: one and two have no extra `more`", "  hint: add `--package root`, which has it"],
    ]
    manifest.write_text(
        manifest.read_text().replace("[dependency-groups]", '[dependency-groups]\nfast = ["one[fast]"]')
    )
    assert lockenv("lock", cwd=root).code == 0
    assert installed(root, "--package", "one", "--no-dev", "--group", "fast") == ["one", "quick"]
    noted = [lockenv("sync", "--all-extras", "--package", name, "--dry-run", cwd=root).err for name in ("one", "two")]
    assert ["extras of workspace members cannot be selected: fast of one" in text for text in noted] == [True, False]
