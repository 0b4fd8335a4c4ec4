"""A sync with an empty cache and no environment: what it makes, and what it leaves where something is in the way."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.program import lockenv
from tests.support.server import Answer
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex

MANY = 400
"""Files: enough for two processes to share."""
OWN = ("state", "boot", "lock", "taken", "token", "sealed", "owner")
"""Names of records that differ from one environment to the next."""


def declare(project: Path, index: LoopbackIndex, *names: str) -> None:
    """Declare and lock `names`."""
    listed = ", ".join(f'"{name}"' for name in names)
    text = f'[project]\nname = "tea"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
    (project / "pyproject.toml").write_text(f'{text}[[tool.lockenv.index]]\nurl = "{index.url}"\n', encoding="utf-8")
    locked = lockenv("lock", cwd=project)
    assert locked.code == 0, locked.err


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


def tree(project: Path) -> dict[str, tuple[int, str]]:
    """Return what is in the environment of a project, but for records of the moment."""
    found = snapshot(project / ".venv")
    return {path: what for path, what in found.items() if not path.startswith(".lockenv/") or path[9:] not in OWN}


def serve(index: LoopbackIndex) -> None:
    """Have wheels with commands, scripts, directories that they share, and files for two processes."""
    for name in ("oolong", "sencha"):
        files = {f"leaves/{name}/part{n % 7}/module{n}.py": f"x = {n}\n" for n in range(MANY)}
        scripts = {f"scripts/{name}-brew": "#!python\nprint('hot')\n"}
        commands = {"console_scripts": {name: f"leaves.{name}:main"}}
        index.add(wheel(name, "1.0", files=files, data=scripts, entry_points=commands))
    index.add(wheel("cup", "1.0"))


def test_environment_of_an_empty_cache_is_what_a_change_makes_of_another(project: Path, index: LoopbackIndex) -> None:
    serve(index)
    declare(project, index, "oolong", "sencha", "cup")
    assert not [*project.with_name("project.cache").glob("store-v1/*")]
    first = lockenv("sync", cwd=project)
    assert first.code == 0, first.err
    made = tree(project)
    assert lockenv("verify", cwd=project).code == 0
    assert lockenv("run", "sencha-brew", cwd=project).out == "hot\n"
    shutil.rmtree(project / ".venv")
    declare(project, index, "cup")
    assert lockenv("sync", cwd=project).code == 0
    declare(project, index, "oolong", "sencha", "cup")

    changed = lockenv("sync", cwd=project)

    assert changed.code == 0, changed.err
    assert "created" not in changed.err
    assert tree(project) == made


@pytest.mark.parametrize("second", ["x = 1\n", "x = 2\n"], ids=["the same", "another"])
def test_file_of_two_wheels_is_judged_as_in_any_sync(project: Path, index: LoopbackIndex, second: str) -> None:
    index.add(wheel("oolong", "1.0", files={"leaf.py": "x = 1\n"}))
    index.add(wheel("sencha", "1.0", files={"leaf.py": second}))
    declare(project, index, "oolong", "sencha")

    result = lockenv("sync", "-v", cwd=project)

    assert re.search(r"s  installing with a journal instead: .*leaf\.py", result.err), result.err
    if second == "x = 1\n":
        assert result.code == 0, result.err
        assert lockenv("verify", cwd=project).code == 0
    else:
        assert result.code == 2
        assert "leaf.py" in result.err
        assert not (project / ".venv").exists()
    assert result.err.count("created .venv") == 1


def test_nothing_is_left_where_a_wheel_is_refused(project: Path, index: LoopbackIndex) -> None:
    serve(index)
    declare(project, index, "oolong", "sencha", "cup")
    for _ in range(2):
        index.fail("/files/", Answer(b"another"), times=1)

        result = lockenv("sync", cwd=project)

        assert (result.code, "mismatch" in result.err) == (2, True), result.err
        assert not (project / ".venv").exists()
    assert lockenv("sync", cwd=project).code == 0
