"""The bytes of an archive: held in memory, or read from an open file a slice at a time.

In: the path of a file. Out: a Source. Never: more of a large file in memory than one slice. Nothing is mapped: what a
process has mapped counts as its memory, and a file that is cut short under a mapping ends it.
"""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from lockenv.files.file_state import FileState

if TYPE_CHECKING:
    from collections.abc import Iterator

SLICE = 1 << 18
"""Bytes that are read at a time where many are wanted."""
_WINDOW = 1 << 13
"""Bytes that are read at a time where few are wanted, as of headers that follow each other."""
_HELD = 2 << 20
"""Bytes up to which a file is read whole: most wheels are small, and several are unpacked beside each other."""


class Source(Protocol):
    """Where the bytes of one archive come from."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    @property
    def state(self) -> FileState | None:
        """Of the open file; None for bytes in memory."""

    def at(self, start: int, length: int) -> bytes | memoryview:
        """Return `length` bytes from `start`, fewer at the end. Raises OSError when they cannot be read."""


class ArchiveInMemory:
    """An archive in memory."""

    __slots__ = ("_content", "size", "state")

    def __init__(self, content: bytes | memoryview) -> None:
        self._content = memoryview(content)
        self.size = len(content)
        self.state: FileState | None = None

    def at(self, start: int, length: int) -> memoryview:
        """Return these bytes without copying them."""
        return self._content[start : start + length]


class ArchiveOnDisk:
    """An archive in an open file."""

    __slots__ = ("_descriptor", "_path", "_window", "_window_start", "size", "state")

    def __init__(self, descriptor: int, path: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self.state: FileState | None = FileState.of(os.fstat(descriptor))
        self.size = self.state.size
        self._window = b""
        self._window_start = 0

    def at(self, start: int, length: int) -> bytes:
        """Return these bytes; a few are cut from a window, which moves along."""
        length = min(length, self.size - start)
        if length > _WINDOW:
            return self._read(start, length)
        offset = start - self._window_start
        if offset < 0 or offset + length > len(self._window):
            self._window = self._read(start, min(_WINDOW, self.size - start))
            self._window_start, offset = start, 0
        return self._window[offset : offset + length]

    def _read(self, start: int, length: int) -> bytes:
        if not hasattr(os, "pread"):
            os.lseek(self._descriptor, start, os.SEEK_SET)
        pieces, left = [], length
        while left:
            piece = os.pread(self._descriptor, left, start) if hasattr(os, "pread") else os.read(self._descriptor, left)
            if not piece:
                raise OSError(errno.EIO, "it was truncated while it was read", self._path)
            pieces.append(piece)
            start += len(piece)
            left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def slices(source: Source, start: int, length: int) -> Iterator[bytes | memoryview]:
    """Return `length` bytes from `start` in slices, each read when it is asked for; none for no bytes."""
    end = start + length
    while start < end:
        yield source.at(start, min(SLICE, end - start))
        start += SLICE


def digest(source: Source) -> str:
    """Return the sha256 of the whole archive, as hexadecimal digits."""
    found = hashlib.sha256()
    for part in slices(source, 0, source.size):
        found.update(part)
    return found.hexdigest()


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """Open the file at `path`, which is no link, until the end of the `with` block. Raises OSError."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags)
    try:
        source = ArchiveOnDisk(descriptor, path)
        yield ArchiveInMemory(source.at(0, source.size)) if source.size <= _HELD else source
    finally:
        os.close(descriptor)
