"""Resolve what a project declares into the text of a lock, and of the lock of what builds need.

In: a Manifest, the former lock, which pins may move. Out: NewLock, or why there is none. Never: writing a file.
"""

from __future__ import annotations

from time import monotonic

from lockenv.builds.build_answers import BuildAnswers
from lockenv.context.project_files import read_text
from lockenv.errors import UsageError
from lockenv.lockfile.cutoffs import with_exceptions
from lockenv.lockfile.digest import sealed_with_text
from lockenv.operations import foreign_tables, load, proof, resolution_inputs
from lockenv.vocabulary.dataclasses import NamedTuple, dataclass, field, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import cache, partial
from lockenv.vocabulary.names import is_valid, normalize
from lockenv.vocabulary.pin import Resolution, Unsolvable
from lockenv.vocabulary.progress import during

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from lockenv.builds import build_lock, build_lock_resolver, dynamic_metadata, workspace
    from lockenv.builds.builder import WheelBuilder
    from lockenv.context import access, file_hashes, local_files
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index import index_access, quarantine
    from lockenv.index.catalog import Catalog as IndexCatalog
    from lockenv.index.page import File
    from lockenv.lockfile import compose as lockfile_compose
    from lockenv.lockfile import conditions, index_memory
    from lockenv.lockfile import pins as lockfile_pins
    from lockenv.lockfile import text as lockfile_text
    from lockenv.lockfile.conflict import ConflictSides
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import (
        held_back,
        identities,
        known_resolution,
        listed_hashes,
        merge,
        python_record,
        startup_code,
    )
    from lockenv.operations.known_answers import LockQuestion
    from lockenv.operations.known_resolution import KnownResolution, NoteRecorder
    from lockenv.operations.load import Project
    from lockenv.resolve import environment_forks
    from lockenv.resolve import problem as resolve_problem
    from lockenv.resolve import solve as resolve_solve
    from lockenv.resolve.catalog import Catalog
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.locked_python import LockedPython
    from lockenv.vocabulary.manifest import BuildStatement, Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Effort, NeedsPermission, Pin, UnbuiltRelease
    from lockenv.vocabulary.progress import Listener
else:
    lockfile_text = late("lockenv.lockfile.text")
    build_lock = late("lockenv.builds.build_lock")
    build_lock_resolver = late("lockenv.builds.build_lock_resolver")
    dynamic_metadata = late("lockenv.builds.dynamic_metadata")
    workspace = late("lockenv.builds.workspace")
    access = late("lockenv.context.access")
    file_hashes = late("lockenv.context.file_hashes")
    local_files = late("lockenv.context.local_files")
    lockfile_compose = late("lockenv.lockfile.compose")
    index_access = late("lockenv.index.index_access")
    quarantine = late("lockenv.index.quarantine")
    conditions = late("lockenv.lockfile.conditions")
    index_memory = late("lockenv.lockfile.index_memory")
    lockfile_pins = late("lockenv.lockfile.pins")
    held_back = late("lockenv.operations.held_back")
    identities = late("lockenv.operations.identities")
    known_resolution = late("lockenv.operations.known_resolution")
    startup_code = late("lockenv.operations.startup_code")
    listed_hashes = late("lockenv.operations.listed_hashes")
    merge = late("lockenv.operations.merge")
    python_record = late("lockenv.operations.python_record")
    environment_forks = late("lockenv.resolve.environment_forks")
    resolve_problem = late("lockenv.resolve.problem")
    resolve_solve = late("lockenv.resolve.solve")

