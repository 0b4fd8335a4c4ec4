"""Report what a sync answered that made no environment equal its lock, and the command that helps where it is a no."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.lockfile.select import NotCovered
from lockenv.operations import load
from lockenv.operations.synced import SyncRequest, WouldChange
from lockenv.operations.usable import NotUsable
from lockenv.report import build_permission, outcome
from lockenv.vocabulary.pin import NeedsPermission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.load import Project
    from lockenv.vocabulary.names import NormalizedName


def show(
    answer: WouldChange | NotUsable | NotCovered | NeedsPermission,
    request: SyncRequest,
    settings: Settings,
    console: Console,
) -> ExitCode:
    """Report `answer` to `request`; return the exit code."""
    match answer:
        case WouldChange(verdict=verdict, hint=hint) if request.check:
            is_plain = request == SyncRequest(check=True) and not (settings.named_lock or settings.script)
            again = "`lockenv sync`" if is_plain else "the same without --check"
            console.answer_no(verdict, hint=hint or f"run {again}")
            return ExitCode.NO
        case WouldChange(verdict=verdict):
            console.say(f"{verdict}; nothing was changed")
            return ExitCode.YES
        case NotUsable():
            return outcome.report_not_usable(answer, console)
        case NotCovered():
            project = load.project(settings, request.requirements, request.lockfile)
            return outcome.report_not_covered(answer, project.lock_name, console)
        case _:
            if _is_lock_alone(request, settings):
                return build_permission.refuse(answer, console, command="", place=f"in {load.SETTINGS}")
            project = load.project(settings, request.requirements, request.lockfile)
            return build_permission.refuse(answer, console, command=_command(request, project, settings))


def builds_allowed(
    answer: WouldChange | NotUsable | NotCovered | NeedsPermission,
    request: SyncRequest,
    settings: Settings,
    console: Console,
) -> tuple[NormalizedName, ...]:
    """Return the packages whose builds someone at the terminal allows, where `answer` asks for any; else nothing.

    Also where what is allowed could not be locked again.
    """
    if not isinstance(answer, NeedsPermission) or request.frozen or _is_lock_alone(request, settings):
        return ()
    return build_permission.granted(answer, console)


def _is_lock_alone(request: SyncRequest, settings: Settings) -> bool:
    """Return whether another tool made the lock, and nothing here says what it was made from."""
    project = load.project(settings, request.requirements, request.lockfile)
    lock = None if project.is_declared else load.lock(project)
    return lock is not None and lock.is_foreign


def _command(request: SyncRequest, project: Project, settings: Settings) -> str:
    """Return the command line to which the builds to allow are added.

    Where nothing says what was locked, it names the requirements file that is there.
    """
    from shlex import join

    # A sync that leaves the lock as it is cannot allow anything.
    words = ["lockenv", "lock" if request.frozen else "sync"]
    words += ["--script", settings.script] if settings.script else []
    words += ["--lock", settings.named_lock] if settings.named_lock else []
    is_there = os.path.isfile(os.path.join(project.directory, "requirements.txt"))
    files = request.requirements or ([] if project.is_declared else ["requirements.txt" if is_there else "FILE"])
    chosen: list[tuple[str, Sequence[str]]] = [("-r", files)]
    if request.frozen:
        chosen += [("-o", [request.lockfile] if request.lockfile else [])]
    else:
        selection = request.selection
        names = ("extra", "group", "package", "no_group", "only_group", "no_install_package")
        chosen += [(_flag(name), getattr(selection, name)) for name in names]
        chosen += [
            (flag, [value])
            for flag, value in (("-l", request.lockfile), ("--python", request.python), ("--venv", request.venv))
            if value
        ]
        flags = (
            "all_extras",
            "all_groups",
            "no_default_groups",
            "no_dev",
            "all_packages",
            "no_project",
            "no_install_workspace",
            "no_install_local",
        )
        words += [_flag(name) for name in flags if getattr(selection, name)]
        words += [_flag(name) for name in ("no_editable", "inexact") if getattr(request, name)]
    return join([*words, *(word for flag, values in chosen for value in values for word in (flag, value))])


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
