"""Projects that requirements files declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.program import DURATION, lockenv

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import LoopbackIndex


def bare(tmp_path: Path, index: LoopbackIndex, name: str = "requirements.in") -> Path:
    directory = tmp_path / "bare"
    directory.mkdir()
    (directory / "limits.txt").write_text("lib<1.1\n")
    (directory / name).write_text(f"--index-url {index.url}\n-c limits.txt\napp >= 1  # the application\n")
    return directory


def test_requirements_in_locks_checks_and_syncs(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = bare(tmp_path, index)

    steps = [lockenv(*args, cwd=directory) for args in (["lock"], ["check"], ["sync"], ["run", "app"])]

    assert [step.code for step in steps] == [0, 0, 0, 0], [step.err for step in steps]
    assert steps[-1].out == "app on lib 1.0\n"


def test_second_sync_knows_at_a_glance_that_nothing_changed(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = bare(tmp_path, index)
    first = [lockenv(command, cwd=directory) for command in ("lock", "sync")]

    second = lockenv("sync", cwd=directory)

    assert [one.code for one in (*first, second)] == [0, 0, 0], second.err
    assert (re.sub(DURATION, "", first[1].err.splitlines()[-1]), second.err) == ("Installed 2", ".venv is up to date\n")


def test_change_of_an_included_file_is_noticed_by_sync(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = bare(tmp_path, index)
    for command in ("lock", "sync", "sync"):
        assert lockenv(command, cwd=directory).code == 0
    (directory / "limits.txt").write_text("lib<1\n")

    result = lockenv("sync", cwd=directory)

    assert (result.code, "out of date" in result.err) == (1, True), result.err


def test_python_asked_for_once_stays_that_of_the_lock(tmp_path: Path, index: LoopbackIndex) -> None:
    directory = bare(tmp_path, index, "app.in")

    first = lockenv("lock", "-r", "app.in", "--python", ">=3.9", cwd=directory)
    checked = lockenv("check", "-r", "app.in", cwd=directory)
    again = lockenv("lock", "-r", "app.in", cwd=directory)

    assert (first.code, checked.code, again.code) == (0, 0, 0), checked.err
    assert 'requires-python = ">=3.9"' in (directory / "pylock.toml").read_text()


def test_directory_named_like_a_command_is_a_directory(project: Path) -> None:
    elsewhere = project.parent

    result = lockenv("--project", project.name, "lock", "--dry-run", cwd=elsewhere)

    assert result.code == 0, result.err


def test_first_sync_that_fails_leaves_no_environment(locked: Path, index: LoopbackIndex) -> None:
    index.stop()

    result = lockenv("sync", "--offline", cwd=locked)

    assert (result.code, (locked / ".venv").exists()) == (2, False)
