"""`lockenv run`: a command in the environment, after a quick look whether it still equals the lock."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from lockenv.environment.run import command
from lockenv.errors import ExitCode
from lockenv.operations import load
from lockenv.operations.synced import difference, existing_environment
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment

SHELL = "/bin/sh"
"""What runs a script that names no interpreter, as POSIX has `execvp` do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv run` was asked."""

    no_check: bool
    venv: str
    lockfile: str
    requirements: list[str]
    argv: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Become the command; on Windows, run it and return its exit code."""
    project = load.project(settings, options.requirements, options.lockfile)
    environment = existing_environment(project, settings, options.venv)
    if not options.no_check and not is_as_synced(environment, project, console):
        return ExitCode.NO
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    program, variables = command(environment, argv, settings.environ)
    return become(program, argv, variables)


def is_as_synced(environment: Environment, project: load.Project, console: Console) -> bool:
    """Return whether all is as the last sync left it; why it is not is reported."""
    found = difference(environment, project)
    if found:
        console.answer_no(found, hint="run `lockenv sync`, or use --no-check")
    return not found


def become(program: str, argv: Sequence[str], variables: Mapping[str, str]) -> NoReturn:
    """Be `program` from now on; on Windows, run it and end with its exit code.

    Raises MachineError where the system cannot execute it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # it is closed
            stream.flush()
    try:
        if os.name != "nt":
            execute(program, argv, variables)
        import subprocess

        # On Windows a process cannot become another.
        raise SystemExit(subprocess.call([program, *argv[1:]], env=variables))  # noqa: S603 -- the user asked for it
    except OSError as error:
        from lockenv.environment.executable import not_executed

        raise not_executed(error, program) from error


def execute(program: str, argv: Sequence[str], variables: Mapping[str, str]) -> NoReturn:
    """Become `program`; a text without a first line that names its interpreter is run by the shell. Raises OSError."""
    try:
        os.execve(program, [*argv], variables)  # noqa: S606 -- the user asked for this very program
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        from lockenv.environment.executable import is_shell_script

        if not is_shell_script(program):
            raise
        os.execve(SHELL, [SHELL, program, *argv[1:]], variables)  # noqa: S606 -- as a shell runs such a file
