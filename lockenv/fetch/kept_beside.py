"""Bytes that are kept beside an entry of the cache of answers, of which a command reads few.

A place and bytes go in; a name that says what they are comes out, and parts of them. An entry names what is beside it,
so that one that is replaced and what belongs to it never mix. The entry has the checksums of the parts.
"""

from __future__ import annotations

import os
import zlib

from lockenv.files.atomic import machine_error, replace

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.files.atomic import Piece

_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_EXPECTED = 1 << 17
"""Bytes from the beginning that are read at once: what is said of the newest releases is there."""


def keep(place: str, pieces: Sequence[Piece], checksums: bytes) -> str:
    """Keep `pieces`, one behind the other, at `place`, and return the name of it that belongs behind.

    `checksums` are those of all pieces: they say what this is. Raises MachineError.
    """
    name = f"{zlib.crc32(checksums):08x}.{sum(map(len, pieces))}"
    if not is_whole(place, name):
        replace(f"{place}-{name}", pieces)
    return name


def is_whole(place: str, name: str) -> bool:
    """Return whether what is kept at `place` under `name` is there, as long as it was."""
    try:
        return str(os.stat(f"{place}-{name}").st_size) == name.partition(".")[2]
    except OSError:
        return False


class KeptBeside:
    """What is kept at a path."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._begin: bytes | None = None

    def part(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end`; less where they are no longer there. Raises MachineError."""
        if end > _EXPECTED:
            return self._read(start, end)
        if self._begin is None:
            self._begin = self._read(0, end)
        if end > len(self._begin):
            self._begin = self._read(0, _EXPECTED)
        return self._begin[start:end]

    def _read(self, start: int, end: int) -> bytes:
        try:
            descriptor = os.open(self._path, _FLAGS)
            try:
                os.lseek(descriptor, start, os.SEEK_SET)
                found = os.read(descriptor, end - start)
                while len(found) < end - start and (more := os.read(descriptor, end - start - len(found))):
                    found += more
            finally:
                os.close(descriptor)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return b""  # what may not be read is as good as gone: it is kept again
        except OSError as error:
            raise machine_error(error, self._path, "read") from error
        return found

    def drop(self) -> None:
        """Remove what is kept: it is damaged."""
        remove(self._path)


def remove(path: str) -> None:
    """Remove what is kept at `path`, if it can be."""
    try:
        os.unlink(path)
    except OSError:
        return
