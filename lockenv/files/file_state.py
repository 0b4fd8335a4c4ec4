"""The state of a file: whether it is still the one whose bytes were hashed.

In: what the system reports of a file. Out: a FileState, to be compared with a later one. Never: opening a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    import os


class FileState(NamedTuple):
    """Which file it is, and when it was last written: as long as this is the same, so are its bytes."""

    device: int
    inode: int
    size: int
    """Length in bytes."""
    modified: int
    """When its content was last changed, in nanoseconds since 1970."""

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """Return the state of the file that `found` describes."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
