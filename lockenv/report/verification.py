"""Report what `verify` found, as text and as JSON.

Duty: Sound, EnvironmentDiffers and what could not be proved to lines on the console and an exit code. Never: computing
them.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from lockenv.environment.configuration import FILE
from lockenv.environment.verify import EnvironmentDiffers
from lockenv.errors import ExitCode, MachineError
from lockenv.lockfile.paths import relative
from lockenv.operations.selection import describe_left_out
from lockenv.operations.verify import Unproven
from lockenv.report.shortened import cut, first_of_each
from lockenv.vocabulary.printable import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.environment.venv import Environment
    from lockenv.environment.verify import EnvironmentMatches, FileDifference
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.provided import BaseSelection
    from lockenv.operations.verify import Verified, VerifyRequest
    from lockenv.sync.state import SyncChoice

_MOST_OF_A_KIND: Final = 3
"""Findings of one kind on one distribution that are shown."""


def show(
    answer: Verified | Unproven, request: VerifyRequest, console: Console, *, as_json: bool, named_lock: str = ""
) -> ExitCode:
    """Report the answer to `request` about `named_lock` with what fixes it, and as data what a program reads."""
    command = renewing(request.venv, request.lockfile, answer.choice, answer.lock, named_lock)
    if isinstance(answer, Unproven):
        return report_unproved(answer, command, console, as_json=as_json)
    hint = _base_hint(answer) or repair_hint(answer.answer, answer.environment, command)
    code = _report(answer, console, hint)
    if as_json:
        console.json(report(answer.answer, answer.choice, hint, command, answer.note, answer.base))
    else:
        console.data(f"{answer.answer.fingerprint}\n")
    return code


def _report(verified: Verified, console: Console, hint: str) -> ExitCode:
    """Report whether the environment is what its lock says, and `hint` how to repair it.

    An interrupted sync is all there is to say of an environment that has one.
    """
    name, lock, answer = relative(verified.environment.root), verified.lock, verified.answer
    if verified.note:
        console.note(verified.note)
    if not isinstance(answer, EnvironmentDiffers):
        holds = f"{counted(answer.files, 'file')}, {counted(verified.distributions, 'distribution')}"
        console.say(f"{name} matches {lock.file} exactly ({holds})")
        if named := ", ".join(one.title for one in verified.base.packages) if verified.base else "":
            console.say(
                f"provided by the base, version checked, bytes neither verified nor in the fingerprint: {named}"
            )
        if left_out := _left_out(verified.choice):
            console.note(f"this is a part of what is locked: {left_out}")
        return ExitCode.YES
    interrupted = _interrupted(answer)
    console.answer_no(
        f"{name}: a sync was interrupted" if interrupted else f"{name} does not match {lock.file}",
        _lines(interrupted or answer.findings),
        hint=hint,
    )
    return ExitCode.NO


def _lines(findings: Sequence[FileDifference]) -> list[tuple[str, None]]:
    """Return a line for each finding; of many that a distribution has of one kind, the first and how many more."""
    lines: list[tuple[str, None]] = []
    for found, more in first_of_each(findings, lambda one: (one.problem, one.owner), _MOST_OF_A_KIND):
        lines.append((_sentence(found), None))
        if more:
            lines.append((f"{found.problem:<9} {counted(more, 'other file')} of {found.owner or 'no package'}", None))
    return cut(lines, "lockenv verify --json")


def repair_hint(answer: EnvironmentMatches | EnvironmentDiffers, environment: Environment, command: str) -> str:
    """Return the sentence on how `command` fixes what was found, the same for people and programs.

    Empty for nothing.
    """
    if not isinstance(answer, EnvironmentDiffers):
        return ""
    if _interrupted(answer) or all(found.problem == "python" for found in answer.findings):
        return f"run `{command}`"
    name = relative(environment.root)
    if all(found.problem == "mode" for found in answer.findings) and FILE in {one.path for one in answer.findings}:
        # Network file systems and those of Windows show one mode for all files, that which was written first included.
        return (
            f"if the file system keeps no modes, use --venv to choose a directory on another one; else find out who "
            f"changed them, remove {name} and run `{command}`"
        )
    if all(found.problem == "foreign" and "/" not in found.path for found in answer.findings):
        # Beside what is installed, such as the lock of another tool: nothing of it is imported.
        extra = [word for found in answer.findings for word in ("--allow-extra", found.path)]
        return f"remove it, or accept it with `{shlex.join(['lockenv', 'verify', *extra])}`"
    return f"find out who changed it; to recreate it, remove {name} and run `{command}`"


def _base_hint(verified: Verified) -> str:
    """Return what to do where the base alone is not what the lock expects; empty where that is not so."""
    answer = verified.answer
    if verified.base is None or not isinstance(answer, EnvironmentDiffers):
        return ""
    if any(found.problem != "base" for found in answer.findings):
        return ""
    return verified.base.hint


def _interrupted(answer: EnvironmentDiffers) -> list[FileDifference]:
    return [found for found in answer.findings if found.problem == "interrupted"]


def renewing(venv: str, lockfile: str, choice: SyncChoice, lock: Lock, named_lock: str = "") -> str:
    """Return the command that makes the environment again as it was chosen, or ends what was interrupted."""
    defaults = set(lock.default_groups)
    is_default = defaults.issubset(choice.groups)
    named = (("--lock", named_lock), ("--venv", venv), ("--lockfile", lockfile))
    words = [word for flag, value in named if value for word in (flag, value)]
    words += [word for package in choice.packages for word in ("--package", package)]
    words += [word for extra in choice.extras for word in ("--extra", extra)]
    if choice.only:
        words += [word for group in choice.only for word in ("--only-group", group)]
    else:
        words += [] if is_default else ["--no-default-groups"]
        groups = [group for group in choice.groups if not (is_default and group in defaults)]
        words += [word for group in groups for word in ("--group", group)]
    words += [word for package in choice.left_out for word in ("--no-install-package", package)]
    words += [f"--no-install-{kind}" for kind in choice.kinds_left_out]
    return shlex.join(["lockenv", "sync", *words])


def _left_out(choice: SyncChoice) -> str:
    """Return what the last sync or the options limited the environment to, and left out of it; empty for nothing."""
    parts = [f"only group {name}" for name in choice.only] + [f"only package {name}" for name in choice.packages]
    without = describe_left_out(choice)
    return ", ".join((*parts, *([f"without {', '.join(without)}"] if without else [])))


def _sentence(found: FileDifference) -> str:
    owner = f" ({found.owner})" if found.owner else ""
    return f"{found.problem:<9} {printable(found.path)}{owner}: {found.detail}"


def report_unproved(unproved: Unproven, command: str, console: Console, *, as_json: bool) -> ExitCode:
    """Report which wheels are missing for an answer; `command` installs them."""
    name = relative(unproved.environment.root)
    named = ", ".join(f"{one.selected.name} {one.selected.version} ({one.reason})" for one in unproved.wheels)
    hint = "use --fetch to download them"
    if unproved.is_behind:
        hint = f"{name} is out of date: run `{command}`; to compare it as it is, use --fetch"
    error = MachineError(f"cannot verify {name} without the wheels of {named}", hint=hint)
    if as_json:
        console.json(
            {
                "schema": 1,
                "ok": False,
                "answer": "unproved",
                "error": {"kind": error.kind, "message": error.message},
                "unproved": [
                    {
                        "name": one.selected.name,
                        "version": one.selected.version,
                        "filename": one.selected.file.filename,
                        "sha256": one.selected.file.sha256,
                        "reason": one.reason,
                    }
                    for one in unproved.wheels
                ],
            }
        )
    console.error(error)
    return error.exit_code


def report(
    answer: EnvironmentMatches | EnvironmentDiffers,
    choice: SyncChoice,
    hint: str,
    command: str,
    note: str = "",
    base: BaseSelection | None = None,
) -> dict[str, object]:
    """Return the answer as `--json` prints it, with the extras and groups that were meant, and what fixes it how."""
    findings = answer.findings if isinstance(answer, EnvironmentDiffers) else ()
    return {
        "schema": 1,
        "ok": not findings,
        "answer": "drifted" if findings else "sound",
        "fingerprint": answer.fingerprint,
        "extras": list(choice.extras),
        "groups": list(choice.groups),
        "only-groups": list(choice.only),
        "only-packages": list(choice.packages),
        "left-out": [*choice.left_out, *(f"({kind})" for kind in choice.kinds_left_out)],
        "provided": [
            {"name": one.name, "version": one.version, "found": list(one.found)}
            for one in (base.packages if base is not None else ())
        ],
        "findings": [found._asdict() for found in findings],
        "hint": hint,
        "command": command if findings else "",
        **({"note": note} if note else {}),
    }
