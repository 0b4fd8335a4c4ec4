"""What the system says of a file in the store, by which it is known to be the one that was written there.

In: open directories, and what was seen of their files before. Out: which are not as they were. Never: reading a file.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.files.ops import Folder

_INODE = (1 << 64) - 1


def unlike_items(folder: Folder, known: Iterable[tuple[str, int, int, int, int]]) -> set[str]:
    """Return the names of those files in `folder` that are not as `known`: name, inode, size, time, mode.

    Raises OSError where one is not there.
    """
    if folder.fd < 0:
        return {item for item, *witness in known if observed(folder.stat(item)) != tuple(witness)}
    look, entry = os.lstat, folder.fd
    unlike = set()
    for item, inode, size, moment, mode in known:
        found = look(item, dir_fd=entry)
        # Each by itself: a tuple of them would have to be made first.
        if found.st_mtime_ns != moment or found.st_ino != inode or found.st_size != size or found.st_mode != mode:
            unlike.add(item)
    return unlike


def observed(found: os.stat_result) -> tuple[int, int, int, int]:
    """Return inode, size, time and mode; of a longer inode, which some file systems of Windows have, 64 bits."""
    return found.st_ino & _INODE, found.st_size, found.st_mtime_ns, found.st_mode
