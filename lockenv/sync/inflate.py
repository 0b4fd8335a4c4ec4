"""Inflate what a ZIP file packs, to exactly the size that its headers say.

In: packed bytes, whole or in slices, and a size. Out: the bytes, whole or in pieces. Never: more of them than that size
and one, or an end before the stream's own.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 1 << 18
"""Bytes that are inflated at a time."""


class DamagedError(Exception):
    """The packed bytes are not a stream of that size; the message says why, as a clause about them."""


def inflated(packed: bytes | memoryview, size: int) -> bytes:
    """Return the `size` bytes that are `packed`. Raises DamagedError."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than there may be shows a stream that goes on, and lets one that ends say so.
        content = inflater.decompress(packed, size + 1)
    except zlib.error as error:
        raise DamagedError(f"are damaged ({error})") from error
    if len(content) != size or not inflater.eof or inflater.unused_data:
        raise DamagedError(f"do not end at {size} bytes")
    return content


def pieces(packed: Iterator[bytes | memoryview], size: int) -> Iterator[bytes]:
    """Return the `size` bytes that are `packed`, in pieces of at most `PIECE`. Raises DamagedError, last of all."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    left = size
    try:
        while not inflater.eof:
            # What is left over is copied each time, so that no more than a slice may ever be.
            part = inflater.unconsumed_tail or next(packed, b"")
            piece = inflater.decompress(part, min(left + 1, PIECE))
            left -= len(piece)
            if left < 0 or not (part or piece or inflater.eof):
                break
            yield piece
    except zlib.error as error:
        raise DamagedError(f"are damaged ({error})") from error
    if left or not inflater.eof or inflater.unused_data or next(packed, b""):
        raise DamagedError(f"do not end at {size} bytes")
