"""Run the real program, in a process of its own or (where hundreds of runs must be quick) in this one.

Each project directory has a home and a cache of its own beside it, so that nothing of this machine gets in.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PYTHON = sys.executable


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
    done = subprocess.run(
        [PYTHON, "-m", "lockenv", *args],
        cwd=cwd,
        env={**environment(cwd), **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def lockenv_here(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> Result:
    """Run `lockenv ARGS` as `lockenv` does, but in this process: one at a time, for suites of many tiny runs."""
    from lockenv.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(args), {**environment(cwd), **(env or {})})
    return Result(int(code), out.getvalue(), err.getvalue())


def environment(cwd: Path) -> dict[str, str]:
    """Give the whole environment of a run in `cwd`: its own home and cache, no color, UTF-8, the PATH of this one."""
    home, cache = cwd.with_name(f"{cwd.name}.home"), cwd.with_name(f"{cwd.name}.cache")
    home.mkdir(exist_ok=True)
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LOCKENV_CACHE_DIR": str(cache),
        "NO_COLOR": "1",
        "PATH": os.environ.get("PATH", os.defpath),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
    }
