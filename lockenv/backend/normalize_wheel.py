"""Make a built wheel plain: the same files make the same bytes, whenever and wherever they were built.

A wheel that a backend left goes in; the same files in a fixed order, with one date, plain modes and no compression,
come out in its place. Never: a file added, left out or changed, but for the order of the lines of RECORD.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib

from lockenv.backend.failure import AT_FAULT
from lockenv.errors import InputError

_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PIECE = 1 << 20


def make_plain(path: str, title: str) -> None:
    """Replace the wheel at `path`, which was built from `title`. Raises InputError when it is no zip archive."""
    temporary = f"{path}.plain"
    try:
        with zipfile.ZipFile(path) as built, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as plain:
            _check(built, title)
            for member in sorted(built.infolist(), key=_order):
                if _is_record(member):
                    plain.writestr(_plain(member), _sorted(built.read(member)))
                elif not member.is_dir():
                    with built.open(member) as content, plain.open(_plain(member), "w") as copy:
                        shutil.copyfileobj(content, copy, _PIECE)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(f"{title}: its build backend built an unreadable wheel ({error})", hint=AT_FAULT) from error
    os.replace(temporary, path)


def _check(built: zipfile.ZipFile, title: str) -> None:
    names = [member.filename for member in built.infolist()]
    if len({*names}) != len(names):
        raise InputError(f"{title}: its build backend built a wheel that contains a file twice", hint=AT_FAULT)
    for member in built.infolist():
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(
                f"{title}: its build backend built a wheel that contains a link or a device ({member.filename!a})",
                hint=AT_FAULT,
            )


def _order(member: zipfile.ZipInfo) -> tuple[bool, bool, str]:
    # Binary distribution format: "Archivers are encouraged to place the .dist-info files physically at the end of the
    # archive."
    return ".dist-info/" in member.filename, _is_record(member), member.filename


def _is_record(member: zipfile.ZipInfo) -> bool:
    directory, _, name = member.filename.rpartition("/")
    return name == "RECORD" and directory.endswith(".dist-info")


def _plain(member: zipfile.ZipInfo) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(member.filename, _DATE)
    made.create_system = _UNIX
    made.file_size = member.file_size
    is_executable = (member.external_attr >> 16) & 0o111
    made.external_attr = (0o100755 if is_executable else 0o100644) << 16
    return made


def _sorted(record: bytes) -> bytes:
    """Return RECORD with its lines in order, its own last as it was."""
    lines = record.splitlines()
    return b"".join(line + b"\n" for line in sorted(lines, key=lambda line: (line.endswith(b",,"), line)))
