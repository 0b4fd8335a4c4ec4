"""Build wheels byte by byte, so that any part of one can be wrong."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.support.wheels import Built, record_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INFO = "bad-1.0.dist-info"
_FILENAME = "bad-1.0-py3-none-any.whl"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A member of an archive; what is None is as it should be."""

    name: bytes
    content: bytes = b""
    method: int = 8
    flags: int = 0x800
    external: int = 0o100644 << 16
    extra: bytes = b""
    comment: bytes = b""
    packed: bytes | None = None
    crc: int | None = None
    size: int | None = None
    local: Mapping[str, int | bytes] = field(default_factory=dict)
    """What the local header says otherwise: name, flags, method, crc, packed, size, extra."""
    after: bytes = b""
    """Bytes behind the packed content."""
    offset: int | None = None
    is_listed: bool = True

    def streamed(self, descriptor: bytes | None = None, *, is_short: bool = False) -> Part:
        """Return the part as a writer to a pipe writes it: sizes follow the content."""
        packed, crc, size = self.facts()
        right = (b"" if is_short else b"PK\7\x08") + struct.pack("<3L", crc, len(packed), size)
        return replace(
            self,
            flags=self.flags | 8,
            local={"crc": 0, "packed": 0, "size": 0},
            after=right if descriptor is None else descriptor,
        )

    def facts(self) -> tuple[bytes, int, int]:
        packed = self.packed
        if packed is None:
            packed = deflated(self.content) if self.method == 8 else self.content
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        return packed, crc, len(self.content) if self.size is None else self.size


def deflated(content: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(content) + deflater.flush()


def archive(
    parts: Sequence[Part],
    *,
    prefix: bytes = b"",
    suffix: bytes = b"",
    gap: bytes = b"",
    count: int = 0,
    comment: bytes = b"",
    end: bytes | None = None,
    before_end: bytes = b"",
) -> bytes:
    """Return the ZIP file of `parts`; `gap` is before the directory, `count` is added to its length."""
    body, directory, listed = bytearray(prefix), bytearray(), 0
    for part in parts:
        packed, crc, size = part.facts()
        offset = len(body) if part.offset is None else part.offset
        local: dict[str, int | bytes] = {
            "name": part.name, "flags": part.flags, "method": part.method, "crc": crc, "packed": len(packed),
            "size": size, "extra": part.extra, **part.local,
        }  # fmt: skip
        name, extra = local["name"], local["extra"]
        assert isinstance(name, bytes)
        assert isinstance(extra, bytes)
        if part.offset is None:
            body += struct.pack(
                "<4s5H3L2H", b"PK\3\4", 20, local["flags"], local["method"], 0, 33, local["crc"], local["packed"],
                local["size"], len(name), len(extra),
            )  # fmt: skip
            body += name + extra + packed + part.after
        if part.is_listed:
            listed += 1
            directory += struct.pack(
                "<4s6H3L5H2L", b"PK\1\2", 0x314, 20, part.flags, part.method, 0, 33, crc, len(packed), size,
                len(part.name), len(part.extra), len(part.comment), 0, 0, part.external, offset,
            )  # fmt: skip
            directory += part.name + part.extra + part.comment
    body += gap
    start = len(body)
    if end is None:
        total = listed + count
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, total, total, len(directory), start, len(comment)) + comment
    return bytes(body + directory + before_end + end + suffix)


def members(files: Mapping[str, bytes] | None = None, **described: bytes | None) -> dict[str, bytes]:
    """Return the members of a small wheel, RECORD last; `described` are files of its .dist-info, None for none."""
    found = dict(files if files is not None else {"bad.py": b"a = 1\n"})
    standard: dict[str, bytes | None] = {
        "METADATA": b"Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n",
        "WHEEL": b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **described,
    }
    found |= {f"{INFO}/{name}": content for name, content in standard.items() if content is not None}
    record = f"{INFO}/RECORD"
    if "RECORD" not in described:
        found[record] = record_of(found, record)
    return found


def parts(files: Mapping[str, bytes]) -> list[Part]:
    return [Part(name=name.encode(), content=content) for name, content in files.items()]


def built(content: bytes, *, filename: str = _FILENAME) -> Built:
    return Built(filename=filename, content=content, name="bad", version="1.0", metadata=b"", requires_python="")


def with_part(part: Part) -> list[Part]:
    """Return the parts of a small wheel of which the first is `part`; its RECORD has the hash alone of it."""
    files = members({"bad.py": part.content})
    record = f"{INFO}/RECORD"
    files[record] = files[record].replace(f",{len(part.content)}\n".encode(), b",\n", 1)
    return [part, *parts(files)[1:]]


def sha512_record() -> bytes:
    """Return the RECORD of a small wheel with another algorithm and other ends of lines."""
    lines = []
    for name, content in members(RECORD=None).items():
        digest = base64.urlsafe_b64encode(hashlib.sha512(content).digest()).rstrip(b"=").decode()
        lines.append(f'"{name}",sha512={digest},{len(content)}\r\n')
    return "".join(lines).encode()
