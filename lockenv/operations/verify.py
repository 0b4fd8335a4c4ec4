"""Compare every byte of an environment with its lock.

In: VerifyRequest. Out: Verified, Unproven, or that the lock does not cover the environment. Downloads only when asked.
Never: printing, writing to the environment.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

from lockenv.builds.wheel_cache import use_built_wheels
from lockenv.context.access import fetcher
from lockenv.environment.configuration import FILE
from lockenv.environment.installed import scan
from lockenv.environment.trusted import interpreter
from lockenv.environment.venv import LOCK, other_view
from lockenv.environment.verify import EnvironmentDiffers, FileDifference
from lockenv.environment.verify import verify as verify_files
from lockenv.errors import InputError
from lockenv.fetch.downloads import download_all
from lockenv.fetch.wanted import FileRequest
from lockenv.files.locks import hold
from lockenv.lockfile.inputs import recorded_indexes
from lockenv.lockfile.select import NotCovered, select
from lockenv.operations import load
from lockenv.operations.partial_selection import is_itself_selected, narrowed, without_left_out
from lockenv.operations.selection import distinguished, read_selection, with_itself, without_itself
from lockenv.operations.selection_options import SelectionOptions
from lockenv.operations.synced import existing_environment
from lockenv.sync import state
from lockenv.sync.expected import expected
from lockenv.sync.state import chosen
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.late import late
from lockenv.vocabulary.progress import BYTES, SILENT_LISTENER, during

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.environment.verify import ByteCode, EnvironmentMatches, ExpectedFile
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import provided, python_record
    from lockenv.operations.provided import BaseSelection
    from lockenv.sync.expected import ExpectedFiles, UnprovedWheel
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    provided = late("lockenv.operations.provided")
    python_record = late("lockenv.operations.python_record")

from contextlib import AbstractContextManager

from lockenv.sync.state import SyncChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """Which environment to compare with which lock, and how.

    Where nothing is selected, what the last sync selected is meant.
    """

    selection: SelectionOptions = SelectionOptions()
    allow_extra: tuple[str, ...] = ()
    """Patterns of files that may be there in addition."""
    bytecode: ByteCode = "compile"
    fetch: bool = False
    """Whether wheels that the cache lacks are downloaded."""
    venv: str = ""
    """Where the environment is; empty for `.venv` of the project."""
    lockfile: str = ""
    """Where the lock is; empty for `pylock.toml` of the project."""
    requirements: tuple[str, ...] = ()
    """Requirements files as the user names them; empty for the project that is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What every byte of an environment was compared with, and the outcome."""

    answer: EnvironmentMatches | EnvironmentDiffers
    environment: Environment
    lock: Lock
    choice: SyncChoice
    """The extras, groups and packages that were meant, and what was left out."""
    distributions: int
    """How many the environment has to hold."""
    base: BaseSelection | None = None
    """What its base interpreter has to provide; None where that is nothing."""
    note: str = ""
    """What differs from the lock and is no difference: the build of the Python; a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """No answer: the files of some wheels cannot be known."""

    environment: Environment
    wheels: tuple[UnprovedWheel, ...]
    lock: Lock
    choice: SyncChoice
    """The extras, groups and packages that were meant, and what was left out."""
    is_behind: bool
    """Whether the environment says itself that some of the wheels are not installed in it, as the lock changed."""


def verify(
    request: VerifyRequest, settings: Settings, listener: Listener = SILENT_LISTENER
) -> Verified | Unproven | NotCovered:
    """Return every difference between the environment that `request` means and its lock.

    Raises InputError where there is no lock or no environment, UsageError, RefusedError, NetworkError and MachineError.
    """
    project = load.project(settings, request.requirements, request.lockfile)
    lock = load.needed_lock(project)
    environment = existing_environment(project, settings, request.venv)
    python = interpreter(
        environment, cache_dir=settings.cache, environ=settings.tools_environ, project_dir=project.directory
    )
    choice = _remembered(environment, lock) if request.selection.is_silent else None
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    choice = choice or read_selection(request.selection, lock, manifest)
    selection = select(lock, python.target, choice.extras, choice.groups)
    if isinstance(selection, NotCovered):
        return selection
    said = manifest if manifest is not None else load.settings_alone(project, settings)
    files = narrowed(selection.files, choice, lock, manifest, python.target)
    base = None
    if said.provided:
        base = provided.base_selection(files, said.provided, choice, lock, manifest, python, settings.environ)
        files = base.files
    files = _with_itself(files, choice, environment, project, manifest, python.target)
    selected = _built(files, lock, project, python, settings)
    wanted = _expected(selected, manifest, environment, settings, project, lock, listener, is_fetching=request.fetch)
    if wanted.unproved:
        there = {each.sha256 for each in scan(environment)}
        is_behind = any(one.selected.origin not in there for one in wanted.unproved)
        return Unproven(environment=environment, wheels=wanted.unproved, lock=lock, choice=choice, is_behind=is_behind)
    answer = _compared(environment, wanted.files, request, python, settings, listener)
    added, note = [*_of_base(environment, base, shows_base=said.shows_base)], ""
    if "python" in (lock.own or {}):
        note = python_record.other_build(lock, python)
        if (other := python_record.difference(lock, environment, python)) is not None:
            added.append(other)
    return Verified(
        answer=_with_findings(answer, added),
        environment=environment,
        lock=lock,
        choice=choice,
        distributions=len(selected),
        base=base,
        note=note,
    )


