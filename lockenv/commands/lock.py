"""`lockenv lock`: resolve the requirements, prove the answer, write the lock."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

from lockenv.builds import build_lock, build_policy
from lockenv.console import counted
from lockenv.errors import BugError, ExitCode, InputError, UsageError
from lockenv.lockfile.cutoffs import settled
from lockenv.operations import foreign_tables, load, proof, resolution_inputs
from lockenv.operations.allowed_builds import Allowed
from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.pin import NeedsPermission

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.builds.builder import Workshop
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile.conflict import Sides
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest, Told
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Pin, Resolution, Unsolvable


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
    """Lock, or tell why not; nothing is written that is not proved."""
    to_stdout = options.output == "-"
    project = load.project(settings, options.requirements, "" if to_stdout else options.output)
    old, sides = _old(project, options, console)
    allowed = Allowed(project, options.allow_build)
    manifest = load.manifest(allowed.project, settings, old, options.python, allowed.read)
    if options.check:
        from lockenv.commands.lock_check import checked

        return checked(old, manifest, project, settings, console)
    foreign_tables.refuse(manifest, project)
    moving = _moving(options, old)
    if not (options.upgrade or moving):
        manifest = settled(manifest, old)
    is_moving = options.upgrade or moving or options.refresh or sides or options.allow_build
    current = None if is_moving else _current(old, manifest, settings)
    if current is not None and old is not None and build_lock.withdrawn(old, project.lock, manifest):
        current = None  # whether it may still be locked is asked again
    lacking = build_lock.lacking(old, project.lock, manifest) if current is not None else ""
    if current is not None:
        needs = _tools_alone(current, lacking, manifest, project, options, settings, console) if lacking else None
        answer: Answer | Unsolvable | NeedsPermission = Answer(current, needs, manifest)
    else:
        answer = resolve(manifest, old, project, options, moving, settings, console, sides=sides)
    if isinstance(answer, NeedsPermission) and (more := build_policy.granted(answer, console)):
        return run(replace(options, allow_build=[*options.allow_build, *more]), settings, console)
    if not isinstance(answer, Answer):
        return outcome.tell_refusal(answer, console, command=command(options))
    if to_stdout:
        console.data(answer.text)
        return ExitCode.YES
    manifest = answer.manifest
    with contextlib.nullcontext() if options.dry_run else allowed.written(console):
        code = deliver(answer.text, old, project, manifest, settings, console, dry_run=options.dry_run)
    if (current is None or lacking) and not options.dry_run:
        from lockenv.builds import build_lock_resolver

        build_lock_resolver.deliver(answer.tools, project.lock, console)
    if options.record_builds and not options.dry_run and code is ExitCode.YES:
        from lockenv.builds.recording import record

        record(project, manifest, settings, console)
    return code


def command(options: Options) -> str:
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


class Answer(NamedTuple):
    """The texts of two locks, and what was asked in the end."""

    text: str
    tools: str | None
    """Of what builds need; None when nothing is built."""
    manifest: Manifest
    """What the first answers."""


def _tools_alone(
    text: str,
    reason: str,
    manifest: Manifest,
    project: load.Project,
    options: Options,
    settings: Settings,
    console: Console,
) -> str | None:
    """Return the lock of what builds the packages of the lock with `text`, whose pins stay; None for nothing."""
    from lockenv.builds import build_lock_resolver
    from lockenv.context.access import fetcher
    from lockenv.lockfile.text import read

    if not manifest.has_builds:
        return None
    console.note(f"{reason}: it is locked again")
    with fetcher(settings, manifest.indexes, base=project.base) as source:
        workshop = _workshop(manifest, project, options, settings, source, console)
        before = build_lock.before(project.lock)
        if workshop is None:
            return None
        return build_lock_resolver.text(read(text, project.lock_name), manifest, before, workshop, settings, source)


def _current(old: Lock | None, manifest: Manifest, settings: Settings) -> str | None:
    """Return the text of a lock that answers `manifest` as it stands; None when it has to be made again."""
    from lockenv.lockfile.digest import is_intact
    from lockenv.lockfile.freshness import compare
    from lockenv.lockfile.verdicts import Fresh

    if old is None or not isinstance(compare(old, manifest), Fresh) or not is_intact(old):
        return None
    if proof.faults(old, manifest, settings):
        return None  # an entry that was taken out leaves the digests of the others as they are
    from lockenv.lockfile.text import write

    return write(old.document)


def _old(project: load.Project, options: Options, console: Console) -> tuple[Lock | None, Sides | None]:
    """Return the lock that is there; of one that version control could not merge, our side, and both.

    Where every pin may move, a lock that cannot be understood stands in the way of nothing: then there is none.
    """
    try:
        lock = load.lock(project)
        if lock is not None and options.upgrade and not options.check:
            from lockenv.lockfile.validity import validate

            validate(lock)
    except InputError as error:
        from lockenv.operations.merge import parted

        sides = None if options.check else parted(project.lock)
        if sides is None and options.upgrade and not options.check:
            console.note(f"{error.message}: {project.lock_name} is made again from nothing")
            return None, None
        if sides is None:
            raise
    else:
        return lock, None
    console.note(f"{project.lock_name} has merge conflict markers: it is made anew from the pins of both sides")
    # Without its text it is never taken for what is in the file.
    return replace(sides.ours, text=""), sides


def resolve(
    manifest: Manifest,
    old: Lock | None,
    project: load.Project,
    options: Options,
    moving: dict[NormalizedName, str],
    settings: Settings,
    console: Console,
    declared: Callable[[Resolution], Manifest] | None = None,
    preferred: Sequence[Pin] | None = None,
    sides: Sides | None = None,
) -> Answer | Unsolvable | NeedsPermission:
    """Give the new lock, and that of what builds need, or why there is none.

    `declared` gives what the lock answers where only the resolution tells, in place of `manifest`; `preferred` are the
    pins that stay where they can, those of the old lock unless given, or those of both `sides` of a merge.
    """
    from lockenv.builds import build_lock_resolver
    from lockenv.context.access import catalog, fetcher
    from lockenv.context.file_hashes import hashed
    from lockenv.context.local_files import placed
    from lockenv.lockfile.conditions import left_out
    from lockenv.lockfile.pins import pins
    from lockenv.lockfile.text import read
    from lockenv.operations.merge import solve_from_both
    from lockenv.resolve.problem import problem
    from lockenv.resolve.solve import solve
    from lockenv.vocabulary.pin import Resolution, Unsolvable

    foreign_tables.refuse(manifest, project)
    foreign_tables.note(manifest, project, console)
    _note_python(manifest, project, console)
    if sides is not None:
        preferred = sides.preferred()
    locked = preferred if preferred is not None else pins(old) if old else ()
    with fetcher(settings, manifest.indexes, base=project.base, refresh=options.refresh) as source:
        workshop = _workshop(manifest, project, options, settings, source, console)
        told = _told(manifest, workshop, is_anew=options.upgrade or options.refresh)
        manifest = _with_told(manifest, told, project, settings, old)
        index = catalog(manifest, settings, source, workshop.metadata if workshop else None)
        asked, direct = resolution_inputs.with_direct(
            index, manifest, locked, options.upgrade or moving, source, workshop
        )
        question = problem(
            manifest,
            locked=locked,
            left_out=left_out(old) if old else (),
            upgrade=options.upgrade or frozenset(moving),
            requested={name: specifier for name, specifier in moving.items() if specifier},
            direct=direct,
        )
        progress = console.progress()
        answer = solve_from_both(question, sides, asked, progress) if sides else solve(question, asked, progress)
        if not isinstance(answer, Resolution):
            for note in index.unseen:
                console.note(note)
            return _explained(answer, manifest) if isinstance(answer, Unsolvable) and asked.is_own_lacking else answer
        for note in (*answer.notes, *index.notes):
            console.note(note)
        build_policy.note_unbuilt(answer.unbuilt, console, command(options))
        if manifest.policy.no_build:
            from lockenv.operations.held_back import note_held_back

            note_held_back(answer, question, manifest, asked, settings, source, console)
        _tell_effort(answer, settings, console)
        if declared is not None:
            from lockenv.builds.workspace import restated

            manifest = _with_told(declared(answer), told, project, settings, old)
            answer = restated(answer, manifest)
        manifest = load.with_itself(manifest, project, [{"name": pin.name} for pin in answer.pins])
        found = placed(hashed(answer, source, console.progress()), manifest.indexes, project.base)
        text = _text(found, manifest, old)
        if workshop is None:
            return Answer(text, None, manifest)
        before = build_lock.before(project.lock)
        new = read(text, project.lock_name)
        needs = build_lock_resolver.text(new, manifest, before, workshop, settings, source, upgrade=options.upgrade)
        return Answer(text, needs, manifest)


def _note_python(manifest: Manifest, project: load.Project, console: Console) -> None:
    if project.pyproject and manifest.requires_python_origin is None and not manifest.members:
        console.note(
            f"{load.relative(project.pyproject)} has no requires-python: locked for {manifest.requires_python}; "
            f'write requires-python = "{manifest.requires_python}" in [project] to fix it'
        )


def _told(manifest: Manifest, workshop: Workshop | None, *, is_anew: bool) -> Told | None:
    """Give what the project leaves to a build, which is asked where no build told it yet or `is_anew`."""
    if manifest.dynamic is None or workshop is None:
        return None
    if manifest.dynamic.told is not None and not is_anew:
        return manifest.dynamic.told
    from lockenv.builds.dynamic_metadata import told

    return told(manifest, workshop)


def _with_told(
    manifest: Manifest, told: Told | None, project: load.Project, settings: Settings, old: Lock | None
) -> Manifest:
    """Give `manifest` with what was `told`, for it decides what the rest of the project's text means."""
    if told is None or manifest.dynamic is None:
        return manifest

    def read(path: str) -> str:
        return manifest.text if path == project.pyproject else load.read_text(path)

    return replace(load.manifest(project, settings, old, read=read, told=told), policy=manifest.policy)


