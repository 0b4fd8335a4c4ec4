"""Run the real program, in a process of its own (forked from one that has loaded it) or, where hundreds of runs must be
quick, in this one.

Each project directory has a home and a cache of its own beside it, so that nothing of this machine gets in.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.support.children import ask, start_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PYTHON = sys.executable
DURATION = r" in (?:\d+ms|\d+\.\ds|\d+m \d\ds)(?=;|$|\n)"
"""How long something took, where a message ends with it or goes on behind a semicolon: a regular expression."""
_READ_AT_START = ("PYTHON", "LC_", "LOCKENV_TEST")
"""Variables that count when Python or a module is loaded: with them the program is started from nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run of the program ended."""

    code: int
    out: str
    err: str


def lockenv(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "", timeout: float = 60
) -> Result:
    """Run `lockenv ARGS` in `cwd`; `env` is added to `environment(cwd)`."""
    variables = {**environment(cwd), **(env or {})}
    if is_forked(variables):
        return _forked(args, cwd, variables, stdin, timeout)
    done = subprocess.run(
        [PYTHON, "-m", "lockenv", *args],
        cwd=cwd,
        env=variables,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def _forked(args: tuple[str, ...], cwd: Path, env: Mapping[str, str], stdin: str, timeout: float) -> Result:
    """Run the program in a process that `fork_server` forks, which has loaded it already."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode("utf-8"))
        given.seek(0)
        wait = fork(args, cwd, env, (given.fileno(), out.fileno(), err.fileno()), timeout)
        code = wait()
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8").replace("\r\n", "\n"))
    if code is None:
        raise subprocess.TimeoutExpired(["lockenv", *args], timeout, *texts)
    return Result(code, *texts)


def fork(
    args: Sequence[str], cwd: Path, env: Mapping[str, str], streams: tuple[int, int, int], timeout: float
) -> Callable[[], int | None]:
    """Let `fork_server` fork a process that runs the program on `streams`; one at a time.

    Returns what waits for its exit code: None when it was killed because it took longer than `timeout` seconds.
    """
    child, ended = ask(_server(), {"args": args, "cwd": str(cwd), "env": dict(env)}, streams)
    watch = threading.Timer(timeout, os.kill, (child, signal.SIGKILL))
    watch.start()

    def wait() -> int | None:
        code = ended()
        is_late = not watch.is_alive()
        watch.cancel()
        return None if is_late else code

    return wait


def is_forked(variables: Mapping[str, str]) -> bool:
    """Return whether a run with these variables may be forked from a process that has loaded the program.

    That process has one run at a time: what other threads run is started from nothing.
    """
    is_alone = threading.current_thread() is threading.main_thread()
    return hasattr(os, "fork") and is_alone and not any(name.startswith(_READ_AT_START) for name in variables)


@cache
def _server() -> socket.socket:
    """Return the connection to the process that forks the program, which ends with this one."""
    return start_server()


def no_pause(seconds: float) -> None:
    """Do not wait before a failed request is sent again."""


def lockenv_here(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None, pause: Callable[[float], None] = no_pause
) -> Result:
    """Run `lockenv ARGS` as `lockenv` does, but in this process: one at a time, for suites of many tiny runs."""
    from lockenv.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(args), {**environment(cwd), **(env or {})}, pause)
    return Result(int(code), out.getvalue(), err.getvalue())


def untimed(message: str) -> str:
    """Return a message without the time at which an index answered."""
    return re.sub(r" \(answered [-0-9]{10}T[:0-9]{8}Z\)", "", message)


def environment(cwd: Path) -> dict[str, str]:
    """Return the whole environment of a run in `cwd`: its own home and cache, no color, UTF-8, the PATH of this one."""
    home, kept = cwd.with_name(f"{cwd.name}.home"), cwd.with_name(f"{cwd.name}.cache")
    if not home.exists():
        home.mkdir()
        _remember_interpreter(kept)
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LOCKENV_CACHE_DIR": str(kept),
        "NO_COLOR": "1",
        "PATH": os.environ.get("PATH", os.defpath),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
    }


def _remember_interpreter(kept: Path) -> None:
    """Let the cache at `kept` know the interpreter of the tests, as after its first use: asking it starts it."""
    shutil.copytree(_known_interpreter().name, kept, dirs_exist_ok=True)


@cache
def _known_interpreter() -> tempfile.TemporaryDirectory[str]:
    """Return a cache that knows the interpreter of the tests and nothing else."""
    from lockenv.environment.interpreter import probe

    directory = tempfile.TemporaryDirectory()
    probe(PYTHON, cache_dir=directory.name, environ=os.environ)
    return directory
