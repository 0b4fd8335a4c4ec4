"""Distinguish links from directories, the junctions of Windows included.

In: paths, and what the system knows of them. Out: the same, where a junction has the kind of a link: for Python it is a
directory, and what is removed in it would be removed from the directory that it points to. Nothing is followed.
"""

from __future__ import annotations

import os
import stat

from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

_NAME_SURROGATE = 0x2000_0000
"""Windows API, IsReparseTagNameSurrogate: the bit of a tag that says that the file is a name of another one.

Junctions and symbolic links have it; a directory that OneDrive keeps elsewhere has a tag without it.
"""


def own_stat(path: str) -> os.stat_result:
    """Return what the system knows of `path` itself. Raises OSError."""
    return as_link(os.stat(path, follow_symlinks=False))


def as_link(found: os.stat_result) -> os.stat_result:
    """Return `found`, which was not followed, with the kind of a link where it is a junction."""
    if not stat.S_ISDIR(found.st_mode) or not getattr(found, "st_reparse_tag", 0) & _NAME_SURROGATE:
        return found
    made_from: Any = found.__reduce__()[1]
    values, others = made_from
    return os.stat_result((stat.S_IFLNK | stat.S_IMODE(found.st_mode), *values[1:]), others)


def is_link(path: str) -> bool:
    """Return whether `path` is a symbolic link or a junction; False where nothing is."""
    try:
        return stat.S_ISLNK(own_stat(path).st_mode) if system.is_windows else os.path.islink(path)
    except OSError:
        return False


def is_directory(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry of a directory is one itself, and no link to one."""
    if not system.is_windows:
        return entry.is_dir(follow_symlinks=False)
    return stat.S_ISDIR(as_link(entry.stat(follow_symlinks=False)).st_mode)
