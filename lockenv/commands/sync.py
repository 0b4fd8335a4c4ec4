"""`lockenv sync`: make the environment equal the lock."""

from __future__ import annotations

from lockenv.errors import ExitCode, UsageError
from lockenv.operations.sync import InSync, sync
from lockenv.operations.synced import SyncRequest
from lockenv.vocabulary.dataclasses import dataclass, from_attributes, replace

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv sync` was asked."""

    extra: list[str]
    all_extras: bool
    group: list[str]
    all_groups: bool
    no_default_groups: bool
    package: list[str]
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
    no_project: bool
    no_editable: bool
    allow_empty: bool
    allow_build: list[str]
    venv: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Sync, or report what would change; a stale lock is refused."""
    if options.allow_build:
        return _allowed(options, settings, console)
    return perform(from_attributes(SyncRequest, options), settings, console)


def perform(request: SyncRequest, settings: Settings, console: Console) -> ExitCode:
    """Do what `request` says, and report it; builds that a person allows are locked first."""
    answer = sync(request, settings, console)
    if isinstance(answer, InSync):
        console.say(f"{answer.name} is in sync")
        return ExitCode.YES
    from lockenv.report import sync_outcome
    from lockenv.report.build_permission import granted
    from lockenv.vocabulary.pin import NeedsPermission

    if isinstance(answer, NeedsPermission) and (more := () if request.frozen else granted(answer, console)):
        return _locked(tuple(more), request, settings, console)
    return sync_outcome.tell(answer, request, settings, console)


def _allowed(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Lock with builds allowed that were not, and sync then."""
    if options.frozen or options.check or options.dry_run:
        raise UsageError(
            "--allow-build changes the settings and the lock, which --frozen, --check and --dry-run forbid",
            hint="leave it out, or run `lockenv lock --allow-build NAME` first",
        )
    code = _lock(tuple(options.allow_build), options.requirements, options.lockfile, settings, console)
    return code if code is not ExitCode.YES else run(replace(options, allow_build=[]), settings, console)


def _locked(names: tuple[str, ...], request: SyncRequest, settings: Settings, console: Console) -> ExitCode:
    code = _lock(names, request.requirements, request.lockfile, settings, console)
    return code if code is not ExitCode.YES else perform(request, settings, console)


def _lock(
    names: tuple[str, ...], requirements: Sequence[str], lockfile: str, settings: Settings, console: Console
) -> ExitCode:
    from lockenv.commands import lock

    asked = lock.Options(
        upgrade=False,
        upgrade_package=[],
        check=False,
        dry_run=False,
        output=lockfile,
        python="",
        refresh=False,
        record_builds=False,
        allow_build=[*names],
        requirements=[*requirements],
    )
    return lock.run(asked, settings, console)
