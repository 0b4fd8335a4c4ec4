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
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Selected, Unbuilt


def refused(unbuilt: Iterable[Selected], policy: Policy, lock: Lock) -> NeedsPermission | None:
    """Return the source distributions among `unbuilt` that `policy` does not allow to be built; None for none."""
    from lockenv.vocabulary.pin import NeedsPermission, Unbuilt

    parents = _parents(lock)
    found = [
        Unbuilt(
            name=one.name,
            version=one.version,
            reason=f"it has no wheel for this environment and must be built from {one.file.filename}"
            if one.direct is None
            else f"it comes from {shown(one.direct)}",
            chain=parents.get(one.name, ()),
        )
        for one in unbuilt
        if not may_build(policy, one)
    ]
    return NeedsPermission(packages=tuple(sorted(found, key=lambda one: (one.name, one.version)))) if found else None


def _parents(lock: Lock) -> dict[str, tuple[str, ...]]:
    """Return for each project the first locked package that requires it, with its version."""
    found: dict[str, tuple[str, ...]] = {}
    for package in lock.packages:
        for dependency in package.get("dependencies", ()):
            title = f"{package['name']} {package.get('version', '')}".rstrip()
            found.setdefault(str(dependency.get("name", "")), (title,))
    return found


def granted(answer: NeedsPermission, console: Console) -> tuple[NormalizedName, ...]:
    """Return the names of all that must be built, where someone at the terminal allows it; else nothing.

    Whoever refuses has seen everything that `refuse` reports but the command.
    """
    if not console.can_ask:
        return ()
    console.say(f"{_must_be_built(answer)}:")
    for one in answer.packages:
        console.say(f"  {sentence(one)}")
    return tuple(sorted({one.name for one in answer.packages})) if console.ask("build them?") else ()


def _must_be_built(answer: NeedsPermission) -> str:
    return f"{counted(len({one.name for one in answer.packages}), 'package')} must be built, which runs their code"


def refuse(answer: NeedsPermission, console: Console, *, command: str) -> ExitCode:
    """Report everything that must be built, why and where, and the one `command` that allows it."""
    for note in answer.notes:
        console.note(note)
    console.answer_no(
        _must_be_built(answer),
        [(sentence(one), one.origin) for one in answer.packages],
        hint=f"run `{allowing(command, (one.name for one in answer.packages))}` to allow it",
    )
    return ExitCode.NO


def note_unbuilt(packages: Sequence[Unbuilt], console: Console, command: str) -> None:
    """Note what is locked and has no wheel: a sync has to build it, which nothing allows yet."""
    if packages:
        titles = ", ".join(f"{one.name} {one.version}" for one in packages)
        have = "has" if len(packages) == 1 else "have"
        console.note(
            f"{titles} {have} no wheel, and building is not allowed; run "
            f"`{allowing(command, (one.name for one in packages))}` to allow it"
        )


def sentence(one: Unbuilt) -> str:
    """Return what must be built, where, what requires it, and why, in one line."""
    where = f" where {one.environment}" if one.environment else ""
    chain = f", required by {' of '.join(one.chain)}" if one.chain else ""
    return f"{one.name} {one.version}{where}{chain}: {one.reason}"


def allowing(command: str, names: Iterable[str]) -> str:
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
        raise InputError(
            f"{one.file.filename} must be built, but has no sha256 in the lockfile",
            hint="run `lockenv lock --upgrade`",
        )


def check_direct(policy: Policy, name: NormalizedName, direct: Direct) -> None:
    """Raise InputError where `policy` does not allow what comes from `direct` to be built.

    The directories of a project are its own: they build without asking.
    """
    if not isinstance(direct, Directory) and not policy.may_build(name):
        raise InputError(f"{name} comes from {shown(direct)}, which may not be built", hint=_hint(name))


def may_build(policy: Policy, one: Selected) -> bool:
    """Return whether `policy` allows `one` to be built; the directories of a project are its own."""
    return isinstance(one.direct, Directory) or policy.may_build(one.name)


def _hint(name: NormalizedName) -> str:
    return f"building runs its code; run `lockenv lock --allow-build {name}` to allow it"
