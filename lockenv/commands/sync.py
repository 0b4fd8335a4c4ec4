"""`lockenv sync`: make the environment equal the lock."""

from __future__ import annotations

from lockenv.commands.syncing import allowed, perform
from lockenv.errors import UsageError
from lockenv.lockfile.paths import relative
from lockenv.operations import load
from lockenv.operations.found_project import environment_path
from lockenv.operations.synced import SyncRequest
from lockenv.vocabulary.dataclasses import dataclass, from_attributes
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.commands import each_lock
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import ExitCode
    from lockenv.operations import lock_choice
    from lockenv.operations.selection_options import SelectionOptions
else:
    each_lock = late("lockenv.commands.each_lock")
    lock_choice = late("lockenv.operations.lock_choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv sync` was asked."""

    selection: SelectionOptions
    python: str
    find_links: list[str]
    from_dir: str
    frozen: bool
    check: bool
    dry_run: bool
    inexact: bool
    prune_unowned: bool
    reinstall: bool
    names: list[str]
    compile: bool
    no_editable: bool
    allow_empty: bool
    allow_build: list[str]
    accept_fault: list[str]
    venv: str
    lock: list[str]
    all_locks: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Sync what is meant: the environment of the project, unless locks are named."""
    if not (options.lock or options.all_locks):
        return _synced(options, settings, console)
    if options.lock and options.all_locks:
        raise UsageError("--lock and --all-locks cannot be used together", hint="use one of them")
    is_single = bool(options.lockfile or options.requirements)
    locks = lock_choice.meant(options.lock, settings, is_single=is_single)
    if options.venv and len(locks) > 1:
        raise UsageError("--venv names one environment, and several locks are meant", hint="use one --lock NAME")
    headings = [_heading(options, one) if len(locks) > 1 else "" for one in locks]
    return each_lock.for_each(
        list(zip(locks, headings, strict=True)), lambda one: _synced(options, one[0], console, one[1]), console
    )


def _heading(options: Options, settings: Settings) -> str:
    """Return the heading of what changes in the environment of one of several locks."""
    project = load.project(settings, tuple(options.requirements), options.lockfile)
    return f"{relative(environment_path(project, settings, options.venv))}:"


def _synced(options: Options, settings: Settings, console: Console, heading: str = "") -> ExitCode:
    """Sync, or report what would change; a stale lock is refused."""
    request = from_attributes(SyncRequest, options)
    if not (options.allow_build or options.accept_fault):
        return perform(request, settings, console, heading=heading)
    if options.frozen or options.check or options.dry_run:
        name, value = ("--allow-build", "NAME") if options.allow_build else ("--accept-fault", "NAME=RULE")
        raise UsageError(
            f"{name}, which changes the settings and the lockfile, cannot be used with --frozen, --check or --dry-run",
            hint=f"run `lockenv lock {name} {value}` first",
        )
    return allowed(tuple(options.allow_build), request, settings, console)
