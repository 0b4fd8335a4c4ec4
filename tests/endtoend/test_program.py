"""How the program ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project

if TYPE_CHECKING:
    from tests.support.server import LoopbackIndex

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_output_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [PYTHON, "-m", "lockenv", "cache", "dir"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    message = "error: cannot write to standard output: No space left on device\n"
    hint = "  hint: free space on this filesystem and run the command again\n"
    assert (done.returncode, done.stderr) == (2, message + hint)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_reader_that_is_gone_ends_the_program_in_silence(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"({PYTHON} -m lockenv cache dir; echo $? >code) | true"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert (tmp_path / "code").read_text() in ("0\n", "141\n")  # written before the reader went, or after


def test_modules_on_pythonpath_take_the_place_of_none_that_lockenv_needs(tmp_path: Path, index: LoopbackIndex) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("collections", "enum", "functools", "json", "packaging", "rich", "socket", "tomllib", "typing"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit(f'{__name__} is that of PYTHONPATH')\n")
    (elsewhere / "mine.py").write_text("print('mine')\n")
    start = tmp_path / "lockenv"
    start.write_text("from lockenv.cli import program\n\nprogram()\n")
    project = write_project(tmp_path / "project", [], index=index.url)
    variables = {**environment(project), "PYTHONPATH": f"{elsewhere}{os.pathsep}"}  # the empty one is the directory

    asked = [
        subprocess.run([PYTHON, start, *words], cwd=project, env=variables, capture_output=True, text=True, check=False)
        for words in (["lock", "-q"], ["sync", "-q"], ["check", "-q"], ["run", "python", "-c", "import mine"])
    ]

    assert [(one.returncode, one.stdout, one.stderr) for one in asked] == [(0, "", "")] * 3 + [(0, "mine\n", "")]


def test_words_that_people_type_are_answered(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()

    asked = [lockenv(*words, cwd=tmp_path) for words in (["version"], ["-V"], ["help"], ["help", "sync"])]
    changed = lockenv("-C", "there", "init", "--name", "x", cwd=tmp_path)
    lost = lockenv("-C", "nowhere", "check", cwd=tmp_path)

    assert [each.code for each in asked] == [0, 0, 0, 0]
    assert asked[0].out == asked[1].out == lockenv("--version", cwd=tmp_path).out
    assert asked[2].out == lockenv("--help", cwd=tmp_path).out
    assert asked[3].out == lockenv("sync", "--help", cwd=tmp_path).out
    assert (changed.code, lost.code) == (0, 2), changed.err
    assert (tmp_path / "there" / "pyproject.toml").is_file()
    assert "`nowhere`" in lost.err


def test_variables_of_other_tools_are_named_with_what_serves_here(tmp_path: Path, index: LoopbackIndex) -> None:
    project = write_project(tmp_path / "project", [], index=index.url)
    other = tmp_path / "other"

    locked = lockenv("lock", cwd=project, env={"PIP_INDEX_URL": "https://index.example/simple/"})
    chosen = lockenv(
        "lock", cwd=project, env={"UV_INDEX": "https://index.example/simple/", "LOCKENV_INDEX_URL": index.url}
    )
    checked = lockenv("check", cwd=project, env={"PIP_INDEX_URL": "https://index.example/simple/"})
    synced = lockenv("sync", cwd=project, env={"VIRTUAL_ENV": str(other)})
    inside = lockenv("sync", "--reinstall", cwd=project, env={"VIRTUAL_ENV": str(project / ".venv")})

    assert "note: PIP_INDEX_URL does not change the indexes of lockenv; set LOCKENV_INDEX_URL, or" in locked.err
    assert "UV_INDEX" not in chosen.err
    assert "PIP_INDEX_URL" not in checked.err
    assert f"note: VIRTUAL_ENV names {other}, not .venv, and is ignored; use --active to use it" in synced.err
    assert "VIRTUAL_ENV" not in inside.err


def test_unknown_variables_of_its_prefix_are_named(tmp_path: Path) -> None:
    env = {"LOCKENV_OFLINE": "1", "LOCKENV_INDEX_MINE_USERNAME": "x", "LOCKENV_QUIET": "0"}

    result = lockenv("cache", "dir", cwd=tmp_path, env=env)

    assert result.err == (
        "note: LOCKENV_OFLINE: lockenv reads no environment variable of this name; did you mean `LOCKENV_OFFLINE`?\n"
    )


def test_variable_that_resembles_none_behind_the_prefix_gets_no_suggestion(tmp_path: Path) -> None:
    result = lockenv("cache", "dir", cwd=tmp_path, env={"LOCKENV_FOO": "1"})

    assert result.err == "note: LOCKENV_FOO: lockenv reads no environment variable of this name\n"
