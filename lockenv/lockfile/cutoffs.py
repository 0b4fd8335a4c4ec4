"""The moments that relative cutoffs meant when a lock was made, so that they mean the same until it is renewed.

Pure: a Manifest goes in and the moments come out that a lock records; a Lock and a Manifest go in and a Manifest comes
out whose relative cutoffs are those of the lock. So do the releases that count past a cutoff, as they end a
vulnerability.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary import finding
    from lockenv.vocabulary import manifest as manifest_values
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.manifest import Manifest, Policy
    from lockenv.vocabulary.pin import Pin
else:
    finding = late("lockenv.vocabulary.finding")
    manifest_values = late("lockenv.vocabulary.manifest")

PAST = "past-cutoff"
"""The key of `[packages.tool.lockenv]` with the advisories that a release ends."""
_REASON = "past-cutoff-reason"
_ALL = "exclude-newer"
_SOME = "exclude-newer-package"


def moments(policy: Policy) -> dict[str, Any]:
    """Return what a lock records of relative cutoffs: RFC 3339 in UTC, by the keys that set them; empty without any."""
    found: dict[str, Any] = {}
    if policy.exclude_newer_span:
        found[_ALL] = policy.exclude_newer
    if policy.exclude_newer_package_spans:
        names = sorted(policy.exclude_newer_package_spans)
        found[_SOME] = {name: policy.exclude_newer_packages[name] for name in names}
    return found


def settled(manifest: Manifest, lock: Lock | None) -> Manifest:
    """Return `manifest` with each relative cutoff as `lock` has it, where the lock was made with the same span."""
    policy = manifest.policy
    own = lock.own if lock else None
    if lock is None or own is None or not moments(policy):
        return manifest
    declared = lock.inputs.table
    if policy.exclude_newer_span and declared.get(_ALL) == policy.exclude_newer_span:
        policy = replace(policy, exclude_newer=_moment(own.get(_ALL)) or policy.exclude_newer)
    before, spans = _table(own, _SOME), _table(declared, _SOME)
    kept = {
        name: _moment(before.get(name)) or moment
        for name, moment in policy.exclude_newer_packages.items()
        if policy.exclude_newer_package_spans.get(name, "") == spans.get(name)
    }
    return replace(manifest, policy=replace(policy, exclude_newer_packages={**policy.exclude_newer_packages, **kept}))


def with_exceptions(manifest: Manifest, lock: Lock | None) -> Manifest:
    """Return `manifest` with the releases that `lock` has although they were uploaded after its cutoff."""
    if lock is None or not manifest.policy.has_cutoff:
        return manifest
    found = {
        package.name: manifest_values.CutoffException(
            version=package.version, advisory=str(advisory), reason=str(package.own.get(_REASON, ""))
        )
        for package in lock.packages
        if (advisory := package.own.get(PAST))
    }
    if not found:
        return manifest
    return replace(manifest, policy=replace(manifest.policy, past_cutoff={**found, **manifest.policy.past_cutoff}))


def exception(pin: Pin, policy: Policy) -> dict[str, str]:
    """Return what a lock records of `pin` where it counts although it was uploaded after the cutoff; else nothing."""
    one, cutoff = policy.past_cutoff.get(pin.name), policy.cutoff_of(pin.name).removesuffix("Z")
    if one is None or one.version != pin.version or not cutoff:
        return {}
    times = [file.upload_time for file in (*pin.wheels, pin.sdist) if file is not None]
    if all(time and time.removesuffix("Z") < cutoff for time in times):
        return {}
    return {PAST: one.advisory, _REASON: one.reason} if one.reason else {PAST: one.advisory}


def exceptions(lock: Lock) -> list[Finding]:
    """Return a note for each package that is locked although it was uploaded after the cutoff."""
    return [
        finding.Finding(
            rule="past-cutoff",
            level="note",
            sentence=f"{package.title} was uploaded after exclude-newer, and is locked as it ends {package.own[PAST]}"
            + (f": {package.own[_REASON]}" if _REASON in package.own else ""),
            origin=lock.place(position, "version"),
        )
        for position, package in enumerate(lock.packages)
        if PAST in package.own
    ]


def _table(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = holder.get(key)
    return found if isinstance(found, dict) else {}


def _moment(value: object) -> str:
    """Return `value` when it is a moment as lockenv records it; empty otherwise."""
    from datetime import datetime

    if not isinstance(value, str) or not value.endswith("Z"):
        return ""
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return ""
    return value
