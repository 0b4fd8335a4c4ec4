"""`lockenv lock`: resolve the requirements, prove the answer, write the lock."""

from __future__ import annotations

from lockenv.errors import ExitCode, UsageError
from lockenv.operations import known_answers
from lockenv.vocabulary.dataclasses import dataclass, from_attributes, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import counted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.commands import each_lock, locking
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations import early_workers, lock_choice
    from lockenv.operations import lock as operations_lock
    from lockenv.operations.known_answers import LockQuestion

    _Meant = tuple[Settings, tuple[str, ...]]
else:
    each_lock = late("lockenv.commands.each_lock")
    locking = late("lockenv.commands.locking")
    early_workers = late("lockenv.operations.early_workers")
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
    accept_fault: list[str]
    lock: list[str]
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Lock what is meant, or report why not; nothing is written that is not proved."""
    is_plain = not any(getattr(options, name) for name in options.__slots__)
    asked = known_answers.asked("lock", settings) if is_plain else None
    if asked is not None and asked.is_answered:
        console.say(f"{asked.project.lock_name} is up to date ({counted(asked.packages, 'package')})")
        return ExitCode.YES
    if not is_plain or asked is not None:
        return _run(options, settings, console, asked)
    with early_workers.EarlyWorkers(settings) as begun:
        return _run(options, begun, console, None)


def _run(options: Options, settings: Settings, console: Console, asked: LockQuestion | None) -> ExitCode:
    """Do the same where the answer is not known; `asked` is what is asked where it can be remembered."""
    locks = lock_choice.meant(options.lock, settings, is_single=bool(options.output or options.requirements))
    if options.check:
        lockfile = options.output if options.output != "-" else ""
        return each_lock.for_each(
            locks, lambda one: locking.checked(options.requirements, lockfile, options.python, one, console), console
        )
    if options.output == "-" and len(locks) > 1:
        raise UsageError("--output - prints one lockfile", hint="use one --lock NAME")
    upgrades = zip(locks, lock_choice.upgrades(options.upgrade_package, locks), strict=True)
    is_one = len(locks) == 1
    only = asked if locks == (settings,) else None
    return each_lock.for_each([*upgrades], lambda each: _locked(options, each, console, only, is_one=is_one), console)


def _locked(options: Options, one: _Meant, console: Console, asked: LockQuestion | None, *, is_one: bool) -> ExitCode:
    """Lock, or report why not; of several locks, each list of changes has a heading."""
    settings, upgrade_package = one
    request = replace(
        from_attributes(operations_lock.LockRequest, options),
        lockfile="" if options.output == "-" else options.output,
        upgrade_package=upgrade_package,
        is_text_only=options.output == "-",
    )
    code, answer = locking.performed(request, settings, console, has_heading=not is_one)
    if asked is not None and isinstance(answer, operations_lock.Locked) and answer.delivered and answer.is_silent:
        asked.remember(len(answer.delivered.new.packages))
    return code
