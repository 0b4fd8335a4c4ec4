"""What may be built: building runs the code of a package, so the user's policy names what it trusts.

In: a policy, what is to be built. Out: sentences on the console, errors. Never: a build.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.console import counted
from lockenv.errors import ExitCode, InputError
from lockenv.vocabulary.direct import Directory, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.console import Console
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Selected, Unbuilt


def refuse(answer: NeedsPermission, console: Console, *, command: str) -> ExitCode:  # noqa: ARG001
    """Report everything that must be built, why and where, and the one `command` that allows it."""
    for note in answer.notes:
        console.note(note)
    console.answer_no(
        f"{counted(len({one.name for one in answer.packages}), 'package')} must be built, which runs their code",
        [(sentence(one), one.origin) for one in answer.packages],
        hint=f"allow it with `allow-build = [{', '.join(_quoted(answer.packages))}]` under [tool.lockenv]",
    )
    return ExitCode.NO


def note_unbuilt(packages: Sequence[Unbuilt], console: Console) -> None:
    """Note what is locked and has no wheel: a sync has to build it, which nothing allows yet."""
    if packages:
        titles = ", ".join(f"{one.name} {one.version}" for one in packages)
        have = "has" if len(packages) == 1 else "have"
        console.note(
            f"{titles} {have} no wheel, and a sync builds nothing that is not allowed: "
            f"`allow-build = [{', '.join(_quoted(packages))}]` under [tool.lockenv] allows it"
        )


def _quoted(packages: Iterable[Unbuilt]) -> list[str]:
    return [f'"{name}"' for name in sorted({one.name for one in packages})]


def sentence(one: Unbuilt) -> str:
    """Return what must be built, where, what requires it, and why, in one line."""
    where = f" where {one.environment}" if one.environment else ""
    chain = f", required by {' of '.join(one.chain)}" if one.chain else ""
    return f"{one.name} {one.version}{where}{chain}: {one.reason}"


def allowing(command: str, names: Iterable[NormalizedName]) -> str:
    """Return `command` with an option for each of `names`, sorted, each once."""
    return " ".join((command, *(f"--allow-build {name}" for name in sorted(set(names)))))


def check(policy: Policy, one: Selected) -> None:
    """Raise InputError where `policy` does not allow `one` to be built, or where nothing says what its bytes are."""
    if one.direct is not None:
        check_direct(policy, one.name, one.direct)
        return
    if not policy.may_build(one.name):
        raise InputError(
            f"{one.name} {one.version} has no wheel for this environment, and {one.file.filename} may not be built",
            hint=_hint(one.name),
        )
    if one.file.sha256 is None:
        raise InputError(f"the lock gives no sha256 of {one.file.filename}, and it must be built", hint="lock it again")


def check_direct(policy: Policy, name: NormalizedName, direct: Direct) -> None:
    """Raise InputError where `policy` does not allow what comes from `direct` to be built.

    The directories of a project are its own: they build without asking.
    """
    if not isinstance(direct, Directory) and not policy.may_build(name):
        raise InputError(f"{name} comes from {shown(direct)}, which may not be built", hint=_hint(name))


def _hint(name: NormalizedName) -> str:
    return f'building runs its code: allow it with `allow-build = ["{name}"]` under [tool.lockenv]'
