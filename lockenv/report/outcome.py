"""Report verdicts and changes the same way in every command.

Duty: values of the rooms to lines on the console and an exit code. Never: computing them.
"""

from __future__ import annotations

from lockenv.errors import ExitCode
from lockenv.vocabulary.late import late
from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
from lockenv.vocabulary.printable import counted, duration

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.console import Console
    from lockenv.lockfile import diff as lockfile_diff
    from lockenv.lockfile.select import NotCovered
    from lockenv.lockfile.verdicts import Difference, Stale
    from lockenv.operations import declare, freshness
    from lockenv.operations.delivery import DeliveredLock
    from lockenv.operations.lock import Locked
    from lockenv.operations.usable import NotUsable
    from lockenv.report import build_permission, findings, lock_diff, shortened
    from lockenv.report.new_changes import Reported
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.pin import Effort
else:
    lockfile_diff = late("lockenv.lockfile.diff")
    declare = late("lockenv.operations.declare")
    freshness = late("lockenv.operations.freshness")
    build_permission = late("lockenv.report.build_permission")
    shortened = late("lockenv.report.shortened")
    findings = late("lockenv.report.findings")
    lock_diff = late("lockenv.report.lock_diff")


def report_stale(stale: Stale, name: str, console: Console) -> ExitCode:
    """Report why a lock does not answer what is declared."""
    console.answer_no(f"{name} is out of date", reasons(stale.differences), hint=freshness.LOCK_AGAIN)
    return ExitCode.NO


def report_not_usable(answer: NotUsable, console: Console) -> ExitCode:
    """Report why a lock may not be used."""
    if answer.stale is not None:
        return report_stale(answer.stale, answer.name, console)
    findings.list_findings(answer.findings, answer.name, console)
    return ExitCode.NO


def reasons(differences: Iterable[Difference]) -> list[tuple[str, Origin | None]]:
    """Return each difference as a sentence with its place; what the lock satisfies despite that says so."""
    lines = [
        (f"{each.sentence}{' (still satisfied)' if each.is_satisfied else ''}", each.origin) for each in differences
    ]
    return shortened.cut(lines, "lockenv check --json")


def report_unsolvable(answer: Unsolvable, console: Console) -> ExitCode:
    """Report why there is no solution, and where the requirements were written."""
    where = f" for the environments where {answer.environment}" if answer.environment else ""
    lines: list[tuple[str, Origin | None]] = [(reason, None) for reason in answer.reasons]
    lines += [(f"required at {origin}", None) for origin in answer.origins]
    console.answer_no(f"no versions satisfy the requirements{where}", lines, hint="; ".join(answer.hints))
    return ExitCode.NO


def report_refusal(
    answer: Unsolvable | NeedsPermission, console: Console, *, command: str = "lockenv lock"
) -> ExitCode:
    """Report why there is no new lock; `command` is the one that allows builds and answers again."""
    if isinstance(answer, Unsolvable):
        return report_unsolvable(answer, console)

    return build_permission.refuse(answer, console, command=command)


def report_locked(answer: Locked, console: Console, *, has_heading: bool = False) -> ExitCode:
    """Report what became of a lock, of the lock of what builds need, and of the record of builds.

    The changes have a heading with the name of the lock where it is one of several.
    """
    if answer.delivered is not None:
        report_delivered(answer.delivered, console, heading=f"{answer.delivered.name}:" if has_heading else "")
    for done in filter(None, (answer.build_lock, answer.recorded)):
        console.say(done)
    return ExitCode.YES


def report_changed(
    answer: declare.ChangedDeclaration | Unsolvable | NeedsPermission,
    console: Console,
    *,
    command: str,
    name: str,
    unchanged: str = "already declares that",
) -> ExitCode:
    """Report what became of the declared requirements in the file `name`, and of the lock with them.

    `command` asks for the same, and takes `--allow-build`; `unchanged` is said of a file that stays as it is.
    """
    if not isinstance(answer, declare.ChangedDeclaration):
        code = report_refusal(answer, console, command=command)
        console.say(f"{name} was not changed")
        return code
    build_permission.note_unbuilt(answer.new.unbuilt, console, command)
    console.say(f"{name}:" if answer.lines else f"{name} {unchanged}")
    for sign, line in answer.lines:
        console.change(sign, line)
    report_delivered(answer.delivered, console, heading=f"{answer.delivered.name}:")
    if answer.build_lock:
        console.say(answer.build_lock)
    return ExitCode.YES


def report_delivered(delivered: DeliveredLock, console: Console, *, heading: str = "") -> None:
    """Report each change between two locks, below `heading` if there are any, and what became of the new one."""
    changes = lockfile_diff.diff(delivered.old, delivered.new) if console.says else ()
    if heading and changes:
        console.say(heading)
    for change in changes:
        for sign, sentence in lock_diff.lines(change):
            console.change(sign, sentence)
    count = counted(len(delivered.new.packages), "package")
    match delivered.fate:
        case "same":
            console.say(f"{delivered.name} is up to date ({count})")
        case "would change":
            console.say(f"{delivered.name} would change ({count}); nothing was written")
        case "written":
            console.say(f"Resolved {count} in {duration(delivered.seconds)}; wrote {delivered.name}")
    for name, famous in delivered.lookalikes:
        console.note(f"{name} is one letter from the well-known {famous}; make sure that you mean it")
    if delivered.findings:
        findings.list_warnings(delivered.findings, delivered.name, console)


def reported(answer: declare.ChangedDeclaration | Locked | Unsolvable | NeedsPermission) -> Reported:
    """Return the sign and the text of each change of a lock that is reported of `answer`, without its marker."""
    if isinstance(answer, Unsolvable | NeedsPermission) or answer.delivered is None:
        return frozenset()
    changes = lockfile_diff.diff(answer.delivered.old, answer.delivered.new)
    return frozenset((sign, text.partition(" ; ")[0]) for change in changes for sign, text in lock_diff.lines(change))


def report_effort(effort: Effort, console: Console) -> None:
    """Report how much a resolution looked at."""
    console.say(
        f"{counted(effort.rounds, 'round')}, {counted(effort.conflicts, 'conflict')}, "
        f"{counted(effort.regions, 'region')}, {counted(effort.metadata, 'metadata file')} read"
    )


def report_not_covered(answer: NotCovered, name: str, console: Console) -> ExitCode:
    """Report why the lock `name` cannot be installed into an environment."""
    console.answer_no(
        f"{name} does not cover this environment",
        [(reason, None) for reason in answer.reasons],
        hint="use an interpreter that the lockfile covers, or change the requirements and lock again",
    )
    return ExitCode.NO
