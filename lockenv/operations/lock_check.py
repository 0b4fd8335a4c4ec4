"""Whether the lock that is there answers what is declared, and is as lockenv wrote it: `lockenv lock --check`.

In: which project and which lock. Out: that it is, or the answer "no". Never: a request, or a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds import build_lock
from lockenv.lockfile.freshness import compare
from lockenv.operations import load, proof
from lockenv.operations.freshness import heard
from lockenv.operations.usable import NotUsable
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.vocabulary.progress import Listener


class FreshLock(NamedTuple):
    """The answer "yes"."""

    name: str
    """The lock as messages name it."""
    packages: int
    """How many are locked."""


class NoLock(NamedTuple):
    """The answer "no": there is no lock."""

    name: str
    """The lock as messages name it."""


class BuildsNotLocked(NamedTuple):
    """The answer "no": what builds need is not locked with the lock."""

    name: str
    """The lock as messages name it."""
    faults: tuple[str, ...]
    """A sentence each."""


def checked(
    settings: Settings, listener: Listener, *, requirements: Sequence[str] = (), lockfile: str = "", python: str = ""
) -> FreshLock | NoLock | NotUsable | BuildsNotLocked:
    """Return that the lock may stay as it is, or why not; the names are those of a LockRequest.

    Raises InputError and UsageError.
    """
    project = load.project(settings, requirements, lockfile)
    old = load.lock(project)
    manifest = load.manifest(project, settings, old, python)
    if old is None:
        return NoLock(project.lock_name)
    if (stale := heard(compare(old, manifest), project.lock_name, listener)) is not None:
        return NotUsable(name=project.lock_name, stale=stale)
    if rejected := proof.rejected(old, manifest, settings):
        return NotUsable(name=project.lock_name, findings=tuple(rejected))
    faults = build_lock.faults(old, project.lock, manifest) if not old.is_foreign else ()
    if faults:
        return BuildsNotLocked(project.lock_name, tuple(faults))
    return FreshLock(project.lock_name, len(old.packages))
