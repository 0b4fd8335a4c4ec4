from __future__ import annotations

import random
import zlib
from typing import TYPE_CHECKING

import pytest

from lockenv.sync.inflate import DamagedError, inflated, pieces

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENT = random.Random(7).randbytes(300_000) + bytes(400_000)
"""More than two pieces."""
_SLICE = 1 << 16


def packed(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def in_pieces(stream: bytes, size: int) -> bytes:
    return b"".join(pieces((stream[at : at + _SLICE] for at in range(0, len(stream), _SLICE)), size))


@pytest.mark.parametrize("read", [inflated, in_pieces])
@pytest.mark.parametrize("content", [CONTENT, b"", b"a"], ids=["long", "empty", "short"])
def test_stream_of_the_stated_size_is_inflated(read: Callable[[bytes, int], bytes], content: bytes) -> None:
    assert read(packed(content), len(content)) == content


@pytest.mark.parametrize("read", [inflated, in_pieces])
@pytest.mark.parametrize(
    ("stream", "size"),
    [
        (packed(CONTENT), len(CONTENT) - 1),
        (packed(CONTENT), len(CONTENT) + 1),
        (packed(CONTENT)[:-1], len(CONTENT)),
        (packed(CONTENT) + b"x", len(CONTENT)),
        (packed(CONTENT)[:-9], len(CONTENT)),
        (packed(b""), 1),
        (packed(b"a"), 0),
        (b"", 0),
        (b"\xff" * 100, 100),
    ],
    ids=["longer", "shorter", "no end", "more behind", "cut", "nothing", "something", "empty", "no stream"],
)
def test_stream_of_another_size_is_refused(read: Callable[[bytes, int], bytes], stream: bytes, size: int) -> None:
    with pytest.raises(DamagedError):
        read(stream, size)
