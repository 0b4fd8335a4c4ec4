"""Sync and report it, for `lockenv sync` and the commands that sync first or then."""

from __future__ import annotations

from lockenv.errors import ExitCode
from lockenv.operations.sync import InSync, sync
from lockenv.operations.synced import Synced
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import counted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.commands import locking
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.synced import SyncRequest
    from lockenv.report import new_changes, sync_outcome
    from lockenv.report.new_changes import Reported
    from lockenv.vocabulary.progress import Listener
else:
    locking = late("lockenv.commands.locking")
    sync_outcome = late("lockenv.report.sync_outcome")
    new_changes = late("lockenv.report.new_changes")


def perform(
    request: SyncRequest,
    settings: Settings,
    console: Console,
    *,
    is_first: bool = False,
    reported: Reported = (),
    heading: str = "",
) -> ExitCode:
    """Do what `request` says, and report it; builds that a person allows are locked first.

    Where a command follows (`is_first`), a sync with nothing to do goes unreported; changes that were `reported`
    before, each a sign and a text, are not reported again. The changes have the `heading`.
    """
    listener: Listener = console
    if heading:
        listener = new_changes.EnvironmentChanges(console, heading)
    elif reported:
        listener = new_changes.NewChangesOnly(console, reported)
    answer = sync(request, settings, listener)
    if isinstance(answer, InSync):
        if not is_first:
            console.say(f"{answer.name} is up to date")
        return ExitCode.YES
    if isinstance(answer, Synced):
        if answer.kept is not None and not is_first:
            console.say(f"{answer.name} is up to date ({counted(answer.kept, 'distribution')})")
        return ExitCode.YES
    if more := sync_outcome.builds_allowed(answer, request, settings, console):
        return allowed(more, request, settings, console)
    return sync_outcome.show(answer, request, settings, console)


def allowed(names: tuple[str, ...], request: SyncRequest, settings: Settings, console: Console) -> ExitCode:
    """Lock with the builds of `names` allowed, and sync then."""
    code = locking.allowing(names, request.requirements, request.lockfile, settings, console)
    return code if code is not ExitCode.YES else perform(request, settings, console)
