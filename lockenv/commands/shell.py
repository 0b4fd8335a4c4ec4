"""`lockenv shell`: a shell in the environment, after a quick look whether it still equals the lock."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lockenv.commands.run import become, is_as_synced
from lockenv.environment.run import command
from lockenv.errors import ExitCode
from lockenv.operations import load
from lockenv.operations.synced import existing_environment
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment

_BASH = 'exec bash --rcfile <(echo "[ ! -r ~/.bashrc ] || . ~/.bashrc"; echo ". \\"$0\\"") -i'
"""A bash that activates the environment after the user's own file, which may set PATH anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv shell` was asked."""

    no_check: bool
    venv: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Become the user's shell, in which the environment is active."""
    project = load.project(settings, options.requirements, options.lockfile)
    environment = existing_environment(project, settings, options.venv)
    if not options.no_check and not is_as_synced(environment, project, console):
        return ExitCode.NO
    argv = _shell(environment, settings.environ)
    program, variables = command(environment, argv, settings.environ)
    if sys.stdin.isatty():
        console.say(f"activated {environment.prompt}; run `exit` to leave it")
    return become(program, argv, variables)


def _shell(environment: Environment, environ: Mapping[str, str]) -> list[str]:
    """Give the command line of the user's shell."""
    if os.name == "nt":
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
