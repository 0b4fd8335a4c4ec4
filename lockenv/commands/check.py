"""`lockenv check`: is the lock fresh, intact, valid and sound? Offline; loads neither network nor search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.commands import gather, proof, verdict
from lockenv.errors import ExitCode
from lockenv.lockfile.digest import is_intact
from lockenv.lockfile.freshness import compare
from lockenv.lockfile.verdicts import Fresh, Loosened, Stale, Unknown
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.commands.settings import Settings
    from lockenv.console import Console
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.verdicts import Difference, Freshness
    from lockenv.vocabulary.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv check` was asked."""

    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Answer yes or no, with every reason for a no."""
    project = gather.project(settings, options.requirements, options.lockfile)
    lock = gather.needed_lock(project)
    manifest = gather.manifest(project, settings, lock)
    freshness = compare(lock, manifest)
    tampered = is_intact(lock) is False
    faults = () if isinstance(freshness, Stale) else _faults(lock, manifest, project, settings)
    for note in lock.notes:
        console.note(note)
    code = verdict.tell(freshness, project.lock_name, console)
    if tampered:
        console.answer_no(
            f"{project.lock_name} was changed since lockenv wrote it: its digest does not match",
            hint="restore it from version control, or lock again",
        )
        code = ExitCode.NO
    if faults:
        console.answer_no(f"{project.lock_name} is not sound", [(fault, None) for fault in faults], verdict.MEND)
        code = ExitCode.NO
    if options.json:
        console.json(_report(freshness, faults, tampered=tampered, ok=code is ExitCode.YES))
    elif code is ExitCode.YES:
        console.say(f"{project.lock_name} is good ({len(lock.packages)} packages)")
    return code


def _faults(lock: Lock, manifest: Manifest, project: gather.Project, settings: Settings) -> tuple[str, ...]:
    """Give what is wrong with a lock that is not stale, and with what locks its builds."""
    found = proof.faults(lock, manifest, settings)
    if manifest.policy.allow_build:
        from lockenv.commands import tools

        found = (*found, *tools.faults(lock, project.lock, manifest))
    return found


def _report(freshness: Freshness, faults: Sequence[str], *, tampered: bool, ok: bool) -> dict[str, object]:
    found: tuple[Difference, ...] = ()
    match freshness:
        case Fresh():
            word = "fresh"
        case Loosened(differences=found):
            word = "satisfied"
        case Stale(differences=found):
            word = "stale"
        case Unknown():
            word = "unknown"
    return {
        "schema": 1,
        "ok": ok,
        "freshness": word,
        "intact": not tampered,
        "faults": list(faults),
        "differences": [
            {
                "key": each.key,
                "sentence": each.sentence,
                "satisfied": each.is_satisfied,
                "file": each.origin.file if each.origin else None,
                "line": each.origin.line if each.origin else None,
            }
            for each in found
        ],
    }