def _of_base(environment: Environment, base: BaseSelection | None, *, shows_base: bool) -> Iterator[FileDifference]:
    """Yield what is wrong with what the base provides, and with whether the environment shows it."""
    if view := other_view(environment, shows_base=shows_base):
        yield FileDifference(FILE, "changed", view)
    for one in base.packages if base is not None else ():
        if not one.is_right:
            yield FileDifference(one.name, "base", f"the base provides it, and {provided.described(one)}", one.title)


def _with_findings(
    answer: EnvironmentMatches | EnvironmentDiffers, added: Sequence[FileDifference]
) -> EnvironmentMatches | EnvironmentDiffers:
    if not added:
        return answer
    before = answer.findings if isinstance(answer, EnvironmentDiffers) else ()
    return EnvironmentDiffers(fingerprint=answer.fingerprint, findings=tuple(sorted((*before, *added))))


def _compared(
    environment: Environment,
    files: tuple[ExpectedFile, ...],
    request: VerifyRequest,
    python: Interpreter,
    settings: Settings,
    listener: Listener,
) -> EnvironmentMatches | EnvironmentDiffers:
    with _undisturbed(environment, listener):
        return verify_files(
            environment,
            files,
            interpreter=python,
            environ=settings.tools_environ,
            allow_extra=request.allow_extra,
            bytecode=request.bytecode,
            damaged=() if state.is_whole(environment) else (state.FILE,),
        )


def _with_itself(
    selected: tuple[Selected, ...],
    choice: SyncChoice,
    environment: Environment,
    project: load.Project,
    manifest: Manifest | None,
    target: Target,
) -> tuple[Selected, ...]:
    """Return `selected` with the project itself, if it is installed, and with each directory as it is now."""
    is_own = manifest is not None and is_itself_selected(manifest, choice, selected, target)
    selected = without_left_out(selected, choice, manifest)
    if manifest is None or not manifest.is_buildable:
        return distinguished(selected, project.base)

    found = [each for each in scan(environment) if each.name == manifest.name]
    if not (found and is_own):
        return distinguished(without_itself(selected, manifest), project.base)
    own = [with_itself(selected, manifest, editable=editable) for editable in (True, False)]
    ways = [distinguished(way, project.base) for way in (*own, selected)]
    there = {each.sha256 for each in found}
    return next((way for way in ways if any(one.name == manifest.name and one.origin in there for one in way)), ways[0])


def _built(
    selected: tuple[Selected, ...], lock: Lock, project: load.Project, python: Interpreter, settings: Settings
) -> tuple[Selected, ...]:
    """Return `selected` with the wheel that each source distribution was built to here."""
    if all(isinstance(one.file, Wheel) for one in selected):
        return selected

    is_foreign = lock.is_foreign and project.is_declared
    manifest = load.manifest(project, settings, lock) if is_foreign else None
    found = use_built_wheels(selected, lock, project.lock, python.target, settings, manifest)
    for one in found:
        if not isinstance(one.file, Wheel):
            raise InputError(
                f"the wheel built from {one.file.filename} is not in the cache, so it cannot be compared",
                hint="run `lockenv sync` to build it again",
            )
    return found


def _remembered(environment: Environment, lock: Lock) -> SyncChoice | None:
    """Return what the last sync installed, as far as `lock` still knows it."""
    last = chosen(environment)
    if last is None or (last.only and not set(last.only).intersection(lock.groups)):
        return None
    return SyncChoice(
        extras=tuple(name for name in last.extras if name in lock.extras),
        groups=tuple(name for name in last.groups if name in lock.groups),
        packages=last.packages,
        only=tuple(name for name in last.only if name in lock.groups),
        left_out=last.left_out,
        kinds_left_out=last.kinds_left_out,
    )


def _expected(
    selected: Sequence[Selected],
    manifest: Manifest | None,
    environment: Environment,
    settings: Settings,
    project: load.Project,
    lock: Lock,
    listener: Listener,
    *,
    is_fetching: bool,
) -> ExpectedFiles:
    archives = f"{settings.cache}/archives"
    said = manifest if manifest is not None else load.settings_alone(project, settings)
    overwrites, accepted = said.allow_overwrite, said.accept_faults
    wanted = expected(selected, environment, archives, overwrites, accepted)
    if not (wanted.unproved and is_fetching):
        return wanted

    declared = load.manifest(project, settings).indexes if project.is_declared else recorded_indexes(lock)
    files = [(one.selected.file, one.selected.hashes) for one in wanted.unproved]
    asked_for = [
        FileRequest(url=file.url, filename=file.filename, sha256=file.sha256, size=file.size, hashes=hashes)
        for file, hashes in files
    ]
    with fetcher(settings, declared, base=project.base) as source:
        sizes = [one.size for one in asked_for]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        with during(listener.progress(), "downloading", total, BYTES) as progress:
            for _ in download_all(asked_for, archives, source, progress):
                pass
    return expected(selected, environment, archives, overwrites, accepted)


def _undisturbed(environment: Environment, listener: Listener) -> AbstractContextManager[None]:
    """Return what keeps a sync from changing `environment`, where this user could sync it at all."""
    path = os.path.join(environment.records, LOCK)
    if not os.access(path, os.W_OK):
        return nullcontext()
    return hold(path, shared=True, waiting=lambda held: listener.say(f"waiting for another process that uses {held}"))
