"""An environment that cannot be repaired is rebuilt by `sync`: it is a product of the lock."""

from __future__ import annotations

import shutil
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.scan import encoded
from tests.support.program import lockenv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _site(project: Path) -> Path:
    return next((project / ".venv").glob("lib/python*/site-packages"))


def _lose_interpreter(venv: Path) -> None:
    for name in ("python", "python3"):
        (venv / "bin" / name).unlink()
    (venv / "bin/python").symlink_to("/nonexistent/python")


def _upgrade(venv: Path) -> None:
    config = venv / "pyvenv.cfg"
    config.write_text(
        "".join(
            f"{line}\n" if not line.startswith("version") else "version = 3.6.1\n"
            for line in config.read_text().splitlines()
        )
    )


def _replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _plant(path: Path) -> None:
    path.unlink()
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


BREAKS: dict[str, Callable[[Path], object]] = {
    "no home": lambda venv: (venv / "pyvenv.cfg").write_text("version = 3.11\n"),
    "no text": lambda venv: (venv / "pyvenv.cfg").write_bytes(b"\xff\xfe"),
    "emptied": lambda venv: (venv / "pyvenv.cfg").write_bytes(b""),
    "no pyvenv.cfg": lambda venv: (venv / "pyvenv.cfg").unlink(),
    "interpreter gone": _lose_interpreter,
    "interpreter upgraded": _upgrade,
    "journal": lambda venv: (venv / ".lockenv/journal").write_text("{"),
    "library": lambda venv: shutil.rmtree(venv / "lib"),
    "directory": lambda venv: _replace_by_directory(venv / "pyvenv.cfg"),
    "program": lambda venv: _plant(venv / "bin/python3"),
}


def test_what_nothing_shows_to_be_an_environment_is_not_rebuilt_and_the_hint_helps(synced: Path) -> None:
    for name in (".lockenv", "lib"):
        shutil.rmtree(synced / ".venv" / name)

    refused = lockenv("sync", cwd=synced)
    shutil.rmtree(synced / ".venv")

    assert (refused.code, refused.err.splitlines()[1:]) == (
        2,
        ["  hint: remove .venv, or use --venv to choose another directory"],
    )
    assert lockenv("sync", cwd=synced).code == 0


@pytest.mark.parametrize("kind", BREAKS)
def test_environment_that_cannot_be_repaired_is_rebuilt(synced: Path, kind: str) -> None:
    venv = synced / ".venv"
    BREAKS[kind](venv)
    (venv / "mine.txt").write_text("mine")

    checked = lockenv("sync", "--check", cwd=synced)
    done = lockenv("sync", cwd=synced)
    again = lockenv("sync", cwd=synced)

    assert (checked.code, done.code, again.err) == (1, 0, ".venv is up to date\n"), done.err
    assert ".venv is rebuilt: " in done.err
    assert "- mine.txt" in done.err
    assert lockenv("run", "app", cwd=synced).out == "app on lib 1.1\n"
    assert lockenv("verify", cwd=synced).code == 0


def test_environment_that_no_note_is_of_is_installed_again(synced: Path) -> None:
    """A clone can bring one with its records and its RECORDs, all of which agree with each other."""
    venv, site = synced / ".venv", _site(synced)
    module, record = site / "lib/__init__.py", site / "lib-1.1.dist-info/RECORD"
    honest = module.read_text()
    row, forged = (f"{encoded(sha256(text.encode()).digest())},{len(text)}" for text in (honest, "import os\n"))
    module.write_text("import os\n")
    record.write_text(record.read_text().replace(row, forged))
    (venv / "bin/activate").write_text("echo planted\n")
    shutil.rmtree(synced.with_name(f"{synced.name}.home") / ".local/share/lockenv")

    checked = lockenv("sync", "--check", cwd=synced)
    done = lockenv("sync", cwd=synced)
    again = lockenv("sync", cwd=synced)

    assert (checked.code, done.code, again.err) == (1, 0, ".venv is up to date\n"), done.err
    assert "~ lib 1.1 (reinstalled: its origin is not recorded on this machine)" in done.err
    assert module.read_text() == honest
    assert lockenv("verify", cwd=synced).code == 0


