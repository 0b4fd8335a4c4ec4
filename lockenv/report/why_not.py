"""What keeps a version out of a lock, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import ExitCode
from lockenv.operations import locked_graph
from lockenv.operations.why_not import AlreadyLocked, Excluded, NoRelease, NotRequired, Possible
from lockenv.report import explanation, outcome
from lockenv.vocabulary.pin import NeedsPermission, Unsolvable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.operations.why_not import Answer, Pin

from lockenv.lockfile.exclusions import ExcludingRequirement


def show(
    answer: Answer | Unsolvable | NeedsPermission, pin: Pin, found: ExplainedLock, console: Console, *, as_json: bool
) -> ExitCode:
    """Report what keeps `pin` out of the lock; that it is locked, or could be, is a yes."""
    match answer:
        case AlreadyLocked():
            if as_json:
                console.json(_report(pin, "locked", ()))
            console.say(f"{found.lock.file} has {pin.name} {pin.version}")
            return ExitCode.YES
        case Possible():
            return _report_possible(answer, pin, console, as_json=as_json)
        case Unsolvable() | NeedsPermission():
            if as_json:
                word = "unsolvable" if isinstance(answer, Unsolvable) else "needs-build"
                console.json({**_report(pin, word, ()), **explanation.refusal(answer)})
            return outcome.report_refusal(answer, console)
    return _report_no(answer, pin, found, console, as_json=as_json)


def _report_no(
    answer: NotRequired | Excluded | NoRelease, pin: Pin, found: ExplainedLock, console: Console, *, as_json: bool
) -> ExitCode:
    hint = ""
    against: tuple[ExcludingRequirement, ...] = ()
    locked: tuple[str, ...] = ()
    match answer:
        case NotRequired():
            word, sentence = "not-required", f"{pin.name} is not required by anything in {found.lock.file}"
            hint = locked_graph.resembling(pin.name, found.graph)
        case Excluded(against, locked):
            count = "a requirement" if len(against) == 1 else f"{len(against)} requirements"
            word, sentence = "excluded", f"{pin.name} {pin.version} is excluded by {count}"
            if locked:
                sentence += f", and locked only where {' or '.join(locked)}"
            hint = _hint(pin, against)
        case NoRelease(reason):
            word, sentence = "no-release", f"{pin.name} {pin.version} was not found on any index"
            against = (ExcludingRequirement(sentence=reason),)
    if as_json:
        console.json({**_report(pin, word, against), **({"locked_where": locked} if locked else {})})
    reasons = [(each.sentence, each.origins[0] if each.origins else None) for each in against]
    console.answer_no(sentence, reasons, hint=hint)
    return ExitCode.NO


def _report_possible(answer: Possible, pin: Pin, console: Console, *, as_json: bool) -> ExitCode:
    if as_json:
        console.json({**_report(pin, "possible", ()), "changes": [" ".join(change) for change in answer.changes]})
    console.say(f"{pin.name} {pin.version} can be locked; the lockfile would change:")
    for sign, text in answer.changes:
        console.change(sign, text)
    console.say(f"run `lockenv lock -P {pin.name}=={pin.version}` to lock it")
    return ExitCode.YES


def _hint(pin: Pin, against: Sequence[ExcludingRequirement]) -> str:
    if any(not each.package for each in against):
        return "change the project's requirements and lock again"
    names = sorted({each.package.partition(" ")[0] for each in against})
    some = " and ".join(names) if len(names) < 4 else "these packages"
    return (
        f"run `lockenv why-not {pin.name}=={pin.version} --resolve` to check whether other versions of {some} allow it"
    )


def _report(pin: Pin, answer: str, against: Sequence[ExcludingRequirement]) -> dict[str, object]:
    return {
        "schema": 1,
        "name": pin.name,
        "version": pin.version,
        "answer": answer,
        "excluded_by": [
            {
                "package": each.package or None,
                "requirement": each.requirement or None,
                "sentence": each.sentence,
                "written": explanation.places(each.origins),
            }
            for each in against
        ],
    }
