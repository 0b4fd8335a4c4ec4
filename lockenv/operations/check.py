"""Check a lock: whether it is fresh, intact, valid and sound.

In: CheckRequest. Out: CheckReport. Offline unless asked; loads neither network nor search. Never: printing, writing.
"""

from __future__ import annotations

import os

from lockenv.lockfile.freshness import compare
from lockenv.lockfile.inputs import recorded_manifest
from lockenv.lockfile.paths import build_lock_path
from lockenv.lockfile.verdicts import Loosened, Stale, Unknown
from lockenv.operations import known_answers, load, proof
from lockenv.operations.freshness import LOCK_AGAIN
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.late import late
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.progress import SILENT_LISTENER

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.builds import build_lock as builds_build_lock
    from lockenv.context.settings import Settings
    from lockenv.lockfile import cutoffs, hosts, licenses, member_lines, publishers, startup_code, validity
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.verdicts import Difference, Freshness
    from lockenv.operations import check_online, malware, named_locks
    from lockenv.operations.load import Project
    from lockenv.project import key_locations
    from lockenv.resolve import lock_soundness
    from lockenv.vocabulary.manifest import Manifest, StatedMetadata
    from lockenv.vocabulary.progress import Listener
else:
    builds_build_lock = late("lockenv.builds.build_lock")
    cutoffs = late("lockenv.lockfile.cutoffs")
    hosts = late("lockenv.lockfile.hosts")
    licenses = late("lockenv.lockfile.licenses")
    member_lines = late("lockenv.lockfile.member_lines")
    publishers = late("lockenv.lockfile.publishers")
    startup_code = late("lockenv.lockfile.startup_code")
    validity = late("lockenv.lockfile.validity")
    check_online = late("lockenv.operations.check_online")
    malware = late("lockenv.operations.malware")
    named_locks = late("lockenv.operations.named_locks")
    key_locations = late("lockenv.project.key_locations")
    lock_soundness = late("lockenv.resolve.lock_soundness")


