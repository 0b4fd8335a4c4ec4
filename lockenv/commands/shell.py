"""`lockenv shell`: a shell in the environment, which is locked and synced first where something changed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lockenv.commands.prepare import prepared
from lockenv.commands.run import variables
from lockenv.environment.replace_process import become
from lockenv.environment.run import command
from lockenv.errors import ExitCode
from lockenv.operations.readiness import ReadyRequest
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass, from_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment
    from lockenv.operations.selection_options import SelectionOptions

_BASH = 'exec bash --rcfile <(echo "[ ! -r ~/.bashrc ] || . ~/.bashrc"; echo ". \\"$0\\"") -i'
"""A bash that activates the environment after the user's own file, which may set PATH again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv shell` was asked."""

    selection: SelectionOptions
    python: str
    env_file: list[str]
    locked: bool
    frozen: bool
    no_sync: bool
    venv: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Become the user's shell, in which the environment is active."""
    environ = variables(options.env_file, settings)
    environment = prepared(from_attributes(ReadyRequest, options), settings, console)
    if isinstance(environment, ExitCode):
        return environment
    argv = _shell(environment, settings.environ)
    program, started_with = command(environment, argv, environ)
    if sys.stdin.isatty():
        console.say(f"activated {environment.prompt}; run `exit` to leave it")
    return become(program, argv, started_with)


def _shell(environment: Environment, environ: Mapping[str, str]) -> list[str]:
    """Return the command line of the user's shell."""
    if system.is_windows:
        return [environ.get("COMSPEC", "cmd.exe")]
    shell = environ.get("SHELL", "/bin/sh")
    if not sys.stdin.isatty():
        return [shell]
    name = os.path.basename(shell)
    if name == "bash":
        return [shell, "-c", _BASH, os.path.join(environment.scripts, "activate")]
    if name == "fish":
        return [shell, "-C", 'source "$VIRTUAL_ENV/bin/activate.fish"']
    return [shell, "-i"]
