"""`lockenv check`: whether the lock is fresh, intact, valid and sound.

Offline unless told; loads neither network nor search.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import ExitCode, LockenvError
from lockenv.lockfile.freshness import compare
from lockenv.lockfile.paths import build_lock_path
from lockenv.lockfile.verdicts import Loosened, Stale, Unknown
from lockenv.operations import load, proof
from lockenv.report import outcome
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.verdicts import Difference, Freshness
    from lockenv.vocabulary.manifest import Manifest, StatedMetadata
    from lockenv.vocabulary.origin import Origin

_OF_REQUIREMENTS = ("dependencies", "requires-python")
"""Inputs that requirements files declare where there are any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv check` was asked."""

    online: bool
    json: bool
    format: str
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer yes or no, with every reason for a no."""
    project = load.project(settings, options.requirements, options.lockfile)
    form = "json" if options.json else options.format
    try:
        lock, freshness, found = _looked(options, project, settings, console)
    except LockenvError as error:
        if form != "text":
            from lockenv.report.findings import show, unanswered

            show([unanswered(error, project.lock_name)], form, settings, console)
        raise
    for note in lock.notes:
        console.note(note)
    code = ExitCode.NO if any(each.level == "error" for each in found) else ExitCode.YES
    if found:
        from lockenv.report.findings import tell

        tell(found, project.lock_name, console)
    if code is ExitCode.YES and form == "text":
        count = len(lock.packages)
        console.say(f"{project.lock_name} is good ({counted(count, 'package')})")
    if form != "text":
        from lockenv.report.findings import show

        show(found, form, settings, console, freshness)
    return code


def _looked(
    options: Options, project: load.Project, settings: Settings, console: Console
) -> tuple[Lock, Freshness, list[Finding]]:
    """Give the lock, the verdict on its freshness, and all that was found."""
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock)
    freshness = compare(lock, manifest)
    found = [*_freshness(freshness, project), *_offline(lock, manifest, freshness, project, settings)]
    if options.online:
        from lockenv.operations.check_online import findings

        for each in (lock, *_tools(manifest, project)):
            found += findings(each, manifest, project, settings, console)
    return lock, freshness, found


def _freshness(freshness: Freshness, project: load.Project) -> list[Finding]:
    match freshness:
        case Loosened(differences=differences) | Stale(differences=differences):
            return [_different(each, project) for each in differences]
        case Unknown(reason=reason):
            return [Finding(rule="unknown", level="warning", sentence=reason)]
    return []


def _different(difference: Difference, project: load.Project) -> Finding:
    satisfied = difference.is_satisfied
    return Finding(
        rule="changed" if satisfied else "stale",
        level="note" if satisfied else "error",
        sentence=difference.sentence,
        origin=difference.origin or _place(difference.key, project),
        mend="" if satisfied else outcome.MEND,
    )


def _place(key: str, project: load.Project) -> Origin:
    """Give where the project writes, or wrote, the input `key`."""
    from lockenv.project.key_locations import place
    from lockenv.vocabulary.origin import Origin

    pyproject, own = load.document(project.pyproject or project.beside), load.document(project.own_settings)
    if project.requirements and key in _OF_REQUIREMENTS:
        return Origin(file=project.requirements[0], key=key)
    return place(key, pyproject, own) or Origin(file=project.requirements[0], key=key)


def _offline(
    lock: Lock, manifest: Manifest, freshness: Freshness, project: load.Project, settings: Settings
) -> list[Finding]:
    """Give what the lock alone tells: its digests, the hosts of its files and, unless it is stale, its closure."""
    found = proof.alterations(lock)
    if manifest.allowed_hosts:
        from lockenv.lockfile.hosts import foreign

        for each in (lock, *_tools(manifest, project)):
            found += foreign(each, manifest.allowed_hosts)
    if manifest.accept_faults:
        found += _accepted(lock, manifest, project)
    if manifest.stated:
        found += _stated(lock, manifest, project)
    if isinstance(freshness, Stale):
        return found
    found += proof.findings(lock, manifest, settings)
    # Of a lock of another tool, which locks no build, what builds need is resolved when it is installed.
    if lock.own is not None and (manifest.has_builds or os.path.isfile(build_lock_path(project.lock))):
        from lockenv.builds import build_lock

        found += [
            Finding(rule="build-tools", level="error", sentence=fault, mend=outcome.MEND)
            for fault in build_lock.faults(lock, project.lock, manifest)
        ]
    return found


def _accepted(lock: Lock, manifest: Manifest, project: load.Project) -> list[Finding]:
    """Return a note for each locked project whose wheels may break rules."""
    return [
        Finding(
            rule="accepted",
            level="note",
            sentence=f"wheels of {name} may break {', '.join(manifest.accept_faults[name])}",
            origin=_place("accept-faults", project),
        )
        for name in sorted({package.name for package in lock.packages} & manifest.accept_faults.keys())
    ]


def _stated(lock: Lock, manifest: Manifest, project: load.Project) -> list[Finding]:
    """Return a note for each locked release whose metadata the project states itself."""
    releases = sorted({(package.name, package.version) for package in lock.packages})
    return [
        Finding(
            rule="stated",
            level="note",
            sentence=f"{name} {version}: the project states {_what(stated)}, not its files",
            origin=_place("dependency-metadata", project),
        )
        for name, version in releases
        if (stated := manifest.statement(name, version))
    ]


def _what(stated: StatedMetadata) -> str:
    parts = ["what it requires"] if stated.requires is not None else []
    return " and ".join([*parts, *(["the Pythons it runs on"] if stated.requires_python else [])]) or "nothing"


def _tools(manifest: Manifest, project: load.Project) -> tuple[Lock, ...]:
    """Give the lock of what builds, when anything may be built and there is one."""
    if not manifest.has_builds:
        return ()
    from lockenv.builds.build_lock import read

    found = read(project.lock)
    return () if found is None else (found,)