_LATER = (
    "lockenv.resolve.solve",
    "lockenv.index.page_slices",
    "lockenv.index.notes",
    "lockenv.index.quarantine",
    "lockenv.index.wellknown",
    "lockenv.context.local_files",
    "lockenv.context.file_hashes",
    "lockenv.lockfile.compose",
    "lockenv.lockfile.artifact",
    "lockenv.lockfile.conditions",
    "lockenv.lockfile.validity",
    "lockenv.lockfile.direct",
    "lockenv.lockfile.pins",
    "lockenv.resolve.lock_soundness",
)
"""The modules that a resolution needs when servers have answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeChoice:
    """Which pins of the former lock may move; by default none that still fits."""

    upgrade: bool = False
    """All of them."""
    named: Mapping[NormalizedName, str] = field(default_factory=dict)
    """These, each with the specifier that is asked for; empty for the newest that fits."""
    refresh: bool = False
    """None, but what the cache holds of indexes is asked for again."""
    refresh_packages: frozenset[NormalizedName] = frozenset()
    """None, but what the cache holds of the indexes about these is asked for again."""


def _begin(question: Problem, asked: Catalog, source: Fetcher) -> None:
    """Have what the project requires on its way, where copies of this process fetch it, and load the rest meanwhile."""
    if source.has_copies:
        asked.expect(environment_forks.expected(question))
        for module in _LATER:
            __import__(module)


def names_to_refresh(written: Iterable[str]) -> frozenset[NormalizedName]:
    """Return the packages that `--refresh-package` names. Raises UsageError for what is no name."""
    for name in written:
        if not is_valid(name):
            raise UsageError(f"`{name}` is not a package name", hint="use --refresh-package NAME")
    return frozenset(map(normalize, written))


class NewLock(NamedTuple):
    """The texts of two locks, and what was asked in the end."""

    text: str
    build_lock: str | None
    """Of what builds need; None when nothing is built."""
    manifest: Manifest
    """What the first answers."""
    unbuilt: tuple[UnbuiltRelease, ...] = ()
    """What has no wheel and may not be built yet, sorted by name and version."""
    effort: Effort | None = None
    """None when nothing was resolved."""
    started: float = 0.0
    """When the resolution began, by the monotonic clock."""
    document: Mapping[str, Any] | None = None
    """What the first text was made from, and reads as; None where nothing was resolved."""


def resolve(
    manifest: Manifest,
    old: Lock | None,
    project: Project,
    how: UpgradeChoice,
    settings: Settings,
    listener: Listener,
    declared: Callable[[Resolution], Manifest] | None = None,
    preferred: Sequence[Pin] | None = None,
    sides: ConflictSides | None = None,
    asked_before: LockQuestion | None = None,
) -> NewLock | Unsolvable | NeedsPermission:
    """Return the new lock, and that of what builds need, or why there is none.

    `declared` returns what the lock answers where only the resolution shows it, in place of `manifest`; `preferred` are
    the pins that stay where they can, those of the old lock unless given, or those of both `sides` of a merge. The
    answer may be known where the same was `asked_before`.
    """
    started = monotonic()
    manifest = with_exceptions(manifest, old)
    python = _python(manifest, old, project, how, settings)
    foreign_tables.refuse(manifest, project, settings)
    foreign_tables.note(manifest, project, settings, listener)
    resolution_inputs.note_declared(manifest, project, listener)
    if sides is not None:
        preferred = sides.preferred()
    if preferred is None:
        preferred = lockfile_pins.pins(old, is_proved=proof.is_proved(old, settings)) if old else ()
        foreign_tables.note_locks(project, old, settings, listener)
    with (
        access.fetcher(
            settings,
            manifest.indexes,
            base=project.base,
            refresh=how.refresh,
            refresh_packages=how.refresh_packages,
            looks_up=True,
        ) as source,
        during(listener.progress(), "resolving"),
    ):
        heard = known_resolution.NoteRecorder(listener) if asked_before is not None else None
        answers = BuildAnswers()
        opened = cache(partial(workshop_for, manifest, project, how, settings, source, heard or listener, answers))

        def built_metadata(file: File, name: NormalizedName, version: str) -> bytes:
            return opened().metadata(file, name, version)

        reported = _reported(manifest, opened, is_renewed=how.upgrade or how.refresh)
        manifest = _with_reported(manifest, reported, project, settings, old)
        resolution_inputs.note_undeclared(manifest, listener)
        index = access.catalog(manifest, settings, source, built_metadata if manifest.has_builds else None)
        known = _known(asked_before, manifest, index, source, heard, answers, opened) or _Unknown(listener)
        if (texts := known.texts()) is not None:
            _note_all(source.cache_notes, listener)
            return NewLock(texts.text, texts.build_lock, manifest, started=started)
        workshop = opened() if manifest.has_builds else None
        hearing, listener = listener, known.heard
        index.suppose(_supposed(preferred, manifest, settings))
        asked, direct = resolution_inputs.with_direct(
            index, manifest, preferred, how.upgrade or how.named, source, workshop
        )
        question = resolve_problem.problem(
            manifest,
            locked=preferred,
            left_out=conditions.left_out(old) if old else (),
            upgrade=how.upgrade or frozenset(how.named),
            requested={name: specifier for name, specifier in how.named.items() if specifier},
            direct=direct,
        )
        _begin(question, asked, source)
        progress = listener.progress()
        answer = (
            merge.solve_from_both(question, sides, asked, progress)
            if sides
            else resolve_solve.solve(question, asked, progress, report=settings.log.detail if settings.log else None)
        )
        if not isinstance(answer, Resolution):
            _note_all(index.unseen, listener)
            return _explained(answer, manifest) if isinstance(answer, Unsolvable) and asked.is_own_lacking else answer
        quarantine.refuse(answer.pins, index)
        _note_all((*answer.notes, *index.notes), listener)
        _note_all(source.cache_notes, hearing)
        if manifest.policy.no_build:
            held_back.note_held_back(answer, question, manifest, asked, settings, source, listener)
        if declared is not None:
            manifest = _with_reported(declared(answer), reported, project, settings, old)
            answer = workspace.restated(answer, manifest)
        manifest = load.with_itself(manifest, project, {pin.name for pin in answer.pins})
        source.ask_no_more()
        found = local_files.place_files(_hashed(answer, manifest, source, listener), manifest.indexes, project.base)
        document = lockfile_compose.compose(found, manifest, old, python)
        if old is not None and (changed := index_memory.changed(document, old)):
            listener.note(changed)
        if manifest.publishers is not None or old is not None:
            document = identities.with_identities(
                document,
                found.pins,
                old,
                index.known,
                source,
                listener,
                is_recorded=manifest.publishers is not None,
                refreshed=how.refresh_packages,
            )
        if manifest.startup_allowed is not None:
            document = startup_code.with_startup_code(document, old, source, listener)
        document, text = sealed_with_text(document, old if old and proof.is_composed(old, settings) else None)
        needs = None
        if workshop is not None:
            before = build_lock.before(project.lock)
            new = lockfile_text.read(text, project.lock_name)
            needs = build_lock_resolver.text(
                new, manifest, before, workshop, settings, source, listener, upgrade=how.upgrade
            )
        known.remember(text, needs, answer, old)
        return NewLock(text, needs, manifest, found.unbuilt, found.effort, started, document)


def _known(
    asked: LockQuestion | None,
    manifest: Manifest,
    index: IndexCatalog,
    source: Fetcher,
    heard: NoteRecorder | None,
    answers: BuildAnswers,
    opened: Callable[[], WheelBuilder],
) -> KnownResolution | None:
    if asked is None or heard is None:
        return None
    return known_resolution.known(asked, manifest, index, source, heard, answers, opened)


def _supposed(preferred: Sequence[Pin], manifest: Manifest, settings: Settings) -> list[NormalizedName]:
    """Return the projects of pins that the same index would be asked for again.

    One that is no longer declared, or no longer for a project, may be private: no other is to hear of its names.
    """
    indexes = access.accesses(manifest, settings) if preferred else []
    return [pin.name for pin in preferred if index_access.is_asked(indexes, manifest.sources, pin.name, pin.index)]


@dataclass(frozen=True, slots=True)
class _Unknown:
    """What is known of an answer that cannot be remembered."""

    heard: Listener

    def texts(self) -> None:
        pass

    def remember(self, text: str, build_lock: str | None, found: Resolution, old: Lock | None) -> None:
        pass


def _note_all(notes: Iterable[str], listener: Listener) -> None:
    for note in notes:
        listener.note(note)


def _hashed(answer: Resolution, manifest: Manifest, source: Fetcher, listener: Listener) -> Resolution:
    """Return `answer` with a sha256 for every file. Raises RefusedError for what is not listed."""
    found = file_hashes.hashed(answer, source, listener.progress())
    if manifest.policy.hashes or manifest.policy.hashes_required:
        listed_hashes.refuse(found.pins, manifest.policy)
    return found


def _python(
    manifest: Manifest, old: Lock | None, project: Project, how: UpgradeChoice, settings: Settings
) -> LockedPython | None:
    if not manifest.python:
        return None
    return python_record.chosen(manifest, old, project, settings, is_upgraded=how.upgrade)


def _reported(manifest: Manifest, opened: Callable[[], WheelBuilder], *, is_renewed: bool) -> BuildStatement | None:
    """Return what the project leaves to a build, which is asked where no build reported it yet or `is_renewed`."""
    if manifest.dynamic is None or not manifest.has_builds:
        return None
    if manifest.dynamic.reported is not None and not is_renewed:
        return manifest.dynamic.reported
    return dynamic_metadata.ask_build(manifest, opened())


def _with_reported(
    manifest: Manifest, reported: BuildStatement | None, project: Project, settings: Settings, old: Lock | None
) -> Manifest:
    """Return `manifest` with what a build `reported`, which decides what the rest of the project means."""
    if reported is None or manifest.dynamic is None:
        return manifest

    def read(path: str) -> str:
        return manifest.text if path == project.pyproject else read_text(path)

    return replace(load.manifest(project, settings, old, read=read, reported=reported), policy=manifest.policy)


def _explained(answer: Unsolvable, manifest: Manifest) -> Unsolvable:
    """Return `answer` with what it is about the project itself that nothing it requires can require."""
    fault = f"the project {manifest.name} requires itself, but has no [build-system] and cannot be installed"
    return replace(
        answer,
        hints=(f"{fault}; add a [build-system], or rename the project if another package is meant", *answer.hints),
    )


def workshop_for(
    manifest: Manifest,
    project: Project,
    how: UpgradeChoice,
    settings: Settings,
    source: Fetcher,
    listener: Listener,
    answers: BuildAnswers | None = None,
) -> WheelBuilder:
    """Return what builds, and notes what it answers in `answers`."""
    before = None if how.upgrade else build_lock.tools(project.lock, is_relocked=True)
    return resolution_inputs.workshop(
        manifest, settings, source, listener, before, from_scratch=how.upgrade or how.refresh, answers=answers
    )
