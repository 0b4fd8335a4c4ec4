"""`lockenv lock`: resolve the requirements, prove the answer, write the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import dataclass, replace

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.errors import ExitCode


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
    record_builds: bool
    allow_build: list[str]
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Lock, or report why not; nothing is written that is not proved."""
    if options.check:
        return _checked(options, settings, console)
    from lockenv.operations.lock import Locked, LockRequest, lock
    from lockenv.report import build_permission, outcome
    from lockenv.vocabulary.pin import NeedsPermission

    is_text = options.output == "-"
    request = LockRequest(
        requirements=tuple(options.requirements),
        lockfile="" if is_text else options.output,
        python=options.python,
        upgrade=options.upgrade,
        upgrade_package=tuple(options.upgrade_package),
        refresh=options.refresh,
        allow_build=tuple(options.allow_build),
        record_builds=options.record_builds,
        dry_run=options.dry_run,
        is_text_only=is_text,
    )
    answer = lock(request, settings, console)
    if isinstance(answer, NeedsPermission) and (more := build_permission.granted(answer, console)):
        return run(replace(options, allow_build=[*options.allow_build, *more]), settings, console)
    if not isinstance(answer, Locked):
        return outcome.tell_refusal(answer, console, command=_command(options))
    build_permission.note_unbuilt(answer.new.unbuilt, console, _command(options))
    if settings.verbose and answer.new.effort:
        outcome.tell_effort(answer.new.effort, console)
    if is_text:
        console.data(answer.new.text)
    return outcome.tell_locked(answer, console)


def _checked(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Return whether the lock, and that of what builds need, answer what is declared."""
    from lockenv.operations import load
    from lockenv.report.lock_check import checked

    project = load.project(settings, options.requirements, options.output if options.output != "-" else "")
    old = load.lock(project)
    return checked(old, load.manifest(project, settings, old, options.python), project, settings, console)


def _command(options: Options) -> str:
    """Return the command line that asks for the same."""
    from shlex import join

    words = ["lockenv", "lock", *(["-U"] if options.upgrade else [])]
    for flag, values in (
        ("-P", options.upgrade_package),
        ("--python", [options.python] if options.python else []),
        ("-o", [options.output] if options.output else []),
        ("-r", options.requirements),
        ("--allow-build", options.allow_build),
    ):
        words += [word for value in values for word in (flag, value)]
    return join(words)
