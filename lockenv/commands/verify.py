"""`lockenv verify`: every byte of the environment against the lock. Writes nothing, and downloads only when told to."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from lockenv.environment.verify import verify
from lockenv.errors import ExitCode, InputError
from lockenv.lockfile.select import NotCovered, select
from lockenv.operations import load
from lockenv.operations.selection import asked, is_silent, told_apart, with_itself, without_itself
from lockenv.operations.synced import existing_environment
from lockenv.report import verification
from lockenv.report.outcome import tell_not_covered
from lockenv.sync import state
from lockenv.sync.expected import expected
from lockenv.sync.state import Choice, chosen
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.distribution import Wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.environment.verify import ByteCode
    from lockenv.lockfile.lock import Lock
    from lockenv.sync.expected import Expectation
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Selected
    from lockenv.vocabulary.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv verify` was asked."""

    extra: list[str]
    all_extras: bool
    group: list[str]
    all_groups: bool
    no_default_groups: bool
    allow_extra: list[str]
    bytecode: ByteCode
    fetch: bool
    json: bool
    venv: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer yes or no, with every difference; what cannot be proved is no answer."""
    from lockenv.environment.trusted import interpreter

    project = load.project(settings, options.requirements, options.lockfile)
    lock = load.needed_lock(project)
    environment = existing_environment(project, settings, options.venv)
    python = interpreter(
        environment, cache_dir=settings.cache, environ=settings.tools_environ, project_dir=project.directory
    )
    remembered = _remembered(environment, lock) if is_silent(options) else None
    choice = remembered or asked(options, lock)
    selection = select(lock, python.target, choice.extras, choice.groups)
    if isinstance(selection, NotCovered):
        return tell_not_covered(selection, lock.file, console)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    chosen_files = _with_itself(selection.files, choice, python.target, lock, environment, project, manifest)
    selected = _built(chosen_files, lock, project, python, settings)
    wanted = _expected(selected, manifest, environment, options, settings, project, lock, console)
    if wanted.unproved:
        return verification.tell_unproved(wanted.unproved, environment, console, as_json=options.json)
    with _undisturbed(environment, console):
        answer = verify(
            environment,
            wanted.files,
            interpreter=python,
            environ=settings.tools_environ,
            allow_extra=options.allow_extra,
            bytecode=options.bytecode,
            damaged=() if state.is_whole(environment) else (state.FILE,),
        )
    command = verification.renewing(options.venv, options.lockfile, choice, lock)
    mend = verification.mending(answer, environment, command)
    code = verification.tell(answer, environment, lock, len(selected), console, mend)
    if options.json:
        console.json(verification.report(answer, choice, mend, command))
    else:
        console.data(f"{answer.fingerprint}\n")
    return code


def _with_itself(
    selected: tuple[Selected, ...],
    choice: Choice,
    target: Target,
    lock: Lock,
    environment: Environment,
    project: load.Project,
    manifest: Manifest | None,
) -> tuple[Selected, ...]:
    """Give `selected` with the project itself, if it is installed, and with each directory as it is now."""
    if manifest is not None and choice.packages:
        from lockenv.operations.member_selection import only

        selected = only(selected, choice.packages, lock, manifest, target)
    if manifest is None or not manifest.is_buildable:
        return told_apart(selected, project.base)
    from lockenv.environment.installed import scan

    found = [each for each in scan(environment) if each.name == manifest.name]
    if not found:
        return told_apart(without_itself(selected, manifest), project.base)
    own = [with_itself(selected, manifest, editable=editable) for editable in (True, False)]
    ways = [told_apart(way, project.base) for way in (*own, selected)]
    there = {each.sha256 for each in found}
    return next((way for way in ways if any(one.name == manifest.name and one.origin in there for one in way)), ways[0])


def _built(
    selected: tuple[Selected, ...], lock: Lock, project: load.Project, python: Interpreter, settings: Settings
) -> tuple[Selected, ...]:
    """Give `selected` with the wheel that each source distribution was built to here."""
    if all(isinstance(one.file, Wheel) for one in selected):
        return selected
    from lockenv.builds.wheel_cache import known

    is_foreign = lock.own is None and project.is_declared
    manifest = load.manifest(project, settings, lock) if is_foreign else None
    found = known(selected, lock, project.lock, python.target, settings, manifest)
    for one in found:
        if not isinstance(one.file, Wheel):
            raise InputError(
                f"the wheel that was built from {one.file.filename} is not in the cache, so nothing can be compared",
                hint="`lockenv sync` builds it again",
            )
    return found


def _remembered(environment: Environment, lock: Lock) -> Choice | None:
    """Give what the last sync installed, as far as `lock` still knows it."""
    last = chosen(environment)
    if last is None:
        return None
    return Choice(
        extras=tuple(name for name in last.extras if name in lock.extras),
        groups=tuple(name for name in last.groups if name in lock.groups),
        packages=last.packages,
    )


def _expected(
    selected: Sequence[Selected],
    manifest: Manifest | None,
    environment: Environment,
    options: Options,
    settings: Settings,
    project: load.Project,
    lock: Lock,
    console: Console,
) -> Expectation:
    archives = f"{settings.cache}/archives"
    said = manifest if manifest is not None else load.settings_alone(project, settings)
    overwrites, accepted = said.allow_overwrite, said.accept_faults
    wanted = expected(selected, environment, archives, overwrites, accepted)
    if not (wanted.unproved and options.fetch):
        return wanted
    from lockenv.context.access import fetcher
    from lockenv.fetch.downloads import download_all
    from lockenv.fetch.wanted import Wanted
    from lockenv.lockfile.inputs import recorded_indexes

    declared = load.manifest(project, settings).indexes if project.is_declared else recorded_indexes(lock)
    files = [(one.selected.file, one.selected.hashes) for one in wanted.unproved]
    asked_for = [
        Wanted(url=file.url, filename=file.filename, sha256=file.sha256, size=file.size, hashes=hashes)
        for file, hashes in files
    ]
    with fetcher(settings, declared, base=project.base) as source:
        progress = console.progress()
        progress.begin("downloading", len(files))
        for _ in download_all(asked_for, archives, source):
            progress.advance(1)
        progress.end()
    return expected(selected, environment, archives, overwrites, accepted)


def _undisturbed(environment: Environment, console: Console) -> AbstractContextManager[None]:
    """Give what keeps a sync from changing `environment`, where this user could sync it at all."""
    from lockenv.environment.venv import LOCK
    from lockenv.files.locks import hold

    path = os.path.join(environment.records, LOCK)
    if not os.access(path, os.W_OK):
        return nullcontext()
    return hold(path, shared=True, waiting=lambda held: console.say(f"waiting for another process, which holds {held}"))
