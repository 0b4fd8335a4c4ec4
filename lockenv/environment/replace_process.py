"""Become a program: what `run` and `shell` end in.

In: the path of a program, its arguments and variables. Never: a return.
"""

from __future__ import annotations

import errno
import os
import sys

from lockenv.environment.executable import is_shell_script, not_executed
from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn


SHELL = "/bin/sh"
"""What runs a script that names no interpreter, as POSIX has `execvp` do it."""


def become(program: str, argv: Sequence[str], variables: Mapping[str, str]) -> NoReturn:
    """Be `program` from now on; on Windows, run it and end with its exit code.

    Raises MachineError where the system cannot execute it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # it is closed
            stream.flush()
    try:
        if not system.is_windows:
            execute(program, argv, variables)
        raise SystemExit(_waited_for(program, argv, variables))
    except OSError as error:
        raise not_executed(error, program) from error


def _waited_for(program: str, argv: Sequence[str], variables: Mapping[str, str]) -> int:
    """Return the exit code of `program`, which is run: on Windows a process cannot become another.

    Ctrl-C goes to both: the program decides what it means, and its exit code says so.
    """
    import signal
    import subprocess

    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call([program, *argv[1:]], env=variables)  # noqa: S603 -- the user asked for it


def execute(program: str, argv: Sequence[str], variables: Mapping[str, str]) -> NoReturn:
    """Become `program`; a text without a first line that names its interpreter is run by the shell. Raises OSError."""
    try:
        os.execve(program, [*argv], variables)  # noqa: S606 -- the user asked for this very program
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise

        if not is_shell_script(program):
            raise
        os.execve(SHELL, [SHELL, program, *argv[1:]], variables)  # noqa: S606 -- as a shell runs such a file
