"""Report whether the lock that is there may stay as it is, and the command line that locks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.operations.freshness import LOCK_AGAIN
from lockenv.operations.lock_check import BuildsNotLocked, FreshLock, NoLock
from lockenv.report import outcome
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.operations.lock import LockRequest
    from lockenv.operations.usable import NotUsable


def show(answer: FreshLock | NoLock | NotUsable | BuildsNotLocked, console: Console) -> ExitCode:
    """Report that the lock may stay as it is, or why not."""
    match answer:
        case FreshLock(name=name, packages=packages):
            console.say(f"{name} is up to date ({counted(packages, 'package')})")
            return ExitCode.YES
        case NoLock(name=name):
            console.answer_no(f"{name} does not exist", hint=LOCK_AGAIN)
        case BuildsNotLocked(name=name, faults=faults):
            heading = f"the build requirements of {name} are not locked"
            console.answer_no(heading, [(fault, None) for fault in faults], hint=LOCK_AGAIN)
        case _:
            return outcome.report_not_usable(answer, console)
    return ExitCode.NO


def command(request: LockRequest, settings: Settings) -> str:
    """Return the command line that asks for the same as `request`; empty where no command names what is locked."""
    from shlex import join

    if settings.lock and not settings.script:
        return ""
    words = ["lockenv", "lock", *(["-U"] if request.upgrade else [])]
    words += ["--script", settings.script] if settings.script else []
    words += ["--lock", settings.named_lock] if settings.named_lock else []
    output = "-" if request.is_text_only else request.lockfile
    for flag, values in (
        ("-P", request.upgrade_package),
        ("--python", [request.python] if request.python else []),
        ("-o", [output] if output else []),
        ("-r", request.requirements),
        ("--allow-build", request.allow_build),
    ):
        words += [word for value in values for word in (flag, value)]
    return join(words)
