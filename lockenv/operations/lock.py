"""Lock a project: resolve the requirements, prove the answer, write the lock.

In: LockRequest. Out: Locked, or why there is no new lock. Never: printing, asking.
"""

from __future__ import annotations

import os

from lockenv.context.project_files import parted
from lockenv.errors import InputError, UsageError
from lockenv.lockfile.cutoffs import settled
from lockenv.lockfile.lock import filename_of
from lockenv.operations import foreign_tables, known_answers, load, named_locks, proof
from lockenv.operations.delivery import deliver, deliver_builds
from lockenv.operations.permissions import Permissions
from lockenv.operations.resolving import NewLock, UpgradeChoice, names_to_refresh, resolve, workshop_for
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.pin import NeedsPermission
from lockenv.vocabulary.progress import SILENT_LISTENER
from lockenv.vocabulary.requirement import parse
from lockenv.vocabulary.wheeltags import UNIVERSAL

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.builds import build_lock, build_lock_resolver
    from lockenv.context import access
    from lockenv.context.settings import Settings
    from lockenv.lockfile import freshness, validity, verdicts
    from lockenv.lockfile import text as lockfile_text
    from lockenv.lockfile.conflict import ConflictSides
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import known_resolution, resolution_inputs, wheels_here
    from lockenv.operations import record_builds as operations_record_builds
    from lockenv.operations.delivery import DeliveredLock
    from lockenv.operations.known_answers import LockQuestion
    from lockenv.operations.load import Project
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Unsolvable
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.requirement import Requirement
else:
    lockfile_text = late("lockenv.lockfile.text")
    build_lock = late("lockenv.builds.build_lock")
    build_lock_resolver = late("lockenv.builds.build_lock_resolver")
    access = late("lockenv.context.access")
    freshness = late("lockenv.lockfile.freshness")
    verdicts = late("lockenv.lockfile.verdicts")
    validity = late("lockenv.lockfile.validity")
    operations_record_builds = late("lockenv.operations.record_builds")
    known_resolution = late("lockenv.operations.known_resolution")
    resolution_inputs = late("lockenv.operations.resolution_inputs")
    wheels_here = late("lockenv.operations.wheels_here")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """What to lock, and how."""

    requirements: tuple[str, ...] = ()
    """Requirements files as the user names them; empty for the project that is found."""
    lockfile: str = ""
    """Where the lock is; empty for `pylock.toml` of the project."""
    python: str = ""
    """The Pythons that requirements files are for, a specifier."""
    upgrade: bool = False
    upgrade_package: tuple[str, ...] = ()
    """Each a name, or a name with a specifier."""
    refresh: bool = False
    refresh_package: tuple[str, ...] = ()
    """Packages of which what the cache keeps of their indexes is not used."""
    allow_build: tuple[str, ...] = ()
    record_builds: bool = False
    dry_run: bool = False
    is_text_only: bool = False
    """Nothing is written: the text is all that is wanted."""
    is_synced_next: bool = False
    """A sync follows, which says itself what it would have to build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """The answer "yes": a lock that was proved, and what became of it."""

    new: NewLock
    delivered: DeliveredLock | None
    """None where only the text was wanted."""
    build_lock: str = ""
    """What was done with the lock of what builds need, a sentence; empty for nothing."""
    recorded: str = ""
    """What was done to record builds, a sentence; empty for nothing."""

    @property
    def is_silent(self) -> bool:
        """Whether nothing was resolved or written, and there is nothing to say, now or until a file is changed."""
        if self.delivered is None or self.new.started or self.new.unbuilt or self.new.build_lock is not None:
            return False
        if self.new.manifest.undeclared:
            return False
        said = self.delivered.findings or self.delivered.lookalikes or self.build_lock or self.recorded
        return self.delivered.fate == "same" and not said and known_answers.is_lasting(self.new.manifest)


def lock(
    request: LockRequest, settings: Settings, listener: Listener = SILENT_LISTENER
) -> Locked | Unsolvable | NeedsPermission:
    """Lock what `request` names, or return why not; nothing is written that is not proved.

    Raises InputError, UsageError, RefusedError and MachineError where there is no answer; files are as they were then.
    """
    project = load.project(settings, request.requirements, request.lockfile, is_text_only=request.is_text_only)
    asked = _asked(request, project, settings)
    old, sides = _old(project, request, listener)
    allowed = Permissions(project, request.allow_build, settings.accept_fault)
    manifest = load.manifest(allowed.project, settings, old, request.python, allowed.read)
    if old is not None and request.requirements and not (request.lockfile or request.is_text_only or settings.lock):
        named_locks.refuse_other(project, old, manifest)
    foreign_tables.refuse(manifest, project, settings)
    how = UpgradeChoice(
        upgrade=request.upgrade,
        named=_moving(request, old),
        refresh=request.refresh,
        refresh_packages=names_to_refresh(request.refresh_package),
    )
    if not (how.upgrade or how.named):
        manifest = settled(manifest, old)
    is_moving = how.upgrade or how.named or how.refresh or how.refresh_packages or sides or request.allow_build
    current = None if is_moving else _current(old, manifest, settings)
    if current is not None and old is not None and build_lock.withdrawn(old, project.lock, manifest):
        current = None  # whether it may still be locked is asked again
    lacking = build_lock.lacking(old, project.lock, manifest) if current is not None else ""
    answer: NewLock | Unsolvable | NeedsPermission
    if settings.log is not None:
        settings.log.step(f"{project.lock_name}: {_verdict(old, is_moving=bool(is_moving), is_current=bool(current))}")
    if current is None:
        answer = resolve(
            manifest, old, project, how, settings, listener, sides=sides, asked_before=None if sides else asked
        )
    else:
        if manifest.undeclared:
            resolution_inputs.note_undeclared(manifest, listener)
        needs = _build_lock_alone(current, lacking, manifest, project, how, settings, listener) if lacking else None
        answer = NewLock(current, needs, manifest)
    if isinstance(answer, NeedsPermission):
        named = wheels_here.with_all if request.is_synced_next else wheels_here.with_note
        answer = named(answer, manifest, project, settings)
    if not isinstance(answer, NewLock) or request.is_text_only:
        return Locked(new=answer, delivered=None) if isinstance(answer, NewLock) else answer
    return _written(
        answer, old, project, allowed, request, settings, listener, is_whole=current is None or bool(lacking)
    )


def _asked(request: LockRequest, project: Project, settings: Settings) -> LockQuestion | None:
    """Return what is resolved for `project` where all pins may move, and the request says nothing but that."""
    moves = request.upgrade_package or request.refresh or request.refresh_package
    if request.requirements or request.python or request.allow_build or settings.accept_fault or moves:
        return None
    if not (request.upgrade or not os.path.lexists(project.lock)):
        return None
    return known_resolution.asked(project, settings, is_upgrade=request.upgrade)


def _verdict(old: Lock | None, *, is_moving: bool, is_current: bool) -> str:
    """Return what is done about a lock, and why."""
    if is_current:
        return "it still answers what is declared"
    if old is None:
        return "resolving, as there is none yet"
    return f"resolving, {'as requested' if is_moving else 'as it does not answer what is declared'}"


def _written(
    answer: NewLock,
    old: Lock | None,
    project: Project,
    allowed: Permissions,
    request: LockRequest,
    settings: Settings,
    listener: Listener,
    *,
    is_whole: bool,
) -> Locked:
    """Write the lock, what is allowed from now on, and the lock of what builds need, if it `is_whole`."""
    if allowed.is_any and not request.dry_run:
        with allowed.written(listener):
            delivered = deliver(answer, old, project, settings)
    else:
        delivered = deliver(answer, old, project, settings, dry_run=request.dry_run)
    if answer.started and not request.is_synced_next:
        answer = _with_what_is_built_here(answer, delivered.new, project, settings)
    if request.dry_run:
        return Locked(new=answer, delivered=delivered)
    done = recorded = ""
    if is_whole:
        done = deliver_builds(answer.build_lock, project.lock)
    if request.record_builds:
        recorded = operations_record_builds.record(project, answer.manifest, settings, listener)
    return Locked(new=answer, delivered=delivered, build_lock=done, recorded=recorded)


def _with_what_is_built_here(answer: NewLock, new: Lock, project: Project, settings: Settings) -> NewLock:
    """Return `answer` with what of `new` has wheels, but none for the Python in use here, and may not be built."""
    policy, known = answer.manifest.policy, {one.name for one in answer.unbuilt}
    partly = [
        position
        for position, package in enumerate(new.packages)
        if package.sdist is not None
        and package.wheels
        and not filename_of(package.wheels[-1]).endswith(UNIVERSAL)
        and not policy.may_build(package.name)
        and package.name not in known
    ]
    more = wheels_here.lacking(new, partly, project, settings) if partly else ()
    unbuilt = sorted((*answer.unbuilt, *more), key=lambda one: (one.name, one.version))
    return answer._replace(unbuilt=tuple(unbuilt))


def _build_lock_alone(
    text: str,
    reason: str,
    manifest: Manifest,
    project: Project,
    how: UpgradeChoice,
    settings: Settings,
    listener: Listener,
) -> str | None:
    """Return the lock of what builds the packages of the lock with `text`, whose pins stay; None for nothing."""
    if not manifest.has_builds:
        return None
    listener.note(f"{reason}; locking again")
    with access.fetcher(settings, manifest.indexes, base=project.base) as source:
        workshop = workshop_for(manifest, project, how, settings, source, listener)
        before = build_lock.before(project.lock)
        return build_lock_resolver.text(
            lockfile_text.read(text, project.lock_name), manifest, before, workshop, settings, source, listener
        )


def _current(old: Lock | None, manifest: Manifest, settings: Settings) -> str | None:
    """Return the text of a lock that answers `manifest` as it is; None when it has to be made again."""
    if old is None or not isinstance(freshness.compare(old, manifest), verdicts.Fresh):
        return None
    if not proof.is_intact(old, settings):
        return None
    if proof.faults(old, manifest, settings):
        return None  # an entry that was taken out leaves the digests of the others as they are
    return proof.canonical_text(old, settings)


def _old(project: Project, request: LockRequest, listener: Listener) -> tuple[Lock | None, ConflictSides | None]:
    """Return the lock that is there; of one that version control could not merge, our side, and both.

    Where every pin may move, a lock that cannot be understood is no obstacle: then there is none.
    """
    try:
        found = load.lock(project)
        if found is not None and request.upgrade:
            validity.validate(found)
    except InputError as error:
        sides = parted(project.lock)
        if sides is None and request.upgrade:
            listener.note(f"{error.message}; locking {project.lock_name} from scratch")
            return None, None
        if sides is None:
            raise
    else:
        return found, None
    listener.note(f"{project.lock_name} has merge conflict markers; locking again with the pins of both sides")
    # Without its text it is never taken for what is in the file.
    return replace(sides.ours, text=""), sides


def _moving(request: LockRequest, old: Lock | None) -> dict[NormalizedName, str]:
    """Return what `-P` names, each with the specifier it asks for; empty for the newest that fits."""
    moving = {}
    for text in request.upgrade_package:
        requirement = upgrade(text)
        if old is not None and all(package.name != requirement.name for package in old.packages):
            raise UsageError(
                f"-P {text}: {requirement.name} is not in {old.file}",
                hint="run `lockenv tree` to list the locked packages",
            )
        moving[requirement.name] = requirement.specifier
    return moving


def upgrade(text: str) -> Requirement:
    """Return what `-P` asks for by `text`. Raises UsageError."""
    try:
        requirement = parse(text)
    except ValueError as error:
        raise UsageError(f"-P {text}: {str(error).splitlines()[0]}", hint="use -P NAME or -P NAME==VERSION") from error
    if requirement.extras or requirement.marker or requirement.url:
        raise UsageError(
            f"invalid value `{text}` for -P; expected NAME or NAME==VERSION", hint="use -P NAME or -P NAME==VERSION"
        )
    return requirement
