"""A user may keep the environments of all projects in one directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_user_configuration import configure
from tests.support.program import lockenv_here
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as running:
        running.add(wheel("lib", "1.1"))
        yield running


def test_each_project_has_an_environment_of_its_own_there(tmp_path: Path, index: LoopbackIndex) -> None:
    kept = tmp_path / "kept"
    found = []
    for place in ("one", "other"):
        project = write_project(tmp_path / place / "app", ["lib"], index=index.url)
        configure(project, f"environments-dir = '{kept}'\n")
        for command in ("lock", "sync", "sync", "verify", "check"):
            result = lockenv_here(command, cwd=project)
            assert result.code == 0, result.err
        found.append((project / ".venv").exists())
    names = sorted(path.name for path in kept.iterdir())

    assert (found, [name.rpartition("-")[0] for name in names]) == ([False, False], ["app", "app"])


def test_a_named_environment_is_where_it_is_named(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "app", ["lib"], index=index.url)
    configure(project, f"environments-dir = '{tmp_path / 'kept'}'\n")
    lockenv_here("lock", cwd=project)

    result = lockenv_here("sync", "--venv", "here", cwd=project)

    assert result.code == 0, result.err
    assert (project / "here/pyvenv.cfg").is_file()
    assert not (tmp_path / "kept").exists()


def test_a_relative_directory_is_seen_from_the_file(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "app", ["lib"], index=index.url)
    file = configure(project, "environments-dir = 'venvs'\n")
    lockenv_here("lock", cwd=project)

    result = lockenv_here("sync", cwd=project)

    assert result.code == 0, result.err
    assert len([*(file.parent / "venvs").iterdir()]) == 1
