"""Raise the fewest pins that end known vulnerabilities: those that have one, and what they force along."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lockenv.builds import build_policy
from lockenv.lockfile.text import read
from lockenv.operations import load
from lockenv.operations.delivery import deliver, deliver_builds
from lockenv.operations.resolving import NewLock, UpgradeChoice, resolve
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.manifest import CutoffException
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pep440 import Key, read_version, version_key
from lockenv.vocabulary.pin import Unsolvable

if TYPE_CHECKING:
    from collections.abc import Callable

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
    Answer = NewLock | NeedsPermission | None

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
    tried = partial(_tried, old=old, project=project, settings=settings, listener=listener)
    moving: Moving = {}
    best: tuple[Lock, NewLock] | None = None
    for _ in range(_ROUNDS):
        wanted = {name: text for name, text in _fixes(found).items() if moving.get(name) != text}
        # Together where that goes, else one after the other: what fits stays in.
        for part in (wanted, *({name: text} for name, text in sorted(wanted.items()) if len(wanted) > 1)):
            answer, moved, manifest = _with_exception(part, moving, found, manifest, tried)
            if isinstance(answer, NewLock):
                moving |= moved
                best = read(answer.text, project.lock_name), answer
            elif len(part) == 1:
                (name,) = part
                version = part[name].removeprefix(">=")
                why = "no index has a version that the requirements allow" if answer is None else _unbuilt(answer)
                listener.warn(f"cannot upgrade {name} to {version} or later: {why}")
            if isinstance(answer, NewLock) and part.keys() == wanted.keys():
                break
        if not wanted or best is None:
            break
        found = auditor.report(best[0])
    if best is None:
        return None
    new, chosen = best
    delivered = deliver(chosen, old, project, settings, dry_run=dry_run)
    done = "" if dry_run else deliver_builds(chosen.build_lock, project.lock)
    return UpgradedLock(lock=new, delivered=delivered, build_lock=done)


def _with_exception(
    part: Moving, moving: Moving, found: Report, manifest: Manifest, tried: Callable[[Moving, Manifest], Answer]
) -> tuple[Answer, Moving, Manifest]:
    """Return the answer that moves `part` too; where the cutoff leaves none, with one release that may pass it."""
    answer = tried({**moving, **part}, manifest) if part else None
    past = _past_cutoff(part, found, manifest) if answer is None and len(part) == 1 else None
    if past is not None:
        only = {name: text.replace(">=", "==") for name, text in part.items()}
        answer = tried({**moving, **only}, past)
        if isinstance(answer, NewLock):
            return answer, only, past
    return answer, part, manifest


def _past_cutoff(part: Moving, found: Report, manifest: Manifest) -> Manifest | None:
    """Return `manifest` with the first release that ends what `part` is about, past the cutoff; None without one."""
    ((name, text),) = part.items()
    if not manifest.policy.cutoff_of(name):
        return None
    ended = [one.advisory for one in found.counted if normalize(one.release.name) == name]
    one = CutoffException(
        version=text.removeprefix(">="),
        advisory=", ".join(sorted({advisory.id for advisory in ended})),
        reason=next((advisory.summary for advisory in ended if advisory.summary), ""),
    )
    policy = replace(manifest.policy, past_cutoff={**manifest.policy.past_cutoff, name: one})
    return replace(manifest, policy=policy)


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
