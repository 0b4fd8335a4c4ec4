"""Report what must be built and may not, ask for it on a terminal, and name the command that allows it."""

from __future__ import annotations

from lockenv.builds.build_policy import allowing
from lockenv.errors import ExitCode
from lockenv.vocabulary.pin import NeedsPermission
from lockenv.vocabulary.printable import counted

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.console import Console
    from lockenv.operations.declare import ChangedDeclaration
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import UnbuiltRelease, Unsolvable

_TABLE = "under [tool.lockenv]"
"""Where the settings of a project are, in most cases."""


def granted(answer: NeedsPermission, console: Console) -> tuple[NormalizedName, ...]:
    """Return the names of all that must be built, where someone at the terminal allows it; else nothing.

    Whoever refuses has seen everything that `refuse` reports but the command.
    """
    if not console.can_ask:
        return ()
    console.say(f"{_must_be_built(answer)}:")
    for one in answer.packages:
        console.say(f"  {sentence(one)}")
    names = {one.name for one in answer.packages}
    question = "build it?" if len(names) == 1 else "build them?"
    return tuple(sorted(names)) if console.ask(question) else ()


def answered(
    attempt: Callable[[tuple[str, ...]], ChangedDeclaration | Unsolvable | NeedsPermission], console: Console
) -> ChangedDeclaration | Unsolvable | NeedsPermission:
    """Return what `attempt` answers, given the names that someone at the terminal allows to be built.

    It is asked again with all that was allowed so far, until nothing more is asked for, or the answer is no.
    """
    names: tuple[str, ...] = ()
    while True:
        answer = attempt(names)
        if not (isinstance(answer, NeedsPermission) and (more := granted(answer, console))):
            return answer
        names = (*names, *more)


def _must_be_built(answer: NeedsPermission) -> str:
    count = len({one.name for one in answer.packages})
    return f"{counted(count, 'package')} must be built, which runs {'its' if count == 1 else 'their'} code"


def refuse(answer: NeedsPermission, console: Console, *, command: str, place: str = _TABLE) -> ExitCode:
    """Report everything that must be built, why and where, and the one `command` that allows it.

    Where there is none, the setting does, and `place` says where that is.
    """
    for note in answer.notes:
        console.note(note)
    console.answer_no(
        _must_be_built(answer),
        # Whoever was asked has just read them.
        [] if console.has_asked else [(sentence(one), one.origin) for one in answer.packages],
        hint=_allow(command, [one.name for one in answer.packages], place)
        + _without_old(answer.old_below, place)
        + _undescribed(answer),
    )
    return ExitCode.NO


def note_unbuilt(packages: Sequence[UnbuiltRelease], console: Console, command: str) -> None:
    """Note what is locked and has no wheel, or none that fits: a sync has to build it, which nothing allows yet."""
    if packages:
        titles = ", ".join(f"{one.name} {one.version}" for one in packages)
        have = "has" if len(packages) == 1 else "have"
        reasons = {one.reason for one in packages}
        reason = reasons.pop() if len(reasons) == 1 else ""
        what = reason.removeprefix("it has ") if reason.startswith("it has ") else "no wheel that fits"
        console.note(
            f"{titles} {have} {what}, and building is not allowed; {_allow(command, [one.name for one in packages])}"
        )


def _allow(command: str, names: Sequence[str], place: str = _TABLE) -> str:
    """Return how builds of `names` are allowed: by `command`, or where there is none, by the setting in `place`."""
    if command:
        return f"run `{allowing(command, names)}` to allow it"
    quoted = ", ".join(f'"{name}"' for name in sorted(set(names)))
    return f"add {quoted} to `allow-build` {place} to allow it"


def _without_old(old_below: str, place: str) -> str:
    """Return how nothing has to be built where only Pythons need it that no one maintains; empty where others do."""
    if not old_below:
        return ""
    setting = f"environments = [\"python_version >= '{old_below}'\"]"
    return f"; or set `{setting}` {place}: only older versions of Python need it"


def _undescribed(answer: NeedsPermission) -> str:
    """Return that more may have to be built, where only a build shows what some of it requires; empty where not."""
    names = sorted({one.name for one in answer.packages if one.is_undescribed})
    if not names:
        return ""
    who = "they require" if len(names) > 3 else f"{' and '.join(names)} require{'s' if len(names) == 1 else ''}"
    return f"; what {who} is unknown until then, and may have to be built too"


def sentence(one: UnbuiltRelease) -> str:
    """Return what must be built, where, what requires it, and why, in one line."""
    where = f" where {one.environment}" if one.environment else ""
    chain = f", required by {' of '.join(one.chain)}" if one.chain else ""
    return f"{f'{one.name} {one.version}'.rstrip()}{where}{chain}: {one.reason}"
