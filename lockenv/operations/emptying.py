"""Refuse what would empty an environment by accident, or take away what lockenv itself runs with.

lockenv may be installed in the environment that it is to sync, as pip does it in an active one. Its modules are loaded
when they are needed: without them it would end half-way. In: a lock, what is installed, what goes. Out: nothing, or an
error.
"""

from __future__ import annotations

import os
import sys

from lockenv.errors import UsageError
from lockenv.lockfile.paths import relative
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lockenv.environment.installed import Installed
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import program_archive
    from lockenv.operations.synced import SyncRequest
    from lockenv.vocabulary.manifest import Manifest
else:
    program_archive = late("lockenv.operations.program_archive")

_COMPILED = "msgspec"
"""What lockenv requires, and is not in the archive of it."""


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


def refuse_removing(root: str, going: Callable[[], Iterable[Installed]]) -> None:
    """Raise UsageError where lockenv runs in the environment at `root`, and is `going` there, or what it requires is.

    What is going is asked for only where lockenv runs there.
    """
    if os.path.realpath(sys.prefix) != os.path.realpath(root):
        return
    own = {program_archive.DISTRIBUTION, _COMPILED, *program_archive.REQUIRED}
    found = sorted({one.name for one in going()} & own, key=lambda name: (name != program_archive.DISTRIBUTION, name))
    if not found:
        return
    shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if found[3:] else "")
    raise UsageError(
        f"lockenv itself runs in {relative(root)}, and this sync would remove or replace what it needs: {shown}",
        hint="install lockenv in an environment of its own, for example with pipx; or choose another with --venv",
    )
