"""`VIRTUAL_ENV`: an environment that is active and not the project's is named, and used with `--active`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.environment.venv import open_environment
from tests.support.program import lockenv

if TYPE_CHECKING:
    from pathlib import Path

_PREFIX = ("python", "-c", "import lib, sys; print(sys.prefix)")


def _other(project: Path) -> Path:
    """Return another environment with the same packages."""
    done = lockenv("sync", "--venv", "../other", cwd=project)
    assert done.code == 0, done.err
    return project.parent / "other"


def test_active_environment_of_another_place_is_named_each_time(synced: Path) -> None:
    other = _other(synced)
    env = {"VIRTUAL_ENV": str(other)}
    said = f"note: VIRTUAL_ENV names {other}, not .venv, and is ignored; use --active to use it\n"

    lockenv("sync", cwd=synced)
    sync, run = (lockenv(*words, cwd=synced, env=env) for words in (("sync",), ("run", *_PREFIX)))
    own = lockenv("run", *_PREFIX, cwd=synced, env={"VIRTUAL_ENV": str(synced / ".venv")})
    named = lockenv("sync", "--venv", "../other", cwd=synced, env=env)
    (synced / ".venv/.lockenv/state").unlink()
    changed = lockenv("run", *_PREFIX, cwd=synced, env=env)

    assert (sync.err, run.err) == (f"{said}.venv is up to date\n", said)
    assert (changed.out, changed.err.count(said)) == (f"{synced}/.venv\n", 1), changed.err
    assert run.out == own.out == f"{synced}/.venv\n"
    assert "VIRTUAL_ENV" not in own.err + named.err


def test_active_environment_is_used_where_that_is_asked(synced: Path) -> None:
    other = _other(synced)
    env = {"VIRTUAL_ENV": str(other)}
    (synced / ".venv/bin/python").unlink()

    ran = lockenv("run", "--active", *_PREFIX, cwd=synced, env=env)
    added = lockenv("add", "ribbon", cwd=synced, env={**env, "LOCKENV_ACTIVE": "1"})
    verified = lockenv("verify", "--active", cwd=synced, env=env)

    environment = open_environment(str(other))
    assert environment is not None
    assert (ran.out, ran.err, added.code, verified.code) == (f"{other}\n", "", 0, 0), added.err + verified.err
    assert list(other.glob("lib/*/site-packages/ribbon-2.0.dist-info"))


def test_environment_that_is_named_counts_more_than_the_active_one(synced: Path) -> None:
    other = _other(synced)

    done = lockenv("run", "--active", "--venv", ".venv", *_PREFIX, cwd=synced, env={"VIRTUAL_ENV": str(other)})

    assert done.out == f"{synced}/.venv\n"


def test_environment_of_one_command_is_neither_named_nor_used(synced: Path) -> None:
    say = "import os; print(os.environ['VIRTUAL_ENV'])"
    of_command = lockenv("run", "--with", "ribbon", "python", "-c", say, cwd=synced).out.strip()

    plain, used = (
        lockenv("sync", *words, cwd=synced, env={"VIRTUAL_ENV": of_command}) for words in ((), ("--active",))
    )

    assert (plain.code, "VIRTUAL_ENV" in plain.err, used.code) == (0, False, 2), plain.err
    assert f"error: --active: {of_command} was made for one command, by `run --with` or for a script\n" in used.err


def test_no_active_environment_is_an_error(synced: Path, tmp_path: Path) -> None:
    none = lockenv("sync", "--active", cwd=synced)
    gone = lockenv("sync", "--active", cwd=synced, env={"VIRTUAL_ENV": str(tmp_path / "gone")})

    assert (none.code, gone.code, (tmp_path / "gone").exists()) == (2, 2, False)
    assert "error: --active: no virtual environment is active\n" in none.err
    assert f"error: --active: VIRTUAL_ENV names {tmp_path / 'gone'}, which is no directory\n" in gone.err
