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

_BASH = (
    'rc=$(mktemp) && printf "%s\\n" "rm -f -- \\"$rc\\"" "[ ! -r ~/.bashrc ] || . ~/.bashrc" ". \\"$0\\"" >"$rc"'
    ' && exec bash --rcfile "$rc" -i'
)
"""A bash that activates the environment after the user's own file, which may set PATH again.

That of macOS, 3.2, reads no pipe there; the file removes itself.
"""


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
        return [shell_of_windows(environ)]
    shell = environ.get("SHELL", "/bin/sh")
    if not sys.stdin.isatty():
        return [shell]
    name = os.path.basename(shell)
    if name == "bash":
        return [shell, "-c", _BASH, os.path.join(environment.scripts, "activate")]
    if name == "fish":
        return [shell, "-C", 'source "$VIRTUAL_ENV/bin/activate.fish"']
    return [shell, "-i"]


def shell_of_windows(environ: Mapping[str, str]) -> str:
    """Return the shell that started this process, as far as the variables say so; else what `COMSPEC` names."""
    if environ.get("MSYSTEM") and environ.get("SHELL"):
        return environ["SHELL"].replace("\\", "/").rpartition("/")[2].removesuffix(".exe")  # Git for Windows, MSYS2
    # PowerShell puts the directory of the user's modules before the two that are the same for every process.
    modules = [one for one in environ.get("PSModulePath", environ.get("PSMODULEPATH", "")).split(";") if one]
    if len(modules) > 2:
        return "powershell" if "\\windowspowershell\\" in modules[0].lower() else "pwsh"
    return environ.get("COMSPEC", "cmd.exe")
