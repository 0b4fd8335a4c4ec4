"""Raise the fewest pins that end known vulnerabilities: those that have one, and what they force along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds import build_lock_resolver, build_policy
from lockenv.lockfile.text import read
from lockenv.operations import load
from lockenv.operations.delivery import deliver
from lockenv.operations.resolving import NewLock, UpgradeChoice, resolve
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pep440 import Key, read_version, version_key
from lockenv.vocabulary.pin import Unsolvable

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.audit import Auditor, Report
    from lockenv.operations.delivery import DeliveredLock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission
    from lockenv.vocabulary.progress import Listener

    Moving = dict[NormalizedName, str]
    """Names with the specifier of the versions that are not vulnerable."""

_ROUNDS = 5
"""A version that ends one vulnerability may have another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradedLock:
    """A lock with fewer vulnerabilities, and what became of it."""

    lock: Lock
    delivered: DeliveredLock
    build_lock: str
    """What was done with the lock of what builds need, a sentence; empty for nothing."""


def raised(
    found: Report,
    old: Lock,
    project: load.Project,
    auditor: Auditor,
    settings: Settings,
    listener: Listener,
    *,
    dry_run: bool,
) -> UpgradedLock | None:
    """Lock with what is vulnerable raised, and write it; return None where nothing can be raised."""
    manifest = load.manifest(project, settings, old)
    moving: Moving = {}
    best: tuple[Lock, NewLock] | None = None
    for _ in range(_ROUNDS):
        wanted = {name: text for name, text in _fixes(found).items() if moving.get(name) != text}
        # Together where that goes, else one after the other: what fits stays in.
        for part in (wanted, *({name: text} for name, text in sorted(wanted.items()) if len(wanted) > 1)):
            answer = _tried({**moving, **part}, manifest, old, project, settings, listener) if part else None
            if isinstance(answer, NewLock):
                moving |= part
                best = read(answer.text, project.lock_name), answer
            elif len(part) == 1:
                (name,) = part
                version = part[name].removeprefix(">=")
                why = "no index has a version that the requirements allow" if answer is None else _unbuilt(answer)
                listener.warn(f"cannot upgrade {name} to {version} or later: {why}")
            if part is wanted and isinstance(answer, NewLock):
                break
        if not wanted or best is None:
            break
        found = auditor.report(best[0])
    if best is None:
        return None
    new, chosen = best
    delivered = deliver(chosen, old, project, settings, dry_run=dry_run)
    done = "" if dry_run else build_lock_resolver.deliver(chosen.build_lock, project.lock)
    return UpgradedLock(lock=new, delivered=delivered, build_lock=done)


def _fixes(found: Report) -> Moving:
    """Return for each vulnerable project the specifier of what ends all its vulnerabilities, where that is known."""
    lowest: dict[NormalizedName, tuple[Key, str]] = {}
    for one in found.counted:
        later = []
        for text in one.advisory.fixed:
            try:
                normalized, key = read_version(text)
            except ValueError:
                continue  # what is no version cannot be asked for
            if key > version_key(one.release.version):
                later.append((key, normalized))
        if later:
            name = normalize(one.release.name)
            lowest[name] = max(lowest.get(name, min(later)), min(later))
    return {name: f">={lowest[name][1]}" for name in sorted(lowest)}


def _tried(
    moving: Moving, manifest: Manifest, old: Lock, project: load.Project, settings: Settings, listener: Listener
) -> NewLock | NeedsPermission | None:
    answer = resolve(manifest, old, project, UpgradeChoice(named=moving), settings, listener)
    return None if isinstance(answer, Unsolvable) else answer


def _unbuilt(answer: NeedsPermission) -> str:
    names = sorted({one.name for one in answer.packages})
    return f"{', '.join(names)} must be built; run `{build_policy.allowing('lockenv lock', names)}` to allow it"
