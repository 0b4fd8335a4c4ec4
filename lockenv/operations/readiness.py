"""What has to happen before a command runs in the environment: nothing, a sync, or a lock and a sync.

In: ReadyRequest. Out: the environment where it is ready, else what to lock and what to sync. Never: a change.
"""

from __future__ import annotations

from lockenv.environment.ownership import remembered
from lockenv.environment.venv import BROKEN, open_environment
from lockenv.errors import UsageError
from lockenv.lockfile.freshness import compare
from lockenv.lockfile.verdicts import Loosened, Stale
from lockenv.operations import load
from lockenv.operations.synced import SyncRequest, environment_path, is_as_synced
from lockenv.sync import state
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.load import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRequest:
    """What the environment has to hold, and what may be done for it."""

    extra: tuple[str, ...] = ()
    all_extras: bool = False
    group: tuple[str, ...] = ()
    all_groups: bool = False
    no_default_groups: bool = False
    no_group: tuple[str, ...] = ()
    no_dev: bool = False
    package: tuple[str, ...] = ()
    python: str = ""
    locked: bool = False
    """The lock is not made again: where it is missing or stale, the answer is no."""
    frozen: bool = False
    """The lock is used as it is."""
    no_sync: bool = False
    """The environment is used as it is."""
    venv: str = ""
    lockfile: str = ""
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The answer "no": there is no lock, and none may be made."""

    name: str
    """The lock as messages name it."""


def check_request(request: ReadyRequest) -> None:
    """Raise UsageError for options that contradict each other."""
    if request.locked and request.frozen:
        raise UsageError(
            "--locked and --frozen cannot be used together",
            hint="--locked refuses an outdated lockfile, --frozen uses it",
        )


def is_ci(environ: Mapping[str, str]) -> bool:
    """Return whether the variable `CI` says that no person is here to commit a changed lock."""
    return environ.get("CI", "").strip().lower() not in ("", "0", "false", "no")


def ready(request: ReadyRequest, project: Project, settings: Settings) -> Environment | None:
    """Return the environment where nothing changed since its last sync, and that installed what is requested."""
    is_whole = request.all_extras or request.all_groups or request.package or request.python
    if is_whole or request.no_default_groups or request.no_group or request.no_dev:
        return None  # a sync decides as quickly
    root = environment_path(project, settings, request.venv)
    try:
        environment = open_environment(root)
    except BROKEN:
        return None
    # One that no sync of this user left there may have come with the repository: a sync installs all of it again.
    if environment is None or not remembered(root, settings.environ):
        return None
    if not is_as_synced(environment, project, is_frozen=request.frozen):
        return None
    if request.extra or request.group:
        last = state.chosen(environment)
        if last is None or not (_names(request.extra) <= {*last.extras} and _names(request.group) <= {*last.groups}):
            return None
    return environment


def kept(request: ReadyRequest, project: Project, settings: Settings, lock: Lock | None) -> state.SyncChoice | None:
    """Return what the last sync chose beside what a plain one chooses by `lock`, which it installed; None for nothing.

    Raises RefusedError for an environment that is none of the user's.
    """
    try:
        environment = open_environment(environment_path(project, settings, request.venv))
    except BROKEN:
        return None
    last = state.chosen(environment) if environment is not None else None
    if last is None or lock is None:
        return None
    is_plain = not (last.extras or last.packages) and set(last.groups) == set(lock.default_groups)
    return None if is_plain else last


def sync_request(request: ReadyRequest, before: state.SyncChoice | None, lock: Lock) -> SyncRequest:
    """Return the sync after which the environment holds what is requested, and what was chosen `before` of `lock`."""
    extras, groups = _names(request.extra), _names(request.group)
    if before is not None:
        extras |= set(before.extras).intersection(lock.extras)
        groups |= set(before.groups).intersection(lock.groups)
    return SyncRequest(
        extra=tuple(sorted(extras)),
        all_extras=request.all_extras,
        group=tuple(sorted(groups)),
        all_groups=request.all_groups,
        no_default_groups=request.no_default_groups or before is not None,
        no_group=request.no_group,
        no_dev=request.no_dev,
        package=request.package or (before.packages if before is not None else ()),
        python=request.python,
        frozen=request.frozen,
        allow_empty=not lock.packages,
        venv=request.venv,
        lockfile=request.lockfile,
        requirements=request.requirements,
    )


def has_to_be_locked(lock: Lock | None, project: Project, settings: Settings) -> bool:
    """Return whether there is no `lock`, or what the project declares changed since. Raises InputError."""
    if not project.is_declared:
        return False  # nothing says what to lock
    if lock is None:
        return True

    return isinstance(compare(lock, load.manifest(project, settings, lock)), Stale | Loosened)


def _names(texts: tuple[str, ...]) -> set[str]:
    return {normalize(text) for text in texts}
