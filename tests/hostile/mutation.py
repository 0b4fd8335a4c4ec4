"""Change bytes at random, the same way for the same seed.

In: honest bytes and a `random.Random`. Out: other bytes, near enough to the honest ones to get past the first check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

ODD = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\\", b'"', b"'", b"'''", b'"""', b"..", b"/", b"//", b"%00", b"%",
    b"[", b"]", b"{", b"}", b"[[", b"]]", b"<", b">", b"<!--", b"&#x110000;", b"&#0;", b"=", b"==", b"===", b"~=", b";",
    b"-1", b"0", b"1e999", b"NaN", b"9" * 30, b"9" * 5000, b"null", b"true", b"{}", b"[]", b"\\ud800", b"\xed\xa0\x80",
    b"http://[", b"http://[::1", b"http://x:99999/", b"file:///etc/passwd", b"https://u:p@h/", b"../../x", b"-e .",
    b"-r", b"--hash=", b"${HOME}", b"\x1b[31m", "\u202e".encode(), "\u0130".encode(), "\u0661".encode(), b"1979-05-27",
    b"[" * 3000, b"(" * 3000, b"{\"a\":" * 3000, b"a." * 3000, b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\7\x08",
)  # fmt: skip
"""What parsers fail on."""


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """Return one of `seeds` with one to six changes."""
    content = bytearray(random.choice(seeds))
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        _change(content, seeds, random)
    return bytes(content)


def _change(content: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    start = random.randrange(len(content) + 1)
    end = min(len(content), start + random.choice((1, 1, 2, 4, 8, 32, 200)))
    match random.randrange(8):
        case 0 if end > start:
            content[start] ^= 1 << random.randrange(8)
        case 1:
            content[start:end] = random.randbytes(end - start)
        case 2:
            del content[start:end]
        case 3:
            content[start:start] = random.choice(ODD)
        case 4:
            content[start:end] = random.choice(ODD)
        case 5:
            other = random.choice(seeds)
            there = random.randrange(len(other) + 1)
            content[start:end] = other[there : there + random.choice((4, 16, 64, 256))]
        case 6:
            content[start:start] = bytes(content[start:end]) * random.choice((1, 2, 50))
        case _:
            _move_line(content, random)


def _move_line(content: bytearray, random: Random) -> None:
    lines = bytes(content).split(b"\n")
    line = lines.pop(random.randrange(len(lines)))
    for _ in range(random.randrange(3)):
        lines.insert(random.randrange(len(lines) + 1), line)
    content[:] = b"\n".join(lines)
