"""gzip without compression: the same bytes whatever zlib there is, and no bomb (RFC 1951, section 3.2.4; RFC 1952)."""

from __future__ import annotations

import io
import zlib
from typing import IO, TYPE_CHECKING, Any, Self

from lockenv.backend.member import DamagedError

if TYPE_CHECKING:
    from types import TracebackType

_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_LONGEST = 65535
"""Bytes of one block."""


class GzipWriter:
    """Writes what it is given to `target`, from `__enter__` to `__exit__`."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._held = b""
        self._crc = 0
        self._size = 0

    def write(self, content: bytes) -> int:
        """Take the next bytes."""
        self._crc = zlib.crc32(content, self._crc)
        self._size += len(content)
        self._held += content
        while len(self._held) > _LONGEST:
            self._block(self._held[:_LONGEST], is_last=False)
            self._held = self._held[_LONGEST:]
        return len(content)

    def _block(self, content: bytes, *, is_last: bool) -> None:
        length = len(content)
        self._target.write(bytes([is_last]) + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little"))
        self._target.write(content)

    def __enter__(self) -> Self:
        self._target.write(_HEAD)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._block(self._held, is_last=True)
            self._target.write(self._crc.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little"))


class GzipReader(io.RawIOBase):
    """Reads what GzipWriter wrote to `source`. Raises DamagedError for all else; its reader proves the content."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._left = 0
        self._is_last = False
        if source.read(len(_HEAD)) != _HEAD:
            raise DamagedError("it is not gzip data as written by `lockenv bundle`")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as one block goes; 0 at the end."""
        while not self._left and not self._is_last:
            head = self._source.read(5)
            if len(head) != 5 or head[0] > 1 or head[1] ^ head[3] != 0xFF or head[2] ^ head[4] != 0xFF:
                raise DamagedError("it is truncated, or compressed")
            self._is_last, self._left = bool(head[0]), int.from_bytes(head[1:3], "little")
        part = self._source.read(min(self._left, len(buffer)))
        if self._left and not part:
            raise DamagedError("it is truncated")
        self._left -= len(part)
        buffer[: len(part)] = part
        return len(part)
