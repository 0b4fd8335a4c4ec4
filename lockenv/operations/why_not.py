"""Find what keeps a version of a package out of a lock.

From the lock where a requirement in it excludes a version that exists; else by a resolution with the pin added.
In: a pin and a lock. Out: an Answer, or why there is no resolution. Never: printing, writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.lockfile.cutoffs import settled
from lockenv.lockfile.declared import limits
from lockenv.lockfile.exclusions import ExcludingRequirement, objections
from lockenv.operations import load, missing_release
from lockenv.operations.what_if import asking
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.direct import shown
from lockenv.vocabulary.pep440 import is_same_version
from lockenv.vocabulary.pin import Resolution
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
    from lockenv.vocabulary.progress import Listener


class Pin(NamedTuple):
    """A version of a package."""

    name: NormalizedName
    version: str


class NotRequired(NamedTuple):
    """Nothing in the lock requires the package."""


class AlreadyLocked(NamedTuple):
    """The lock has the version."""


class Excluded(NamedTuple):
    """Requirements in the lock exclude the version."""

    objections: tuple[ExcludingRequirement, ...]
    locked: tuple[str, ...]
    """The markers of the environments that the version is locked for nevertheless."""


class NoRelease(NamedTuple):
    """No index has the version."""

    reason: str
    """What there is instead, a sentence."""


class Possible(NamedTuple):
    """A resolution with the version was found."""

    changes: tuple[tuple[str, str], ...]
    """A sign and what changes, by name."""


Answer = NotRequired | AlreadyLocked | Excluded | NoRelease | Possible
"""What `why_not` answers where the requirements can be resolved."""


def pin_of(text: str) -> Pin:
    """Return the version that `text`, `NAME==V`, names. Raises UsageError."""
    try:
        requirement = parse(text)
    except ValueError as error:
        raise UsageError(f"{text}: {str(error).splitlines()[0]}", hint="use NAME==VERSION") from error
    version = requirement.specifier.removeprefix("==")
    if requirement.specifier[:2] != "==" or any(mark in version for mark in ",*=") or requirement.marker:
        raise UsageError(
            f"`{text}` does not name a single version",
            hint=f"specify one, such as `lockenv why-not {requirement.name}==1.0`",
        )
    return Pin(requirement.name, version)


def why_not(
    pin: Pin, found: ExplainedLock, settings: Settings, listener: Listener, *, is_resolving: bool
) -> Answer | Unsolvable | NeedsPermission:
    """Return what keeps `pin` out of a lock; with `is_resolving`, what a resolution with it answers.

    Raises InputError and NetworkError.
    """
    nodes = found.graph.find(pin.name)
    if not nodes:
        return NotRequired()
    if all(is_same_version(node.version, pin.version) for node in nodes):
        return AlreadyLocked()
    against = objections(found.graph, limits(found.lock, found.manifest), pin.name, pin.version)
    if against and not is_resolving:
        reason = missing_release.missing(pin.name, pin.version, found, settings)
        locked = tuple(node.marker for node in nodes if is_same_version(node.version, pin.version))
        return NoRelease(reason) if reason else Excluded(tuple(against), locked)

    answer = _answer(pin, found, settings, listener)
    if isinstance(answer, str):
        return NoRelease(answer)
    return Possible(tuple(_changes(found, answer))) if isinstance(answer, Resolution) else answer


def _answer(
    pin: Pin, found: ExplainedLock, settings: Settings, listener: Listener
) -> Resolution | Unsolvable | NeedsPermission | str:
    """Return what the resolver says to the version, or a sentence on what there is instead of it."""
    manifest = settled(found.manifest or load.manifest(found.project, settings, found.lock), found.lock)
    direct = manifest.direct.get(pin.name)
    if direct is not None:
        return f"{pin.name} comes from {shown(direct.direct)}"
    with asking(found.project, manifest, found.lock, settings, listener) as inquiry:
        releases = inquiry.index.releases(pin.name)
        versions = releases.versions if releases else ()
        if not any(is_same_version(pin.version, version) for version in versions):
            return missing_release.instead(pin.name, pin.version, versions, manifest)
        return inquiry.solve({pin.name: f"=={pin.version}"})


def _changes(found: ExplainedLock, answer: Resolution) -> list[tuple[str, str]]:
    """Return each name whose versions would change, by name."""
    old: dict[str, list[str]] = {}
    new: dict[str, list[str]] = {}
    for node in found.graph.nodes:
        old.setdefault(node.name, []).append(node.version)
    for one in answer.pins:
        new.setdefault(one.name, []).append(one.version)
    changes = []
    for name in sorted({*old, *new}):
        before, after = ", ".join(sorted({*old.get(name, ())})), ", ".join(sorted({*new.get(name, ())}))
        if not before:
            changes.append(("+", f"{name} {after}"))
        elif not after:
            changes.append(("-", f"{name} {before}"))
        elif before != after:
            changes.append(("~", f"{name} {before} → {after}"))
    return changes
