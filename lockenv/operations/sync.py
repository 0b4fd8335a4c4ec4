"""Make an environment equal its lock.

In: SyncRequest. Out: Synced, WouldChange, or why the lock is not installed. Never: printing, asking.
"""

from __future__ import annotations

import os
from time import monotonic

from lockenv.environment.venv import BROKEN, open_environment
from lockenv.errors import UsageError
from lockenv.lockfile.paths import relative
from lockenv.operations import load
from lockenv.operations.found_project import environment_path
from lockenv.operations.synced import decision, is_as_left, is_of_locked_python, note_active
from lockenv.sync import state
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.hashing import expect_many
from lockenv.vocabulary.late import late
from lockenv.vocabulary.progress import SILENT_LISTENER

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.builds import build_lock
    from lockenv.context.settings import Settings
    from lockenv.environment import creation, ownership
    from lockenv.environment.venv import Environment
    from lockenv.lockfile import hosts, licenses
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.select import NotCovered
    from lockenv.operations import early_unpacking, known_selection, rebuild, sync_session, unlocked, usable
    from lockenv.operations.known_answers import LockQuestion
    from lockenv.operations.load import Project
    from lockenv.operations.synced import Synced, SyncRequest, WouldChange
    from lockenv.operations.usable import NotUsable
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import NeedsPermission
    from lockenv.vocabulary.progress import Listener
else:
    build_lock = late("lockenv.builds.build_lock")
    creation = late("lockenv.environment.creation")
    ownership = late("lockenv.environment.ownership")
    hosts = late("lockenv.lockfile.hosts")
    licenses = late("lockenv.lockfile.licenses")
    early_unpacking = late("lockenv.operations.early_unpacking")
    known_selection = late("lockenv.operations.known_selection")
    rebuild = late("lockenv.operations.rebuild")
    sync_session = late("lockenv.operations.sync_session")
    unlocked = late("lockenv.operations.unlocked")
    usable = late("lockenv.operations.usable")


@dataclass(frozen=True, slots=True, kw_only=True)
class InSync:
    """The answer "yes": nothing changed since the last sync, and nothing had to be read to know it."""

    name: str
    """The environment as messages name it."""


def sync(
    request: SyncRequest, settings: Settings, listener: Listener = SILENT_LISTENER
) -> InSync | Synced | WouldChange | NotUsable | NotCovered | NeedsPermission:
    """Make the environment that `request` means equal the lock, or return why not; a stale lock is not installed.

    With `check` and `dry_run` nothing is changed. Raises UsageError, InputError, RefusedError and MachineError
    where there is no answer; the environment is as it was then.
    """
    if request.names and not request.reinstall:
        is_list = os.path.isfile(request.names[0])
        raise UsageError(
            f"package names can only be used with --reinstall: {' '.join(request.names)}",
            hint=f"run `lockenv add -r {request.names[0]}` to add what the file lists"
            if is_list
            else "run `lockenv sync --reinstall NAME`, or `lockenv add NAME` to add a package",
        )
    started = monotonic()
    project = load.project(settings, request.requirements, request.lockfile)
    root = environment_path(project, settings, request.venv)
    if "VIRTUAL_ENV" in settings.environ and not request.venv:
        note_active(root, settings, listener)
    asked = known_selection.asked(request, project, settings) if not os.path.lexists(root) else None
    if asked is not None:
        known = known_selection.install(asked, root, request, settings, listener, started)
        if known is not None:
            return known
    decided = decision(request, project, settings.environ)
    environment = _opened(root, listener)
    # Files that belong to nothing come unnoticed: only the full way finds them.
    is_short = decided and decided.declared and not (request.prune_unowned or request.reinstall)
    if (
        environment
        and is_short
        and state.last(environment) == decided
        and ownership.remembered(root, settings.environ)
        and is_as_left(environment)
        and is_of_locked_python(environment, project, settings)
    ):
        if settings.log is not None:
            settings.log.step(f"{relative(root)}: nothing changed since the last sync")
        return InSync(name=relative(root))
    expect_many()
    with early_unpacking.EarlyUnpacking(request, project, root, settings) as early:
        return _whole(request, project, root, decided, asked, early, listener, started)


def _whole(
    request: SyncRequest,
    project: Project,
    root: str,
    decided: state.SyncDecision | None,
    asked: LockQuestion | None,
    early: early_unpacking.EarlyUnpacking,
    listener: Listener,
    started: float,
) -> Synced | WouldChange | NotUsable | NotCovered | NeedsPermission:
    """Read the lock and what is declared, and sync, or return what would change; remember the answer to `asked`."""
    settings = early.settings
    if asked is not None:
        listener = known_selection.NoteListener(listener)
    lock = load.needed_lock(project)
    for note in lock.notes:
        listener.note(note)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    if manifest is not None and manifest.allowed_hosts:
        _refuse_hosts(lock, manifest, project)
    refused = usable.reason_not_to_use(lock, manifest, project.lock_name, settings, listener, is_frozen=request.frozen)
    if refused is not None:
        return refused
    if manifest is not None and manifest.licenses is not None and manifest.licenses.on_sync == "refuse":
        unaccepted = licenses.findings(lock, manifest.licenses, manifest, settings.now[:10])
        if errors := tuple(each for each in unaccepted if each.level == "error"):
            return usable.NotUsable(name=project.lock_name, findings=errors)
    if manifest is not None and manifest.members:
        unlocked.note_unlocked(request.selection, manifest, listener)
    said = manifest if manifest is not None else load.settings_alone(project, settings)
    session = sync_session.Session(
        request=request,
        settings=settings,
        listener=listener,
        project=project,
        lock=lock,
        overwrites=said.allow_overwrite,
        accepted=said.accept_faults,
        stated=said.stated,
        policy=said.policy,
        shows_base=said.shows_base,
        provided=said.provided,
        startup_allowed=said.startup_allowed,
        started=started,
        asked=asked,
    )
    early.wait()
    try:
        return session.synchronise(root, manifest, decided)
    except creation.FoundEnvironmentError:
        return session.synchronise(root, manifest, decided)  # another process has created it meanwhile


def _refuse_hosts(lock: Lock, manifest: Manifest, project: Project) -> None:
    """Raise RefusedError for a host that the project does not allow, in `lock` or in that of what builds need."""
    for each in filter(None, (lock, build_lock.read(project.lock) if manifest.has_builds else None)):
        hosts.refuse(each, manifest.allowed_hosts)


def _opened(root: str, listener: Listener) -> Environment | None:
    """Return the environment at `root`; None also for one that has to be rebuilt."""
    if state.is_rebuild_unfinished(root):
        rebuild.recover(root, listener)
    try:
        return open_environment(root)
    except BROKEN:
        return None
