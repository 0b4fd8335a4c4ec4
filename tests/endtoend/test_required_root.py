"""The root of a workspace, without a `[build-system]`, is locked and installed where a member requires it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.sources import BACKEND
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_MEMBER = """
[project]
name = "one"
version = "1"
requires-python = ">=3.11"
dependencies = [{dependencies}]

[dependency-groups]
tests = [{group}]

[tool.lockenv.sources]
root = {{ workspace = true }}
"""
_SETUPTOOLS = f"{BACKEND}\nimport sys\n__legacy__ = sys.modules[__name__]\n"
"""What builds a project that names no backend."""


def workspace(root: Path, index: LoopbackIndex, dependencies: str = "", group: str = "") -> Path:
    """Write a workspace whose member requires what is given, as TOML."""
    index.add_all(*map(wheel, ("base", "fast")))
    index.add_all(
        wheel("setuptools", "99.0", files={"setuptools/__init__.py": "", "setuptools/build_meta.py": _SETUPTOOLS})
    )
    write_project(
        root,
        ["base"],
        index=index.url,
        name="root",
        extras={"quick": ["fast"]},
        tool={"workspace": {"members": ["one"]}},
    )
    (root / "one").mkdir()
    (root / "one/pyproject.toml").write_text(_MEMBER.format(dependencies=dependencies, group=group))
    return root


def installed(root: Path, *args: str) -> list[str]:
    """Return what a sync with `args` would install."""
    found = lockenv("sync", *args, "--dry-run", cwd=root)
    assert found.code == 0, found.err
    return [line.split()[1] for line in found.err.splitlines() if line.startswith("  +")]


@pytest.mark.parametrize(
    ("where", "args", "names"),
    [
        ({"group": '"root"'}, [], ["base", "root"]),
        ({"group": '"root"'}, ["--package", "one"], []),
        ({"group": '"root"'}, ["--package", "one", "--group", "tests"], ["base", "root"]),
        ({"group": '"root"'}, ["--package", "root"], ["base", "root"]),
        ({"group": '"root"'}, ["--only-group", "tests"], ["base", "root"]),
        ({"group": '"root[quick]"'}, ["--package", "one", "--group", "tests"], ["base", "fast", "root"]),
        ({"dependencies": '"root"'}, ["--package", "one"], ["base", "root"]),
        ({"dependencies": '"root"'}, ["--no-install-project"], ["base"]),
        ({}, [], ["base"]),
    ],
    ids=str,
)
def test_root_is_installed_where_a_member_requires_it(
    tmp_path: Path, index: LoopbackIndex, where: dict[str, str], args: list[str], names: list[str]
) -> None:
    root = workspace(tmp_path, index, **where)

    locked = lockenv("lock", cwd=root)

    assert locked.code == 0, locked.err
    assert installed(root, *args) == names


def test_root_that_a_group_of_a_member_requires_is_built_and_proved(tmp_path: Path, index: LoopbackIndex) -> None:
    root = workspace(tmp_path, index, group='"root"')
    (root / "mine.py").touch()

    for args in (["lock"], ["sync"], ["verify"], ["sync", "--check"], ["check"], ["lock", "--check"]):
        result = lockenv(*args, cwd=root)
        assert result.code == 0, (args, result.err)

    run = lockenv("run", "python", "-c", "import mine; print(mine.__file__)", cwd=root)
    assert run.out.strip() == str(root / "mine.py")
    (entry,) = (one for one in tomllib.loads((root / "pylock.toml").read_text())["packages"] if one["name"] == "root")
    assert (entry["directory"], entry["marker"]) == ({"path": ".", "editable": True}, "'tests' in dependency_groups")


def test_root_without_a_name_that_a_member_requires_is_refused_with_what_names_it(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    root = workspace(tmp_path, index, group='"root"')
    manifest = root / "pyproject.toml"
    manifest.write_text("[tool" + manifest.read_text().partition("[tool")[2])

    refused = lockenv("lock", cwd=root)

    assert (refused.code, refused.err.splitlines()[0], refused.err.splitlines()[-1]) == (
        2,
        "error: one/pyproject.toml:12 (tool.lockenv.sources.root): workspace member `root` is missing, "
        "which `one` requires",
        "  hint: restore its directory, or remove this source; if the workspace root is meant, run "
        "`lockenv init --name root` there",
    )
    assert lockenv("init", "--name", "root", cwd=root).code == 0
    assert lockenv("lock", cwd=root).code == 0
