"""Tell verdicts and changes the same way in every command.

Duty: values of the rooms to lines on the console and an exit code. Never: computing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.lockfile.freshness import compare
from lockenv.lockfile.verdicts import Fresh, Loosened, Stale, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.console import Console
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.verdicts import Difference, Freshness
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable

MEND = "run `lockenv lock` and commit the change"


def tell_freshness(lock: Lock | None, manifest: Manifest, name: str, console: Console) -> ExitCode:
    """Tell whether `lock` answers `manifest`; a missing lock is stale."""
    if lock is None:
        console.answer_no(f"there is no {name}", hint=MEND)
        return ExitCode.NO
    return tell(compare(lock, manifest), name, console)


def tell(freshness: Freshness, name: str, console: Console) -> ExitCode:
    """Tell a verdict; what is changed but still satisfied, or unknown, is told and passes."""
    match freshness:
        case Fresh():
            return ExitCode.YES
        case Loosened(differences=differences):
            console.say(f"{name} still satisfies the requirements, though they changed:")
            for difference in differences:
                console.say(f"  {difference.sentence}{_place(difference.origin)}")
            return ExitCode.YES
        case Unknown(reason=reason):
            console.note(reason)
            return ExitCode.YES
        case Stale(differences=differences):
            console.answer_no(f"{name} is stale", reasons(differences), hint=MEND)
            return ExitCode.NO


def reasons(differences: Iterable[Difference]) -> list[tuple[str, Origin | None]]:
    """Give each difference as a sentence with its place; what the lock satisfies all the same says so."""
    return [
        (f"{each.sentence}{' (still satisfied)' if each.is_satisfied else ''}", each.origin) for each in differences
    ]


def tell_unsolvable(answer: Unsolvable, console: Console) -> ExitCode:
    """Tell why there is no solution, and where the requirements were written."""
    where = f" for the environments where {answer.environment}" if answer.environment else ""
    lines: list[tuple[str, Origin | None]] = [(reason, None) for reason in answer.reasons]
    lines += [(f"required at {origin}", None) for origin in answer.origins]
    console.answer_no(f"no set of versions satisfies the requirements{where}", lines, hint="; ".join(answer.hints))
    return ExitCode.NO


def tell_refusal(answer: Unsolvable | NeedsPermission, console: Console, *, command: str = "lockenv lock") -> ExitCode:
    """Report why there is no new lock; `command` is the one that allows builds and answers again."""
    from lockenv.vocabulary.pin import Unsolvable

    if isinstance(answer, Unsolvable):
        return tell_unsolvable(answer, console)
    from lockenv.builds import build_policy

    return build_policy.refuse(answer, console, command=command)


def tell_changes(old: Lock | None, new: Lock, console: Console, *, heading: str = "") -> int:
    """Tell each change from `old` to `new`, below `heading` if there are any, and give how many there are."""
    from lockenv.lockfile.diff import diff
    from lockenv.report.lock_diff import lines

    changes = diff(old, new)
    if heading and changes:
        console.say(heading)
    for change in changes:
        for sign, sentence in lines(change):
            console.change(sign, sentence)
    return len(changes)


def _place(origin: Origin | None) -> str:
    return f" [{origin}]" if origin else ""
