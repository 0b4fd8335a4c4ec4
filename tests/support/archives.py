"""Tar archives that mislead whoever reads them header by header."""

from __future__ import annotations

import tarfile

BLOCK = tarfile.BLOCKSIZE


def endless(name: str, size: int) -> bytes:
    """Return a tar whose first member says that it is `size` bytes long, and is not."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT) + bytes(4 * BLOCK)


def headers_of_headers(kind: bytes, name: str, count: int = 3000) -> bytes:
    """Return a tar with `count` extended headers, each of the one behind it, before a file of one byte."""
    content = name.encode() + b"\0" if kind == tarfile.GNUTYPE_LONGNAME else b"10 a=bbbb\n"
    header, file = tarfile.TarInfo("x"), tarfile.TarInfo(name)
    header.type, header.size, file.size = kind, len(content), 1
    chain = (header.tobuf(tarfile.USTAR_FORMAT) + content.ljust(BLOCK, b"\0")) * count
    return chain + file.tobuf(tarfile.USTAR_FORMAT) + b"x".ljust(BLOCK, b"\0") + bytes(2 * BLOCK)
