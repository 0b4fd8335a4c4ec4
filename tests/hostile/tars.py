"""Tar archives that mutation starts from, and a second reader to compare with: the standard library's."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import tarfile
import tempfile
from pathlib import Path

from lockenv.backend.member import Limits
from lockenv.backend.unpack import unpack
from tests.support.wheels import sdist

_NAME = "bad-1.0.tar.gz"
_SMALL = Limits(unpacked=64 << 20, entries=1000)
_BLOCK = 512


def seeds() -> list[bytes]:
    """Return honest archives, not compressed: old and new headers, long names, links."""
    return [gzip.decompress(sdist("bad").content), *map(_linked, (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))]


def _linked(form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, kind, target, content in (
            ("bad-1.0", tarfile.DIRTYPE, "", b""),
            ("bad-1.0/a", tarfile.REGTYPE, "", b"a" * 700),
            (f"bad-1.0/{'d' * 90}/{'f' * 90}", tarfile.REGTYPE, "", b"1"),
            ("bad-1.0/caf\u00e9", tarfile.REGTYPE, "", b""),
            ("bad-1.0/b", tarfile.SYMTYPE, "a", b""),
            ("bad-1.0/c", tarfile.LNKTYPE, "bad-1.0/a", b""),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, target, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def repaired(content: bytes) -> bytes:
    """Return `content` with the right checksum in every header."""
    out = bytearray(content)
    for start in range(0, len(out) - _BLOCK + 1, _BLOCK):
        if out[start + 257 : start + 262] == b"ustar":
            out[start + 148 : start + 156] = b" " * 8
            out[start + 148 : start + 156] = b"%06o\0 " % sum(out[start : start + _BLOCK])
    return bytes(out)


def read(content: bytes) -> None:
    """Unpack; what is accepted must be what the standard library's data filter extracts."""
    directory = Path(tempfile.mkdtemp(prefix="lockenv-tar-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        archive = directory / _NAME
        archive.write_bytes(gzip.compress(content, 1))
        unpack(str(archive), _NAME, str(directory / "ours"), _SMALL)
        assert sorted(path.name for path in directory.iterdir()) == [_NAME, "ours"]
        with tarfile.open(archive) as opened:
            opened.extractall(directory / "theirs", filter="data")
        ours, theirs = _files(directory / "ours"), _files(directory / "theirs")
        assert ours == theirs, sorted(ours.items() ^ theirs.items())[:2]
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _files(directory: Path) -> dict[str, bytes]:
    """Return the content of every file; a link has the content of its target."""
    found = {}
    for root, _, names in os.walk(directory):
        for name in names:
            path = Path(root, name)
            assert stat.S_ISREG(path.stat().st_mode)
            found[path.relative_to(directory).as_posix()] = path.read_bytes()
    return found
