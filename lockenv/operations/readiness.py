"""What has to happen before a command runs in the environment: nothing, a sync, or a lock and a sync.

In: ReadyRequest. Out: the environment where it is ready, else what to lock and what to sync. Never: a change.
"""

from __future__ import annotations

import os

from lockenv.environment.ownership import remembered
from lockenv.environment.python_pin import is_surely_met
from lockenv.environment.venv import BROKEN, open_environment
from lockenv.errors import UsageError
from lockenv.lockfile.paths import relative
from lockenv.operations import load
from lockenv.operations.found_project import environment_path
from lockenv.operations.selection_options import SelectionOptions
from lockenv.operations.synced import SyncRequest, existing_environment, is_as_synced
from lockenv.sync import state
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.context.settings import Settings
    from lockenv.environment.venv import Environment
    from lockenv.lockfile import freshness, verdicts
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import partial_selection, python_choice
    from lockenv.operations.load import Project
    from lockenv.vocabulary.progress import Listener
else:
    freshness = late("lockenv.lockfile.freshness")
    verdicts = late("lockenv.lockfile.verdicts")
    partial_selection = late("lockenv.operations.partial_selection")
    python_choice = late("lockenv.operations.python_choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRequest:
    """What the environment has to hold, and what may be done for it."""

    selection: SelectionOptions = SelectionOptions()
    python: str = ""
    requires_python: str = ""
    """What a lock of requirements files is for; empty for what the files are for by default."""
    locked: bool = False
    """The lock is not made again: where it is missing or stale, the answer is no."""
    frozen: bool = False
    """The lock is used as it is."""
    no_sync: bool = False
    """The environment is used as it is."""
    venv: str = ""
    lockfile: str = ""
    requirements: tuple[str, ...] = ()


def check_request(request: ReadyRequest) -> None:
    """Raise UsageError for options that contradict each other."""
    request.selection.check()
    if request.locked and request.frozen:
        raise UsageError(
            "--locked and --frozen cannot be used together",
            hint="--locked refuses an outdated lockfile, --frozen uses it",
        )


def refuse_plain_file(name: str, request: ReadyRequest, settings: Settings) -> None:
    """Raise UsageError where nothing says what `name` requires, which is meant as a Python file: no project does."""
    if request.requirements or request.lockfile or load.is_there(settings):
        return
    if not os.path.isfile(name):
        raise UsageError(f"`{name}` does not exist", hint="check its path")
    raise UsageError(
        f"{name} has no inline metadata, and there is no project in this directory or above",
        hint=f"run `lockenv add --script {name} NAME` to declare what it requires, or `lockenv run --with NAME {name}`",
    )


def is_ci(environ: Mapping[str, str]) -> bool:
    """Return whether the variable `CI` says that no person is here to commit a changed lock."""
    return environ.get("CI", "").strip().lower() not in ("", "0", "false", "no")


def as_it_is(request: ReadyRequest, project: Project, settings: Settings) -> Environment:
    """Return the environment that is there, whatever it holds.

    Raises InputError for none, UsageError for one of another Python than `--python` requests.
    """
    environment = existing_environment(project, settings, request.venv)
    if request.python and not is_surely_met(request.python, environment):
        choice = python_choice.PythonChoice(
            request=request.python, requires_python="", directory=project.directory, settings=settings
        )
        try:
            choice.interpreter(environment)
        except python_choice.OtherPythonError as error:
            raise UsageError(
                f"{relative(environment.root)} cannot be used as it is: {error.message}",
                hint="leave out --no-sync to rebuild it",
            ) from error
    return environment


def ready(request: ReadyRequest, project: Project, settings: Settings) -> Environment | None:
    """Return the environment where nothing changed since its last sync, and that installed what is requested."""
    added = SelectionOptions(extra=request.selection.extra, group=request.selection.group)
    if request.python or request.selection != added:
        return None  # a sync decides as quickly
    root = environment_path(project, settings, request.venv)
    try:
        environment = open_environment(root)
    except BROKEN:
        return None
    # One that no sync of this user left there may have come with the repository: a sync installs all of it again.
    if environment is None or not remembered(root, settings.environ):
        return None
    if not is_as_synced(environment, project, settings, is_frozen=request.frozen):
        return None
    last = state.chosen(environment)
    is_held = (
        last is not None
        and not last.is_partial
        and _names(added.extra) <= {*last.extras}
        and _names(added.group) <= {*last.groups}
    )
    return environment if is_held else None


def noted(environment: Environment, request: ReadyRequest, listener: Listener) -> Environment:
    """Return `environment`, after a note where the last sync chose members of a workspace, and this run no others."""
    last = state.chosen(environment)
    if last is not None and last.packages and not (request.selection.package or request.no_sync):
        listener.note(
            f"{relative(environment.root)} holds what --package {' --package '.join(last.packages)} chose alone; "
            "--all-packages installs all members"
        )
    return environment


def kept(request: ReadyRequest, project: Project, settings: Settings, lock: Lock | None) -> state.SyncChoice | None:
    """Return what the last sync chose beside what a plain one chooses by `lock`, which it installed; None for nothing.

    What it left out is not kept: what is run may need it. Nor is what it chose of other packages than those requested.
    Raises RefusedError for an environment that is none of the user's.
    """
    try:
        environment = open_environment(environment_path(project, settings, request.venv))
    except BROKEN:
        return None
    last = state.chosen(environment) if environment is not None else None
    if last is None or lock is None:
        return None
    asked = request.selection.package
    if last.only or (asked and _names(asked) != {*last.packages}):
        return None
    if last.packages and project.is_declared:
        last = partial_selection.with_known_groups(last, load.manifest(project, settings, lock))
    is_plain = not (last.extras or last.packages) and set(last.groups) == set(lock.default_groups)
    return None if is_plain else last


def sync_request(request: ReadyRequest, before: state.SyncChoice | None, lock: Lock) -> SyncRequest:
    """Return the sync after which the environment holds what is requested, and what was chosen `before` of `lock`."""
    asked = request.selection
    if asked.only_group:
        before = None
    extras, groups = _names(asked.extra), _names(asked.group)
    if before is not None:
        extras |= set(before.extras).intersection(lock.extras)
        groups |= set(before.groups).intersection(lock.groups)
    return SyncRequest(
        selection=replace(
            asked,
            extra=tuple(sorted(extras)),
            group=tuple(sorted(groups)),
            no_default_groups=asked.no_default_groups or before is not None,
            package=asked.package or (before.packages if before is not None and not asked.all_packages else ()),
        ),
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

    answer = freshness.compare(lock, load.manifest(project, settings, lock))
    return isinstance(answer, verdicts.Stale | verdicts.Loosened)


def _names(texts: tuple[str, ...]) -> set[str]:
    return {normalize(text) for text in texts}
