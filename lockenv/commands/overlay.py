"""What `run --with` does: make an environment of the cache ready that adds requirements to the project's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.commands.prepare import prepared
from lockenv.environment.executable import is_python_script
from lockenv.environment.replace_process import become
from lockenv.environment.run import command
from lockenv.errors import ExitCode
from lockenv.operations import load
from lockenv.operations.overlay import open_overlay
from lockenv.operations.readiness import ReadyRequest
from lockenv.vocabulary.dataclasses import replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment


def run_over(
    requirements: Sequence[str],
    files: Sequence[str],
    request: ReadyRequest,
    argv: Sequence[str],
    environ: Mapping[str, str],
    settings: Settings,
    console: Console,
) -> ExitCode:
    """Become the command in an environment that adds `requirements` and those of `files` to what `request` asks for.

    Outside of a project there are only these, for the interpreter that `request` names; nor is there one to leave out.
    """
    below = None
    selects = not replace(request.selection, no_project=False).is_silent
    is_named = settings.is_named or request.requirements or request.lockfile or selects
    if is_named or load.is_there(settings):
        environment = prepared(request, settings, console)
        if isinstance(environment, ExitCode):
            return environment
        below = environment, load.project(settings, request.requirements, request.lockfile)
    overlay = open_overlay(requirements, files, below, settings)
    again = ReadyRequest(
        requirements=(overlay.requirements,),
        python=overlay.python or request.python,
        requires_python=overlay.requires_python,
    )
    # How the environment is made is of no interest: it is for one command.
    found = prepared(again, overlay.settings, console.brief(os.path.basename(overlay.settings.directory)))
    if below is not None and found is ExitCode.NO:
        console.note(
            "--with keeps the locked version of each package that it does not name with another; name it too, or run "
            "`lockenv add` to change the lockfile"
        )
    if isinstance(found, ExitCode):
        return found
    for one in overlay.replaced:
        console.note(one.sentence)
    scripts = below[0].scripts if below is not None else ""
    program, words, started_with = _command(found, scripts, argv, environ)
    return become(program, words, started_with)


def _command(
    environment: Environment, scripts: str, argv: Sequence[str], environ: Mapping[str, str]
) -> tuple[str, list[str], dict[str, str]]:
    """Return the program that `argv[0]` names, its arguments and variables: of `environment` first, then in `scripts`.

    Those are of the environment below; a Python script there is run by the Python of `environment`, which finds the
    packages of both.
    """
    path = os.pathsep.join((*filter(None, (scripts,)), environ.get("PATH", os.defpath)))
    program, variables = command(environment, argv, {**environ, "PATH": path})
    if scripts and os.path.dirname(program) == scripts and is_python_script(program):
        return environment.python, [environment.python, program, *argv[1:]], variables
    return program, list(argv), variables
