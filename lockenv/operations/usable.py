"""Whether the lock that is there may be used: by a sync, and by what is made from it.

In: the lock and what is declared. Out: None, or NotUsable. Never: a request, or a change.
"""

from __future__ import annotations

from lockenv.lockfile.freshness import compare
from lockenv.lockfile.verdicts import Stale
from lockenv.operations.freshness import heard
from lockenv.operations.proof import objections
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.lockfile import publishers
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.finding import Finding
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.progress import Listener
else:
    publishers = late("lockenv.lockfile.publishers")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUsable:
    """The answer "no": what keeps a lock from being used."""

    name: str
    """The lock as messages name it."""
    stale: Stale | None = None
    findings: tuple[Finding, ...] = ()
    """Empty where the lock is stale."""


def reason_not_to_use(
    lock: Lock,
    manifest: Manifest | None,
    name: str,
    settings: Settings,
    listener: Listener,
    *,
    is_frozen: bool = False,
) -> NotUsable | None:
    """Return why `lock`, called `name`, may not be used; None where it may.

    A lock that `is_frozen` may be stale, and one of which nothing is declared cannot be. Raises InputError.
    """
    is_stale = False
    if manifest is not None:
        freshness = compare(lock, manifest)
        if is_frozen:
            is_stale = isinstance(freshness, Stale)
        elif (stale := heard(freshness, name, listener)) is not None:
            return NotUsable(name=name, stale=stale)
    found = objections(lock, manifest, settings, is_stale=is_stale)
    if manifest is not None and manifest.publishers:
        found += publishers.violations(lock, manifest.publishers)
    return NotUsable(name=name, findings=tuple(found)) if found else None
