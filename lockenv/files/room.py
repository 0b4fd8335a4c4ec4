"""How much room a filesystem has.

In: a path, which need not exist. Out: bytes. Writes nothing.
"""

from __future__ import annotations

import os


def free_bytes(path: str) -> int | None:
    """Return how many bytes may be written where `path` is or will be; None where the system does not say."""
    if not hasattr(os, "statvfs"):
        return None
    while not os.path.isdir(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    found = os.statvfs(path or ".")
    return found.f_bavail * found.f_frsize
