"""`lockenv verify`: every byte of the environment against the lock. Writes nothing, and downloads only when told to."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockenv.commands import gather
from lockenv.commands.choice import Asked, asked, wheels
from lockenv.commands.sync import existing_environment
from lockenv.environment.verify import Drifted, verify
from lockenv.errors import ExitCode, MachineError
from lockenv.sync.expected import expected
from lockenv.sync.state import Choice, chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.commands.settings import Settings
    from lockenv.console import Console
    from lockenv.environment.venv import Environment
    from lockenv.environment.verify import ByteCode, Finding, Sound
    from lockenv.lockfile.lock import Lock
    from lockenv.sync.expected import Expectation, Unproved
    from lockenv.vocabulary.pin import Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Asked):
    """What `lockenv verify` was asked."""

    allow_extra: list[str]
    bytecode: ByteCode
    fetch: bool
    json: bool
    venv: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer yes or no, with every difference; what cannot be proved is no answer."""
    from lockenv.environment.venv import interpreter

    project = gather.project(settings, options.requirements, options.lockfile)
    lock = gather.needed_lock(project)
    environment = existing_environment(project, settings, options.venv)
    python = interpreter(environment, cache_dir=settings.cache, environ=settings.environ)
    choice = asked(options, lock) if not options.is_silent else _remembered(environment, lock) or asked(options, lock)
    selected = wheels(lock, python.target, choice, console)
    if selected is None:
        return ExitCode.NO
    wanted = _expected(selected, environment, options, settings, project, console)
    if wanted.unproved:
        return _tell_unproved(wanted.unproved, environment, options, console)
    with _undisturbed(environment, console):
        answer = verify(
            environment,
            wanted.files,
            interpreter=python,
            environ=settings.environ,
            allow_extra=options.allow_extra,
            bytecode=options.bytecode,
        )
    code = _tell(answer, environment, lock, len(selected), console)
    if options.json:
        console.json(_report(answer, choice))
    else:
        console.data(f"{answer.fingerprint}\n")
    return code


def _remembered(environment: Environment, lock: Lock) -> Choice | None:
    """Give what the last sync installed, as far as `lock` still knows it."""
    last = chosen(environment)
    if last is None:
        return None
    return Choice(
        extras=tuple(name for name in last.extras if name in lock.extras),
        groups=tuple(name for name in last.groups if name in lock.groups),
    )


def _expected(
    selected: Sequence[Selected],
    environment: Environment,
    options: Options,
    settings: Settings,
    project: gather.Project,
    console: Console,
) -> Expectation:
    archives = f"{settings.cache}/archives"
    wanted = expected(selected, environment, archives)
    if not (wanted.unproved and options.fetch):
        return wanted
    from lockenv.commands.access import fetcher
    from lockenv.fetch.downloads import Wanted, download_all

    declared = gather.manifest(project, settings).indexes if project.is_declared else ()
    files = [one.selected.file for one in wanted.unproved]
    asked_for = [Wanted(url=file.url, filename=file.filename, sha256=file.sha256, size=file.size) for file in files]
    with fetcher(settings, declared) as source:
        progress = console.progress()
        progress.begin("downloading", len(files))
        for _ in download_all(asked_for, archives, source):
            progress.advance(1)
        progress.end()
    return expected(selected, environment, archives)


def _undisturbed(environment: Environment, console: Console) -> AbstractContextManager[None]:
    """Give what keeps a sync from changing `environment`, where this user could sync it at all."""
    from lockenv.environment.venv import LOCK
    from lockenv.files.locks import hold

    path = os.path.join(environment.records, LOCK)
    if not os.access(path, os.W_OK):
        return nullcontext()
    return hold(path, shared=True, waiting=lambda held: console.say(f"waiting for another process, which holds {held}"))


def _tell(answer: Sound | Drifted, environment: Environment, lock: Lock, count: int, console: Console) -> ExitCode:
    name = gather.relative(environment.root)
    if not isinstance(answer, Drifted):
        console.say(f"{name} is exactly what {lock.file} says ({answer.files} files, {count} distributions)")
        return ExitCode.YES
    interrupted = [found for found in answer.findings if found.problem == "interrupted"]
    console.answer_no(
        f"{name}: a sync was interrupted" if interrupted else f"{name} differs from {lock.file}",
        [(_sentence(found), None) for found in interrupted or answer.findings],
        hint="run `lockenv sync`" if interrupted else f"find out who changed it; remove {name} and sync to renew it",
    )
    return ExitCode.NO


def _sentence(found: Finding) -> str:
    owner = f" ({found.owner})" if found.owner else ""
    return f"{found.problem:<9} {found.path}{owner}: {found.detail}"


def _tell_unproved(
    unproved: Sequence[Unproved], environment: Environment, options: Options, console: Console
) -> ExitCode:
    named = ", ".join(f"{one.selected.name} {one.selected.version} ({one.reason})" for one in unproved)
    error = MachineError(
        f"cannot prove what {gather.relative(environment.root)} holds without the wheels of {named}",
        hint="add --fetch to download them",
    )
    if options.json:
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
                    for one in unproved
                ],
            }
        )
    console.error(error)
    return error.exit_code


def _report(answer: Sound | Drifted, choice: Choice) -> dict[str, object]:
    findings = answer.findings if isinstance(answer, Drifted) else ()
    return {
        "schema": 1,
        "ok": not findings,
        "answer": "drifted" if findings else "sound",
        "fingerprint": answer.fingerprint,
        "extras": list(choice.extras),
        "groups": list(choice.groups),
        "findings": [found._asdict() for found in findings],
    }
