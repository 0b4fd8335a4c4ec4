"""Refuse what would empty an environment by accident. In: a lock, and what is installed. Out: nothing, or an error."""

from __future__ import annotations

from lockenv.errors import UsageError
from lockenv.lockfile.paths import relative

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.environment.installed import Installed
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.synced import SyncRequest
    from lockenv.vocabulary.manifest import Manifest


def refuse_emptying(
    root: str, lock: Lock, request: SyncRequest, present: Sequence[Installed], manifest: Manifest | None
) -> None:
    """Raise UsageError where a lock without packages, legal but likely an accident, would empty an environment."""
    if lock.packages or request.allow_empty or request.inexact:
        return
    if all(manifest is not None and one.name == manifest.name for one in present):
        return
    raise UsageError(
        f"{lock.file} has no packages; sync would remove everything from {relative(root)}",
        hint="use --allow-empty if this is intended",
    )
