"""A requirement that two groups bring by one line is one change in a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.program import lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path


def test_line_that_two_groups_include_is_relaxed_once(tmp_path: Path) -> None:
    with LoopbackIndex() as index:
        index.add(wheel("lib", "1.0"))
        project = write_project(tmp_path / "app", [], index=index.url)
        file = project / "pyproject.toml"
        groups = '[dependency-groups]\ndev = [{ include-group = "docs" }]\ndocs = ["lib>=2"]\n'
        file.write_text(f"{file.read_text()}\n{groups}")

        result = lockenv_here("lock", cwd=project)

    assert result.code == 1
    assert result.err.count("relax `lib>=2`") == 1
