"""What `run` and `shell` do first: lock and sync where something changed since the last sync."""

from __future__ import annotations

import os

from lockenv.errors import ExitCode
from lockenv.operations import load, readiness
from lockenv.operations.synced import existing_environment, note_active
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.commands import locking, syncing
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment
    from lockenv.operations import lock as operations_lock
    from lockenv.operations import lock_check
    from lockenv.operations.load import Project
    from lockenv.operations.readiness import ReadyRequest
    from lockenv.report import lock_check as report_lock_check
    from lockenv.report.new_changes import Reported
else:
    locking = late("lockenv.commands.locking")
    syncing = late("lockenv.commands.syncing")
    operations_lock = late("lockenv.operations.lock")
    lock_check = late("lockenv.operations.lock_check")
    report_lock_check = late("lockenv.report.lock_check")


def prepared(request: ReadyRequest, settings: Settings, console: Console) -> Environment | ExitCode:
    """Return the environment, in which all that is requested is installed; or the exit code, once it is reported."""
    readiness.check_request(request)
    project = load.project(settings, request.requirements, request.lockfile)
    found = (
        readiness.as_it_is(request, project, settings)
        if request.no_sync
        else readiness.ready(request, project, settings)
    )
    if found is None:
        return _made_ready(request, project, settings, console)
    if "VIRTUAL_ENV" in settings.environ and not request.venv:
        note_active(found.root, settings, console)  # as a sync does
    return readiness.noted(found, request, console)


def _made_ready(
    request: ReadyRequest, project: Project, settings: Settings, console: Console
) -> Environment | ExitCode:
    """Lock where that is needed, and sync. What is said goes to standard error: the rest is the command's."""
    lock = load.lock(project)
    before = readiness.kept(request, project, settings, lock)
    is_outdated = not request.frozen and readiness.has_to_be_locked(lock, project, settings)
    # What is locked in the cache is committed nowhere: in CI, too, it is made again.
    is_cached = os.path.realpath(project.lock).startswith(os.path.join(os.path.realpath(settings.cache_path), ""))
    is_refused = is_outdated and (request.locked or (readiness.is_ci(settings.environ) and not is_cached))
    reported: Reported = ()
    if is_outdated and not is_refused:
        code, reported = _lock(request, settings, console)
        if code is not ExitCode.YES:
            return code
    if is_refused and lock is None:
        code = report_lock_check.show(lock_check.NoLock(project.lock_name), console)
    else:  # which refuses a stale lock, and accepts one that still satisfies the requirements
        code = syncing.perform(
            readiness.sync_request(request, before, load.needed_lock(project)),
            settings,
            console,
            is_first=True,
            reported=reported,
        )
    if code is ExitCode.YES:
        return readiness.noted(existing_environment(project, settings, request.venv), request, console)
    if is_refused and not request.locked:
        console.note("--locked is the default because CI is set; --frozen uses the lockfile as it is")
    return code


def _lock(request: ReadyRequest, settings: Settings, console: Console) -> tuple[ExitCode, Reported]:
    wanted = operations_lock.LockRequest(
        requirements=request.requirements,
        lockfile=request.lockfile,
        python=request.requires_python,
        is_synced_next=True,
    )
    return locking.perform_before(wanted, settings, console)