_OF_REQUIREMENTS = ("dependencies", "requires-python")
"""Inputs that requirements files declare where there are any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """Which lock to check, and against what."""

    online: bool = False
    """Whether the indexes are asked about every locked file as well."""
    lockfile: str = ""
    """Where the lock is; empty for `pylock.toml` of the project."""
    requirements: tuple[str, ...] = ()
    """Requirements files as the user names them; empty for the project that is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found."""

    name: str
    """The lock as messages name it."""
    lock: Lock
    freshness: Freshness | None
    """None where the lock alone was checked."""
    findings: tuple[Finding, ...]
    is_lasting: bool = False
    """Whether the answer stays the same until a file of the project is changed."""

    @property
    def is_good(self) -> bool:
        """Whether nothing that was found is an error."""
        return not any(each.level == "error" for each in self.findings)

    @property
    def is_known(self) -> bool:
        """Whether it is known that the lock is up to date, or not."""
        return not isinstance(self.freshness, Unknown)

    @property
    def is_silent(self) -> bool:
        """Whether the answer is yes, lasting, and without a note."""
        return self.is_lasting and not (self.findings or self.lock.notes)


def check(request: CheckRequest, settings: Settings, listener: Listener = SILENT_LISTENER) -> CheckReport:
    """Return all that is found of the lock that `request` names.

    Raises UsageError and InputError where there is no lock or nothing that it is compared with, and NetworkError.
    """
    return check_project(load.project(settings, request.requirements, request.lockfile), request, settings, listener)


def check_project(project: Project, request: CheckRequest, settings: Settings, listener: Listener) -> CheckReport:
    """Return all that is found of the lock of `project`; see `check`."""
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock)
    freshness = compare(lock, manifest)
    found = [*_freshness(freshness, project, manifest), *_offline(lock, manifest, freshness, project, settings)]
    if request.online:
        for each in (lock, *_tools(manifest, project)):
            found += check_online.findings(each, manifest, project, settings, listener)
        if manifest.checks_malware or manifest.audited != "none":
            is_alone = manifest.audited != "all"
            found += malware.findings(lock, project, manifest.indexes, settings, malware_alone=is_alone)
    is_lasting = not request.online and known_answers.is_lasting(manifest)
    return CheckReport(
        name=project.lock_name, lock=lock, freshness=freshness, findings=tuple(found), is_lasting=is_lasting
    )


def check_lock(lock: Lock) -> CheckReport:
    """Return all that is found of `lock` alone: no project is read, no file opened, nothing asked.

    Of a lock that lockenv wrote, its digests and its closure are proved against the inputs that it records; of one by
    another tool, what the standard demands. Raises InputError for the first part that is not well-formed.
    """
    validity.validate(lock)
    found = proof.alterations(lock)
    if lock.own is not None:
        found += lock_soundness.unsound(lock, recorded_manifest(lock.own, lock.file))
    return CheckReport(name=lock.file, lock=lock, freshness=None, findings=tuple(found))


def _freshness(freshness: Freshness, project: Project, manifest: Manifest) -> list[Finding]:
    match freshness:
        case Loosened(differences=differences) | Stale(differences=differences):
            return [_different(each, project, manifest) for each in differences]
        case Unknown(reason=reason):
            return [Finding(rule="unknown", level="warning", sentence=reason)]
    return []


def _different(difference: Difference, project: Project, manifest: Manifest) -> Finding:
    satisfied = difference.is_satisfied
    head, _, group = difference.key.partition(".")
    # What was removed from a group may have been in any project of the workspace that has or had it.
    is_anywhere = head == "groups" and manifest.members and member_lines.owners_of(group, manifest) != [manifest.name]
    return Finding(
        rule="changed" if satisfied else "stale",
        level="note" if satisfied else "error",
        sentence=difference.sentence,
        origin=difference.origin or (None if is_anywhere else _place(difference.key, project)),
        hint="" if satisfied else LOCK_AGAIN,
    )


def _place(key: str, project: Project) -> Origin:
    """Return where the project writes, or wrote, the input `key`."""
    if project.named and (place := named_locks.place(project, key)) is not None:
        return place
    pyproject, own = load.document(project.pyproject or project.beside), load.document(project.own_settings)
    if project.requirements and key in _OF_REQUIREMENTS:
        return Origin(file=project.requirements[0], key=key)
    return key_locations.place(key, pyproject, own) or Origin(file=project.requirements[0], key=key)


def _offline(
    lock: Lock, manifest: Manifest, freshness: Freshness, project: Project, settings: Settings
) -> list[Finding]:
    """Return what the lock alone shows: its digests, the hosts of its files and, unless it is stale, its closure."""
    found = proof.alterations(lock, settings)
    if manifest.allowed_hosts:
        for each in (lock, *_tools(manifest, project)):
            found += hosts.foreign(each, manifest.allowed_hosts)
    if manifest.policy.has_cutoff:
        found += cutoffs.exceptions(lock)
    if manifest.licenses is not None and "licenses" in lock.inputs.table:
        found += licenses.findings(lock, manifest.licenses, manifest, settings.now[:10])
    if manifest.publishers and "publishers" in lock.inputs.table:
        found += publishers.violations(lock, manifest.publishers)
    if manifest.startup_allowed is not None and "deny-startup-code" in lock.inputs.table:
        found += startup_code.violations(lock, manifest.startup_allowed)
    # Nearly every lock has neither key, and the module takes longer to load than the text to look through.
    if "\npublished-before = " in lock.text or "\nattested-before = " in lock.text:
        found += publishers.changed(lock)
    if manifest.accept_faults:
        found += _accepted(lock, manifest, project)
    if manifest.stated:
        found += _stated(lock, manifest, project)
    if isinstance(freshness, Stale):
        return found
    found += proof.findings(lock, manifest, settings)
    # Of a lock of another tool, which locks no build, what builds need is resolved when it is installed.
    if not lock.is_foreign and (manifest.has_builds or os.path.isfile(build_lock_path(project.lock))):
        found += [
            Finding(rule="build-tools", level="error", sentence=fault, hint=LOCK_AGAIN)
            for fault in builds_build_lock.faults(lock, project.lock, manifest)
        ]
    return found


def _accepted(lock: Lock, manifest: Manifest, project: Project) -> list[Finding]:
    """Return a note for each locked project whose wheels may break rules."""
    return [
        Finding(
            rule="accepted",
            level="note",
            sentence=f"accept-faults lets wheels of {name} break {', '.join(manifest.accept_faults[name])}",
            origin=_place("accept-faults", project),
        )
        for name in sorted({package.name for package in lock.packages} & manifest.accept_faults.keys())
    ]


def _stated(lock: Lock, manifest: Manifest, project: Project) -> list[Finding]:
    """Return a note for each locked release whose metadata the project states itself."""
    releases = sorted({(package.name, package.version) for package in lock.packages})
    return [
        Finding(
            rule="stated",
            level="note",
            sentence=f"{name} {version}: dependency-metadata overrides {_what(stated)}",
            origin=_place("dependency-metadata", project),
        )
        for name, version in releases
        if (stated := manifest.statement(name, version))
    ]


def _what(stated: StatedMetadata) -> str:
    parts = ["its requirements"] if stated.requires is not None else []
    return " and ".join([*parts, *(["its Requires-Python"] if stated.requires_python else [])]) or "nothing"


def _tools(manifest: Manifest, project: Project) -> tuple[Lock, ...]:
    """Return the lock of what builds, when anything may be built and there is one."""
    if not manifest.has_builds:
        return ()
    found = builds_build_lock.read(project.lock)
    return () if found is None else (found,)