def test_environment_that_no_note_is_of_is_not_in_sync_though_nothing_changed(synced: Path) -> None:
    shutil.rmtree(synced.with_name(f"{synced.name}.home") / ".local/share/lockenv")

    done = lockenv("sync", cwd=synced)

    assert "~ lib 1.1 (reinstalled: its origin is not recorded on this machine)" in done.err


def test_second_sync_has_nothing_to_do_where_the_project_is_the_home_directory(synced: Path) -> None:
    env = {"HOME": str(synced)}
    lockenv("sync", cwd=synced, env=env)

    again, run = lockenv("sync", cwd=synced, env=env), lockenv("run", "python", "-c", "import lib", cwd=synced, env=env)

    assert (again.err, run.code, run.err) == (".venv is up to date\n", 0, "")
    assert lockenv("verify", cwd=synced, env=env).code == 0


def test_records_that_are_directories_are_replaced(synced: Path) -> None:
    for name in ("state", "boot", "token"):
        (synced / ".venv/.lockenv" / name).unlink()
        (synced / ".venv/.lockenv" / name / "inner").mkdir(parents=True)

    done = lockenv("sync", cwd=synced)

    assert (done.code, lockenv("sync", cwd=synced).err) == (0, ".venv is up to date\n"), done.err


def test_what_is_of_others_stays_with_inexact(synced: Path) -> None:
    venv = synced / ".venv"
    (venv / "pyvenv.cfg").write_text("")
    (venv / "notes").mkdir()
    for path in (venv / "notes/mine.txt", _site(synced) / "mine.py", venv / "bin/mine"):
        path.write_text("mine")

    done = lockenv("sync", "--inexact", cwd=synced)

    assert done.code == 0, done.err
    assert [path.read_text() for path in (venv / "notes/mine.txt", _site(synced) / "mine.py", venv / "bin/mine")] == [
        "mine"
    ] * 3
    assert lockenv("run", "app", cwd=synced).out == "app on lib 1.1\n"
    assert not {"aside", "removed"} & {path.name for path in (venv / ".lockenv").iterdir()}


def test_renamed_project_has_its_environment_rebuilt(synced: Path) -> None:
    moved = synced.with_name("moved")
    synced.rename(moved)

    checked = lockenv("sync", "--check", cwd=moved)
    done = lockenv("sync", cwd=moved)

    assert (checked.code, done.code) == (1, 0), checked.err + done.err
    assert str(moved) in (moved / ".venv/bin/activate").read_text()
    assert (lockenv("run", "app", cwd=moved).out, lockenv("sync", cwd=moved).err) == (
        "app on lib 1.1\n",
        ".venv is up to date\n",
    )


def test_environment_is_as_it_was_when_the_new_one_cannot_be_made(synced: Path) -> None:
    venv = synced / ".venv"
    (venv / "pyvenv.cfg").write_text("")
    (venv / "mine.txt").write_text("mine")
    before = {str(path): path.is_file() and path.read_bytes() for path in venv.rglob("*")}

    failed = lockenv("sync", cwd=synced, env={"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": "sync.create:1:ENOSPC"})

    assert failed.code == 2, failed.err
    assert {str(path): path.is_file() and path.read_bytes() for path in venv.rglob("*")} == before


@pytest.mark.parametrize("number", [1, 3, 6, 9, 14])
def test_killed_rebuild_loses_nothing_and_is_done_by_the_next_sync(synced: Path, number: int) -> None:
    venv = synced / ".venv"
    (venv / "pyvenv.cfg").write_text("")
    (venv / "mine.txt").write_text("mine")

    lockenv(
        "sync", "--inexact", cwd=synced, env={"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": f"sync.rename:{number}:kill"}
    )
    done = lockenv("sync", "--inexact", cwd=synced)

    assert (done.code, (venv / "mine.txt").read_text()) == (0, "mine"), done.err
    assert lockenv("verify", "--allow-extra", "mine.txt", cwd=synced).code == 0


@pytest.mark.parametrize("name", ["pyvenv.cfg", "notes.txt"])
def test_directory_that_is_no_environment_is_refused(locked: Path, name: str) -> None:
    (locked / ".venv").mkdir()
    (locked / ".venv" / name).write_text("mine")

    result = lockenv("sync", cwd=locked)

    assert (result.code, (locked / ".venv" / name).read_text()) == (2, "mine"), result.err
