"""Raise the fewest pins that end known vulnerabilities: those that have one, and what they force along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds import build_lock_resolver, build_policy
from lockenv.commands import lock
from lockenv.lockfile.text import read
from lockenv.operations import declare, load
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pep440 import Key, read_version, version_key
from lockenv.vocabulary.pin import Unsolvable

if TYPE_CHECKING:
    from lockenv.commands.audit import Auditor
    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.report.vulnerabilities import Report
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission

    Moving = dict[NormalizedName, str]
    """Names with the specifier of the versions that are not vulnerable."""

_ROUNDS = 5
"""A version that ends one vulnerability may have another."""


def raised(
    found: Report,
    old: Lock,
    project: load.Project,
    auditor: Auditor,
    settings: Settings,
    console: Console,
    *,
    dry_run: bool,
) -> Lock | None:
    """Lock with what is vulnerable raised, write it, and give the new lock; None where nothing can be raised."""
    manifest = load.manifest(project, settings, old)
    moving: Moving = {}
    best: tuple[Lock, lock.Answer] | None = None
    for _ in range(_ROUNDS):
        wanted = {name: text for name, text in _fixes(found).items() if moving.get(name) != text}
        # Together where that goes, else one after the other: what fits stays in.
        for part in (wanted, *({name: text} for name, text in sorted(wanted.items()) if len(wanted) > 1)):
            answer = _tried({**moving, **part}, manifest, old, project, settings, console) if part else None
            if isinstance(answer, lock.Answer):
                moving |= part
                best = read(answer.text, project.lock_name), answer
            elif len(part) == 1:
                (name,) = part
                version = part[name].removeprefix(">=")
                why = "no index has one that the requirements allow" if answer is None else _unbuilt(answer)
                console.warn(f"{name} cannot be raised to {version} or above: {why}")
            if part is wanted and isinstance(answer, lock.Answer):
                break
        if not wanted or best is None:
            break
        found = auditor.report(best[0])
    if best is None:
        return None
    new, chosen = best
    lock.deliver(chosen.text, old, project, chosen.manifest, settings, console, dry_run=dry_run)
    if not dry_run:
        build_lock_resolver.deliver(chosen.tools, project.lock, console)
    return new


def _fixes(found: Report) -> Moving:
    """Give for each vulnerable project the specifier of what ends all its vulnerabilities, where that is known."""
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
    moving: Moving, manifest: Manifest, old: Lock, project: load.Project, settings: Settings, console: Console
) -> lock.Answer | NeedsPermission | None:
    answer = lock.resolve(manifest, old, project, declare.PLAIN, moving, settings, console)
    return None if isinstance(answer, Unsolvable) else answer


def _unbuilt(answer: NeedsPermission) -> str:
    names = sorted({one.name for one in answer.packages})
    return f"{', '.join(names)} must be built, which `{build_policy.allowing('lockenv lock', names)}` allows"
