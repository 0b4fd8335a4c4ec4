"""Judge whether a lock still answers what the project declares.

Pure: a Lock and a Manifest go in; a verdict comes out that names each difference. What is equal in meaning is fresh;
no index and no resolver is asked, so a change counts as still satisfied only where the lock alone can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockenv.lockfile.inputs import inputs

if TYPE_CHECKING:
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which the project departs from what the lock was made from."""

    sentence: str
    key: str
    """The input concerned, such as `dependencies`, `extras.socks` or `requires-python`."""
    origin: Origin | None = None
    """Where the project says it now; None for what is gone or has no place of its own."""
    is_satisfied: bool = False
    """True when the lock serves the project all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The lock was made from inputs of the same meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosened:
    """Inputs changed, and the locked pins satisfy them still."""

    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """Inputs changed so that the lock has to be made anew."""

    differences: tuple[Difference, ...]
    """Those that make it stale first, then those that do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The lock does not tell what it was made from."""

    reason: str


Freshness = Fresh | Loosened | Stale | Unknown


def compare(lock: Lock, manifest: Manifest) -> Freshness:
    """Give the verdict on `lock` for what `manifest` declares; differences stand in the order of the inputs."""
    mine = lock.own
    recorded = mine.get("inputs") if mine is not None else None
    if mine is None or not isinstance(recorded, dict):
        return Unknown(reason=f"{lock.file} was made by {lock.created_by}; its freshness is unknown")
    if mine.get("schema") != 1:
        return Unknown(reason=f"{lock.file} was made by another version of lockenv; its freshness is unknown")
    current = inputs(manifest)
    if current == recorded:
        return Fresh()
    from lockenv.lockfile.differences import differences

    found = differences(lock, recorded, current, manifest)
    if not found:
        return Fresh()
    if all(each.is_satisfied for each in found):
        return Loosened(differences=found)
    return Stale(differences=tuple(sorted(found, key=lambda each: each.is_satisfied)))
