"""`add` declares the workspace as the source of its members, and `remove` takes that back."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import Result, lockenv
from tests.support.projects import write_project
from tests.support.sources import write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

_WORKSPACE = {"workspace": True}


@pytest.fixture
def root(tmp_path: Path, index: LoopbackIndex) -> Path:
    """Return the root of a workspace with the members `app` and `core`; an index has another `core`."""
    index.add_all(wheel("core", "9.0"), wheel("lib", "1.0"))
    root = write_tree(tmp_path / "root", "root", tool=_tool(index))
    write_tree(root / "app", "app")
    write_tree(root / "core", "core", version="2.5")
    return root


def _tool(index: LoopbackIndex) -> dict[str, Any]:
    return {"index": [{"name": "loopback", "url": index.url}], "workspace": {"members": ["app", "core"]}}


def _declared(directory: Path) -> tuple[list[str], dict[str, list[str]], dict[str, Any]]:
    """Return the dependencies, the groups and the sources that a project declares."""
    values = tomllib.loads((directory / "pyproject.toml").read_text())
    tool: dict[str, Any] = values.get("tool", {}).get("lockenv", {})
    return values["project"].get("dependencies", []), values.get("dependency-groups", {}), tool.get("sources", {})


def _ran(*args: str, cwd: Path) -> Result:
    result = lockenv(*args, "--no-sync", cwd=cwd)
    assert result.code == 0, result.err
    return result


@pytest.mark.parametrize(
    ("place", "args", "declared"),
    [
        ("app", ["--dev", "core"], ([], {"dev": ["core"]}, {"core": _WORKSPACE})),
        ("app", ["core"], (["core"], {}, {"core": _WORKSPACE})),
        ("app", ["Core>=2", "lib"], (["Core>=2", "lib>=1.1"], {}, {"Core": _WORKSPACE})),
        ("app", ["root"], (["root"], {}, {"root": _WORKSPACE})),
        ("", ["core"], (["core"], {}, {"core": _WORKSPACE})),
        ("app", ["lib"], (["lib>=1.1"], {}, {})),
    ],
    ids=str,
)
def test_member_is_added_with_the_workspace_as_its_source_and_without_bounds(
    root: Path, place: str, args: list[str], declared: object
) -> None:
    _ran("add", *args, cwd=root / place)

    assert _declared(root / place) == declared
    assert lockenv("check", cwd=root).code == 0


def test_source_that_is_declared_stays(root: Path) -> None:
    manifest = root / "app/pyproject.toml"
    manifest.write_text(
        manifest.read_text() + '\n[tool.lockenv.sources]\ncore = { path = "../core", editable = true }\n'
    )

    _ran("add", "core", cwd=root / "app")

    assert _declared(root / "app")[2] == {"core": {"path": "../core", "editable": True}}


def test_source_is_removed_with_the_last_requirement(root: Path) -> None:
    before = (root / "app/pyproject.toml").read_text()
    _ran("add", "core", cwd=root / "app")
    _ran("add", "--dev", "core", "root", cwd=root / "app")

    _ran("remove", "core", cwd=root / "app")
    still = _declared(root / "app")[2]
    _ran("remove", "--dev", "core", cwd=root / "app")
    one = _declared(root / "app")[2]
    _ran("remove", "--dev", "root", cwd=root / "app")

    assert (still, one) == ({"core": _WORKSPACE, "root": _WORKSPACE}, {"root": _WORKSPACE})
    assert "[tool.lockenv.sources]" not in (root / "app/pyproject.toml").read_text()
    assert _declared(root / "app")[0] == tomllib.loads(before)["project"]["dependencies"]
    assert lockenv("check", cwd=root).code == 0


def test_member_of_another_version_is_refused_and_nothing_is_written(root: Path) -> None:
    before = (root / "app/pyproject.toml").read_bytes()

    refused = lockenv("add", "core>=9", cwd=root / "app")

    assert refused.code == 1
    assert "core>=9" in refused.err
    assert "NAME @ PLACE" not in refused.err
    assert (root / "app/pyproject.toml").read_bytes() == before


def test_project_without_a_workspace_gets_no_source(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("core", "9.0"))
    project = write_project(tmp_path / "workspace-like", index=index.url, name="workspace-like")

    _ran("add", "core", cwd=project)

    assert _declared(project) == (["core>=9.0"], {}, {})
