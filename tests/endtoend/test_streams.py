"""Whatever the streams are, the program ends with an answer and a sentence, and no trace."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.test_hostile_text import DECLARED, HONEST, LOCK, PROJECT
from tests.support.program import PYTHON, environment
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pathlib import Path

ODD = "maïn-漢"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    found = tmp_path / "project"
    found.mkdir()
    (found / "old.toml").write_text(LOCK % HONEST, encoding="utf-8")
    (found / "pylock.toml").write_text(LOCK % {**HONEST, "maker": ODD, "revision": ODD}, encoding="utf-8")
    (found / "pyproject.toml").write_text(PROJECT % DECLARED, encoding="utf-8")
    return found


def run(project: Path, args: str, redirection: str = "", **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m lockenv {args} {redirection}', PYTHON],
        cwd=project,
        env={**environment(project), **env},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_encoding_shows_any_text(encoding: str, project: Path) -> None:
    drawn, data, fresh = (
        run(project, args, PYTHONIOENCODING=encoding)
        for args in ("diff old.toml pylock.toml", "tree --html -", "check")
    )

    assert (drawn.returncode, data.returncode, fresh.returncode) == (0, 0, 1)
    assert drawn.stdout.decode(encoding).startswith("old.toml -> pylock.toml: ")
    assert ODD in data.stdout.decode("utf-8")
    assert b"Traceback" not in drawn.stderr + data.stderr + fresh.stderr


@pytest.mark.parametrize("args", ["export --frozen", "tree", "--help", "--version", "verify --json"])
def test_closed_output_is_an_error(args: str, project: Path) -> None:
    done = run(project, args, ">&-")

    assert done.returncode == 2
    assert b"error: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"internal error" not in done.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "<&- 2>&-"])
def test_answer_needs_no_one_who_reads_errors(redirection: str, project: Path) -> None:
    there, absent, wrong = (run(project, args, redirection) for args in ("export --frozen", "verify", "nonsense"))

    assert (there.returncode, absent.returncode, wrong.returncode) == (0, 2, 2)
    assert there.stdout.startswith(b"# Created by lockenv")


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_program_is_run_without_output(redirection: str, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", [])
    for args in ("lock", "sync"):
        assert run(project, args).returncode == 0

    assert run(project, "run true", redirection).returncode == 0


@pytest.mark.parametrize("args", ["--version", "tree"])
def test_full_disk_is_named(args: str, project: Path) -> None:
    done = run(project, args, ">/dev/full")

    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        b"error: cannot write to standard output: No space left on device",
    )
