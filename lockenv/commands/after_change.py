"""What follows a change of what a project declares: named locks are renewed, and its environment is synced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.commands.each_lock import for_each
from lockenv.commands.locking import perform as lock
from lockenv.commands.syncing import perform as sync
from lockenv.errors import ExitCode, LockenvError
from lockenv.operations import load
from lockenv.operations.lock import LockRequest
from lockenv.operations.lock_choice import outdated
from lockenv.operations.resync import request_after
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.load import Project
    from lockenv.project.edit import EditedList
    from lockenv.report.new_changes import Reported
    from lockenv.vocabulary.names import NormalizedName


_NOT_SYNCED: Final = "the change is declared and locked, but not installed: run `lockenv sync` once that is possible"


class Target(NamedTuple):
    """What is synced after a change."""

    project: Project
    place: EditedList | None
    """The list that was added to, which is installed too."""
    venv: str
    no_sync: bool


def finish(
    target: Target,
    reported: Reported,
    settings: Settings,
    console: Console,
    upgraded: Collection[NormalizedName] = (),
) -> ExitCode:
    """Lock each named lock again that does not answer what is declared now, and sync; return the worst exit code.

    What was `upgraded` is upgraded there too. Changes that were `reported` are not reported again.
    """
    code = for_each(
        outdated(settings), lambda one: lock(_request(one, upgraded), one, console, has_heading=True), console
    )
    if target.no_sync:
        return code
    wanted = request_after(target.project, target.place, target.venv, settings)
    try:
        synced = sync(wanted, settings, console, reported=reported)
    except LockenvError:
        console.note(_NOT_SYNCED)
        raise
    if synced is not ExitCode.YES:
        console.note(_NOT_SYNCED)
    return max(code, synced)


def _request(settings: Settings, upgraded: Collection[NormalizedName]) -> LockRequest:
    """Return the request that upgrades those of `upgraded` that the lock has."""
    old = load.lock(load.project(settings)) if upgraded else None
    there = {package.name for package in old.packages} if old else set()
    return LockRequest(upgrade_package=tuple(sorted(there.intersection(upgraded))))
