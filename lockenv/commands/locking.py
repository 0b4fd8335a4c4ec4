"""Lock and report it, for `lockenv lock` and the commands that lock first."""

from __future__ import annotations

from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.pin import NeedsPermission

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import ExitCode
    from lockenv.operations import lock as operations_lock
    from lockenv.operations import lock_check as operations_lock_check
    from lockenv.operations.lock import Locked, LockRequest
    from lockenv.report import build_permission, lock_check
    from lockenv.report.new_changes import Reported
    from lockenv.vocabulary.pin import Unsolvable
else:
    build_permission = late("lockenv.report.build_permission")
    lock_check = late("lockenv.report.lock_check")
    operations_lock = late("lockenv.operations.lock")
    operations_lock_check = late("lockenv.operations.lock_check")


def perform(request: LockRequest, settings: Settings, console: Console, *, has_heading: bool = False) -> ExitCode:
    """Do what `request` says, and report it; builds that a person allows are locked too."""
    return performed(request, settings, console, has_heading=has_heading)[0]


def perform_before(request: LockRequest, settings: Settings, console: Console) -> tuple[ExitCode, Reported]:
    """Do the same, and return the changes that were reported too, for a sync that follows."""
    code, answer = performed(request, settings, console, has_heading=False)
    return code, outcome.reported(answer)


def performed(
    request: LockRequest, settings: Settings, console: Console, *, has_heading: bool
) -> tuple[ExitCode, Locked | Unsolvable | NeedsPermission]:
    """Do the same, and return the answer too."""
    answer = operations_lock.lock(request, settings, console)
    if isinstance(answer, NeedsPermission) and (more := build_permission.granted(answer, console)):
        request = replace(request, allow_build=(*request.allow_build, *more))
        return performed(request, settings, console, has_heading=has_heading)
    if not isinstance(answer, operations_lock.Locked):
        return outcome.report_refusal(answer, console, command=lock_check.command(request, settings)), answer
    if answer.new.unbuilt:
        build_permission.note_unbuilt(answer.new.unbuilt, console, lock_check.command(request, settings))
    if settings.verbose and answer.new.effort:
        outcome.report_effort(answer.new.effort, console)
    if request.is_text_only:
        console.data(answer.new.text)
    return outcome.report_locked(answer, console, has_heading=has_heading), answer


def allowing(
    names: tuple[str, ...], requirements: tuple[str, ...], lockfile: str, settings: Settings, console: Console
) -> ExitCode:
    """Lock with the builds of `names` allowed, for a sync that follows."""
    request = operations_lock.LockRequest(
        requirements=requirements, lockfile=lockfile, allow_build=names, is_synced_next=True
    )
    return perform(request, settings, console)


def checked(requirements: list[str], lockfile: str, python: str, settings: Settings, console: Console) -> ExitCode:
    """Report whether the lock, and that of what builds need, answer what is declared."""
    answer = operations_lock_check.checked(
        settings, console, requirements=requirements, lockfile=lockfile, python=python
    )
    return lock_check.show(answer, console)
