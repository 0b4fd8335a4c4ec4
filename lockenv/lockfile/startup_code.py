"""Which releases of a lock run code whenever Python starts, and whether the project accepts it.

Pure: a Lock and the names that a project allows go in; findings come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import UnacceptedError
from lockenv.vocabulary.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.names import NormalizedName

KEY = "startup-code"
"""The key of ours: the files of a release that run whenever Python starts; recorded where the project denies them."""
SETTING = "deny-startup-code"
"""The input that says that they were looked for."""


def recorded(package: LockEntry) -> tuple[str, ...]:
    """Return the files of a package that run whenever Python starts, as far as the lock says it."""
    files = package.own.get(KEY, ())
    return tuple(map(str, files)) if isinstance(files, list) else ()


def violations(lock: Lock, allowed: Collection[NormalizedName]) -> list[Finding]:
    """Return an error for each package that runs code whenever Python starts and is not `allowed` to."""
    return [
        Finding(
            rule=KEY,
            level="error",
            sentence=f"{package.title}: {', '.join(files)} would run whenever Python starts ({SETTING})",
            origin=lock.place(position, "tool", KEY),
            hint=f'look into it; to accept it, add "{package.name}" to allow-startup-code under [tool.lockenv]',
        )
        for position, package in enumerate(lock.packages)
        if package.name not in allowed and (files := recorded(package))
    ]


def refuse(lock: Lock, allowed: Collection[NormalizedName]) -> None:
    """Raise UnacceptedError where a package of `lock` runs code at start and is not `allowed` to."""
    found = violations(lock, allowed)
    if found:
        raise UnacceptedError(KEY, "; ".join(each.sentence for each in found), hint=found[0].hint)
