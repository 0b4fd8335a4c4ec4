"""What another program writes while a command works is never replaced, nor mistaken for what was there before."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.server import Fault, Request

BACKEND = """\
import pathlib, shutil, subprocess

def build_editable(directory, config_settings=None, metadata_directory=None):
    here = pathlib.Path.cwd()
    if not (here / ".venv/pyvenv.cfg").exists():
        subprocess.run(
            [PROGRAM, "-m", "lockenv", "sync", "--no-project", "--project", str(here)],
            env=ENVIRON,
            check=True,
        )
    name = "example-0.1.0-py3-none-any.whl"
    shutil.copyfile(here / name, pathlib.Path(directory) / name)
    return name
"""


class WatchedIndex(LoopbackIndex):
    """An index that does something when the page of a project is asked for."""

    meanwhile: Callable[[], object] | None = None

    def received(self, request: Request) -> Fault | None:
        if self.meanwhile is not None and "spoon" in request.path:
            self.meanwhile()
        return super().received(request)


@pytest.mark.parametrize("is_member", [False, True])
def test_edit_made_while_a_requirement_is_added_stays(tmp_path: Path, is_member: bool) -> None:
    with WatchedIndex() as index:
        index.add(wheel("spoon"))
        root = write_project(
            tmp_path / "root", index=index.url, tool={"workspace": {"members": ["member"]}} if is_member else None
        )
        project = write_project(root / "member", name="member") if is_member else root
        assert lockenv("lock", cwd=root).code == 0
        before = (root / "pylock.toml").read_bytes()
        path = project / "pyproject.toml"
        edited = path.read_text() + "\n# written in an editor\n"
        index.meanwhile = lambda: path.write_text(edited)

        result = lockenv("add", "spoon", "--no-sync", cwd=project)

    assert (result.code, path.read_text()) == (2, edited)
    assert "error: pyproject.toml was changed by another program meanwhile, and stays as it is" in result.err
    assert (root / "pylock.toml").read_bytes() == before


def test_requirement_is_added_to_what_an_editor_wrote_when_it_runs_again(tmp_path: Path) -> None:
    with WatchedIndex() as index:
        index.add(wheel("spoon"))
        project = write_project(tmp_path / "project", index=index.url)
        path = project / "pyproject.toml"
        edited = path.read_text() + "\n# written in an editor\n"
        index.meanwhile = lambda: path.write_text(edited)
        lockenv("add", "spoon", "--no-sync", cwd=project)
        index.meanwhile = None

        result = lockenv("add", "spoon", "--no-sync", cwd=project)

    assert result.code == 0, result.err
    assert "# written in an editor" in path.read_text()
    assert tomllib.loads(path.read_text())["project"]["dependencies"] == ["spoon>=1.0"]


def test_environment_that_another_sync_created_meanwhile_is_synced(tmp_path: Path, index: LoopbackIndex) -> None:
    index.add(wheel("spoon"))
    project = write_project(tmp_path / "project", ["spoon"], index=index.url, tool={"build-network": True})
    settings = f"PROGRAM, ENVIRON = {PYTHON!r}, {environment(project)!r}\n"
    (project / "backend.py").write_text(settings + BACKEND)
    built = wheel("example", "0.1.0")
    (project / built.filename).write_bytes(built.content)
    with (project / "pyproject.toml").open("a") as file:
        file.write('\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n')
    assert lockenv("lock", cwd=project).code == 0

    result = lockenv("sync", cwd=project)

    assert result.code == 0, result.err
    assert "+ example 0.1.0" in result.err
    assert lockenv("verify", cwd=project).code == 0