def _explained(answer: Unsolvable, manifest: Manifest) -> Unsolvable:
    """Give `answer` with what it is about the project itself that nothing it requires can require."""
    told = f"{manifest.name} is the project itself, which cannot be installed without a [build-system]"
    return replace(answer, hints=(f"{told}: add one, or rename it if another project is meant", *answer.hints))


def _workshop(
    manifest: Manifest, project: load.Project, options: Options, settings: Settings, source: Fetcher, console: Console
) -> Workshop | None:
    """Give what builds; None where nothing is to be built."""
    if not manifest.has_builds:
        return None
    before = None if options.upgrade else build_lock.tools(project.lock, is_relocked=True)
    return resolution_inputs.workshop(
        manifest, settings, source, console, before, anew=options.upgrade or options.refresh
    )


def _text(resolution: Resolution, manifest: Manifest, old: Lock | None) -> str:
    from lockenv.lockfile.compose import compose
    from lockenv.lockfile.digest import sealed_text

    return sealed_text(compose(resolution, manifest, old))


def deliver(
    text: str,
    old: Lock | None,
    project: load.Project,
    manifest: Manifest,
    settings: Settings,
    console: Console,
    *,
    dry_run: bool,
    heading: str = "",
) -> ExitCode:
    """Prove the very text that is to be written, tell what changes (below `heading`), write it."""
    from lockenv.lockfile.text import read

    new = read(text, project.lock_name)
    faults = proof.faults(new, manifest, settings)
    if faults:
        raise BugError(f"the new lock failed its proof: {'; '.join(faults)}", hint="please report this")
    if manifest.allowed_hosts:
        from lockenv.lockfile.hosts import refuse

        refuse(new, manifest.allowed_hosts)
    outcome.tell_changes(old, new, console, heading=heading)
    count = counted(len(new.packages), "package")
    if old is not None and old.text == text:
        console.say(f"{project.lock_name} is up to date ({count})")
        return ExitCode.YES
    if dry_run:
        console.say(f"{project.lock_name} would change ({count}); nothing was written")
        return ExitCode.YES
    _refuse_link_out(project)
    from lockenv.files.atomic import replace as write

    write(project.lock, text.encode(), durable=True)
    console.say(f"wrote {project.lock_name} ({count})")
    return ExitCode.YES


