"""`lockenv lock`: resolve the requirements, prove the answer, write the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.commands.each_lock import for_each
from lockenv.commands.locking import perform
from lockenv.errors import UsageError
from lockenv.operations.lock_check import reason_to_lock
from lockenv.report.lock_check import show
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import ExitCode
    from lockenv.operations import lock as operations_lock
    from lockenv.operations import lock_choice
else:
    operations_lock = late("lockenv.operations.lock")
    lock_choice = late("lockenv.operations.lock_choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv lock` was asked."""

    upgrade: bool
    upgrade_package: list[str]
    check: bool
    dry_run: bool
    output: str
    python: str
    refresh: bool
    refresh_package: list[str]
    record_builds: bool
    allow_build: list[str]
    lock: list[str]
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Lock what is meant, or report why not; nothing is written that is not proved."""
    locks = lock_choice.meant(options.lock, settings, is_single=bool(options.output or options.requirements))
    if options.check:
        return for_each(locks, lambda one: _checked(options, one, console), console)
    if options.output == "-" and len(locks) > 1:
        raise UsageError("--output - prints one lockfile", hint="use one --lock NAME")
    upgrades = zip(locks, lock_choice.upgrades(options.upgrade_package, locks), strict=True)
    return for_each([*upgrades], lambda each: _locked(options, *each, console, is_one=len(locks) == 1), console)


def _locked(
    options: Options, settings: Settings, upgrade_package: tuple[str, ...], console: Console, *, is_one: bool
) -> ExitCode:
    """Lock, or report why not; of several locks, each list of changes has a heading."""
    is_text = options.output == "-"
    request = operations_lock.LockRequest(
        requirements=tuple(options.requirements),
        lockfile="" if is_text else options.output,
        python=options.python,
        upgrade=options.upgrade,
        upgrade_package=upgrade_package,
        refresh=options.refresh,
        refresh_package=tuple(options.refresh_package),
        allow_build=tuple(options.allow_build),
        record_builds=options.record_builds,
        dry_run=options.dry_run,
        is_text_only=is_text,
    )
    return perform(request, settings, console, has_heading=not is_one)


def _checked(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Report whether the lock, and that of what builds need, answer what is declared."""
    lockfile = options.output if options.output != "-" else ""
    answer = reason_to_lock(
        settings, console, requirements=options.requirements, lockfile=lockfile, python=options.python
    )
    return show(answer, console)
