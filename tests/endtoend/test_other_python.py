"""An environment of another Python than is requested, pinned or required is rebuilt with that one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.interpreters import INTERPRETERS, RUNNING
from tests.support.program import environment, lockenv
from tests.support.projects import write_project

if TYPE_CHECKING:
    from pathlib import Path

OTHER = next(
    (version for version in ("3.12", "3.13", "3.14", "3.11") if version in INTERPRETERS and version != RUNNING), ""
)
"""A second version that the project admits."""
pytestmark = pytest.mark.skipif(not OTHER, reason="there is no second Python of 3.11 or later")


@pytest.fixture
def both(synced: Path, tmp_path: Path) -> dict[str, str]:
    """Provide the PATH on which both versions are found by their names."""
    programs = tmp_path / "pythons"
    programs.mkdir()
    for version in (RUNNING, OTHER):
        (programs / f"python{version}").symlink_to(INTERPRETERS[version])
    return {"PATH": f"{programs}{os.pathsep}{environment(synced)['PATH']}"}


def _python(project: Path, env: dict[str, str]) -> str:
    """Return the version of the environment's Python, with which its packages can be imported."""
    say = "import lib, sys; print(*sys.version_info[:2], sep='.')"
    done = lockenv("run", "--no-sync", "python", "-c", say, cwd=project, env=env)
    assert done.code == 0, done.err
    return done.out.strip()


def _files(directory: Path) -> dict[str, object]:
    return {str(path): path.is_file() and path.read_bytes() for path in directory.rglob("*")}


def test_environment_has_the_python_that_the_option_requests(synced: Path, both: dict[str, str]) -> None:
    before = _files(synced / ".venv")
    checked = lockenv("sync", "--check", "--python", OTHER, cwd=synced, env=both)
    untouched = _files(synced / ".venv") == before
    done = lockenv("sync", "--python", OTHER, cwd=synced, env=both)
    again = lockenv("sync", "--python", OTHER, cwd=synced, env=both)
    plain = lockenv("sync", cwd=synced, env=both)

    assert (checked.code, untouched, done.code, _python(synced, both)) == (1, True, 0, OTHER), done.err
    reason = f"it has Python {_version(RUNNING)}, but --python requests {OTHER}\n"
    assert done.err.startswith(f".venv is rebuilt: {reason}created .venv with "), done.err
    assert f".venv would be rebuilt: {reason}" in checked.err
    assert (again.err, plain.err) == (".venv is up to date\n", ".venv is up to date (3 distributions)\n")
    assert lockenv("verify", cwd=synced, env=both).code == 0


def test_pin_decides_again_where_no_option_does(synced: Path, both: dict[str, str]) -> None:
    (synced / ".python-version").write_text(f"{OTHER}\n")
    say = ("python", "-c", "import sys; print(*sys.version_info[:2], sep='.')")

    pinned, again = (lockenv("run", *say, cwd=synced, env=both) for _ in range(2))
    asked = lockenv("run", "--python", RUNNING, *say, cwd=synced, env=both)
    (synced / ".python-version").write_text(">=3.8\n")
    anything = lockenv("run", *say, cwd=synced, env=both)

    assert (pinned.out, again.out, asked.out, anything.out) == (f"{OTHER}\n",) * 2 + (f"{RUNNING}\n",) * 2, pinned.err
    assert f".venv is rebuilt: it has Python {_version(RUNNING)}, but .python-version requests {OTHER}\n" in pinned.err
    assert (again.err, anything.err) == ("", "")


def test_python_that_the_project_no_longer_admits_is_replaced(synced: Path, both: dict[str, str]) -> None:
    first, last = sorted((RUNNING, OTHER), key=lambda version: int(version.partition(".")[2]))
    lockenv("sync", "--python", first, cwd=synced, env=both)
    pyproject = synced / "pyproject.toml"
    text = pyproject.read_text()
    assert 'requires-python = ">=3.11"' in text
    pyproject.write_text(text.replace(">=3.11", f">={last}"))

    done = lockenv("run", "python", "-c", "", cwd=synced, env=both)

    assert f".venv is rebuilt: it has Python {_version(first)}, but the lockfile requires >={last}\n" in done.err
    assert (done.code, _python(synced, both)) == (0, last)


def test_nothing_is_lost_where_the_other_python_cannot_be_used(synced: Path, both: dict[str, str]) -> None:
    venv = synced / ".venv"
    (venv / "mine.txt").write_text("mine")
    before = _files(venv)
    fault = {**both, "LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": "sync.create:2:ENOSPC"}

    failed = lockenv("sync", "--python", OTHER, cwd=synced, env=fault)
    missing = lockenv("sync", "--python", "3.99", cwd=synced, env=both)
    used = lockenv("run", "--no-sync", "--python", OTHER, "python", "-V", cwd=synced, env=both)

    assert (failed.code, missing.code, used.code, _files(venv) == before) == (2, 2, 2, True), failed.err
    assert "hint: leave out --no-sync to rebuild it" in used.err


def test_killed_change_of_python_is_undone_by_the_next_sync(synced: Path, both: dict[str, str]) -> None:
    fault = {**both, "LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": "sync.rename:9:kill"}

    lockenv("sync", "--python", OTHER, cwd=synced, env=fault)
    done = lockenv("sync", cwd=synced, env=both)

    assert (done.code, _python(synced, both)) == (0, RUNNING), done.err
    assert lockenv("verify", cwd=synced, env=both).code == 0


def test_lock_without_packages_does_not_empty_the_environment(synced: Path, both: dict[str, str]) -> None:
    write_project(synced, [])
    assert lockenv("lock", cwd=synced).code == 0

    refused = lockenv("sync", "--python", OTHER, cwd=synced, env=both)

    assert (refused.code, "--allow-empty" in refused.err) == (2, True), refused.err


def test_environment_behind_a_link_stays_as_it_is(synced: Path, both: dict[str, str]) -> None:
    (synced / ".venv").rename(synced / "elsewhere")
    (synced / ".venv").symlink_to("elsewhere")
    lockenv("sync", "--venv", "elsewhere", cwd=synced, env=both)
    before = _files(synced / "elsewhere")

    refused = lockenv("sync", "--venv", ".venv", "--python", OTHER, cwd=synced, env=both)

    assert (refused.code, _files(synced / "elsewhere") == before) == (2, True), refused.err
    assert ".venv cannot be rebuilt" in refused.err


def _version(minor: str) -> str:
    """Return the whole version of the interpreter."""
    return subprocess.run(
        [INTERPRETERS[minor], "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