def _moving(options: Options, old: Lock | None) -> dict[NormalizedName, str]:
    """Give what `-P` names, each with the specifier it asks for; empty for the newest that fits."""
    from lockenv.vocabulary.requirement import parse

    moving = {}
    for text in options.upgrade_package:
        try:
            requirement = parse(text)
        except ValueError as error:
            raise UsageError(f"-P {text}: {str(error).splitlines()[0]}", hint="write -P NAME or -P NAME==V") from error
        if requirement.extras or requirement.marker or requirement.url:
            raise UsageError(f"-P {text}: only a name and a version can be asked for", hint="write -P NAME==V")
        if old is not None and all(package["name"] != requirement.name for package in old.packages):
            raise UsageError(f"-P {text}: {old.file} has no {requirement.name}", hint="see the names in the lock")
        moving[requirement.name] = requirement.specifier
    return moving


def _refuse_link_out(project: load.Project) -> None:
    """A lock that is a link to elsewhere would be written outside the project."""
    real = os.path.realpath(project.lock)
    home = os.path.realpath(os.path.dirname(project.lock))
    if os.path.islink(project.lock) and os.path.commonpath([real, home]) != home:
        raise UsageError(f"{project.lock_name} is a link that leads out of its directory to {real}", hint="remove it")


def _tell_effort(resolution: Resolution, settings: Settings, console: Console) -> None:
    if settings.verbose:
        effort = resolution.effort
        console.say(
            f"{counted(effort.rounds, 'round')}, {counted(effort.conflicts, 'conflict')}, "
            f"{counted(effort.regions, 'region')}, {counted(effort.metadata, 'metadata file')} looked at"
        )
