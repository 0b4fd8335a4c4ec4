"""Bodies that a server compressed, decoded as they come.

In: parts of a gzip stream (RFC 1952). Out: what they hold. Never: more than was allowed, or a stream longer than
what it holds.
"""

from __future__ import annotations

import zlib

from lockenv.errors import RefusedError
from lockenv.fetch.transport import TransportError

_HINT = "report this to those who run the server, or use another index"
_SURPLUS = 1 << 18
"""Bytes by which a stream may be longer than its content: heads of members, blocks that cannot be compressed."""
_RATIO = 200
_FREE_OF_RATIO = 10 << 20
"""Bytes of content up to which any ratio goes."""


class Gunzip:
    """Decodes the body of `name`, at most `limit` bytes of content and the one that is too many."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._left = limit + 1
        self._arrived = 0
        self._decoded = 0
        self._inflater = zlib.decompressobj(wbits=31)

    def decoded(self, part: bytes) -> bytes:
        """Return what `part` adds to the content. Raises RefusedError, or TransportError when it does not decode."""
        self._arrived += len(part)
        found = []
        while part and self._left > 0:
            if self._inflater.eof:
                # RFC 1952 section 2.2: "A gzip file consists of a series of members", one right behind another.
                self._inflater = zlib.decompressobj(wbits=31)
            try:
                plain = self._inflater.decompress(part, self._left)
            except zlib.error as error:
                raise TransportError(f"cannot decompress the response: {error}") from error
            self._left -= len(plain)
            self._decoded += len(plain)
            found.append(plain)
            self._look_at_size()
            part = self._inflater.unused_data
        return b"".join(found)

    def end(self) -> None:
        """Raise TransportError unless the last member is whole."""
        if not self._inflater.eof:
            raise TransportError("the compressed response is truncated")

    def _look_at_size(self) -> None:
        if self._arrived > self._decoded + _SURPLUS:
            raise RefusedError(
                "too-large", f"{self._name}: the response has data after its compressed content", hint=_HINT
            )
        if self._decoded > _FREE_OF_RATIO and self._decoded > self._arrived * _RATIO:
            raise RefusedError(
                "too-large",
                f"{self._name}: the response expands to more than {_RATIO} times its compressed size",
                hint=_HINT,
            )
