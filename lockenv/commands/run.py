"""`lockenv run`: a command in the environment, which is locked and synced first where something changed."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from lockenv.commands.prepare import prepared
from lockenv.environment.run import command, is_python_file
from lockenv.errors import ExitCode
from lockenv.operations.readiness import ReadyRequest
from lockenv.vocabulary.dataclasses import dataclass, from_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings

SHELL = "/bin/sh"
"""What runs a script that names no interpreter, as POSIX has `execvp` do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv run` was asked."""

    module: bool
    extra: list[str]
    all_extras: bool
    group: list[str]
    all_groups: bool
    no_default_groups: bool
    package: list[str]
    python: str
    env_file: list[str]
    locked: bool
    frozen: bool
    no_sync: bool
    venv: str
    lockfile: str
    requirements: list[str]
    argv: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Become the command; on Windows, run it and return its exit code."""
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    environ = variables(options.env_file, settings)
    environment = prepared(from_attributes(ReadyRequest, options), settings, console)
    if isinstance(environment, ExitCode):
        return environment
    if options.module and argv:
        argv = ["python", "-m", *argv]
    elif argv and is_python_file(argv[0]):
        argv = ["python", *argv]
    program, started_with = command(environment, argv, environ)
    return become(program, argv, started_with)


def variables(files: Sequence[str], settings: Settings) -> Mapping[str, str]:
    """Return the variables of the process, and those of `files` that it does not have. Raises InputError."""
    if not files:
        return settings.environ
    from lockenv.context.project_files import read_text
    from lockenv.project.dotenv import assigned

    values: dict[str, str] = {}
    for file in files:
        values |= assigned(read_text(file), file, {**values, **settings.environ})
    return {**values, **settings.environ}


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
