"""One member of a zip archive of the usual form, found without reading the rest of its directory into objects.

An open archive goes in, the bytes of the one member whose name ends in a certain way come out; or None where anything
is unusual: then `zipfile` decides, which has the same answer for what is read here. Never: a file written.
"""

from __future__ import annotations

import os
import zlib
from struct import Struct, error
from typing import IO, TYPE_CHECKING, Final

from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

# APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
_END: Final = Struct("<4s4H2LH")
_ENTRY: Final = Struct("<4s2x3H4x3L4H6xL")
_ENTRY_SIZES: Final = Struct("<2xH20x3H8xL")
"""Of the same, without its magic number: the version that is needed, the sizes of name, extra fields and comment, and
where the member begins."""
_LOCAL: Final = Struct("<4s2x2H16x2H")
_FIELD: Final = Struct("<2H")
_END_MAGIC, _ENTRY_MAGIC, _LOCAL_MAGIC = b"PK\5\6", b"PK\1\2", b"PK\3\4"
_ENCRYPTED: Final = 0x01 | 0x20 | 0x40
"""Of the flags: encrypted, patched, strongly encrypted."""
_UTF_8: Final = 0x800
_NEWEST: Final = 63
"""The version of the format that `zipfile` reads, times ten."""
_STORED, _DEFLATED = 0, 8
_ZIP64: Final = 0xFFFFFFFF
_LONGEST: Final = 1 << 24
"""Bytes of a directory that are read here."""


class _Member(NamedTuple):
    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    """Bytes in the archive, as `size` is unpacked."""
    size: int
    start: int
    others: tuple[int, ...]
    """Where all other members begin."""


def only_member(file: IO[bytes], suffix: bytes, pattern: re.Pattern[str], limit: int) -> bytes | None:
    """Return the one member whose name `pattern` matches, and ends in `suffix`; None where `zipfile` has to decide.

    That is also where there is none, or more, or one of more than `limit` bytes. Raises OSError.
    """
    directory = _directory(file)
    found = None if directory is None else (_plainly_only(directory, suffix) or _only(directory, suffix))
    if found is None or not pattern.fullmatch(found.name.decode("ascii")):
        return None
    if found.flags & _ENCRYPTED or found.method not in (_STORED, _DEFLATED) or found.size > limit:
        return None
    return _content(file, found)


def _directory(file: IO[bytes]) -> bytes | None:
    """Return the directory of an archive that ends with it and the record of its end, without a comment."""
    size = file.seek(0, os.SEEK_END)
    if size < _END.size:
        return None
    file.seek(size - _END.size)
    magic, disk, first_disk, here, count, length, start, comment = _END.unpack(file.read(_END.size))
    is_usual = magic == _END_MAGIC and disk == first_disk == comment == 0 and here == count < 0xFFFF
    if not is_usual or start + length != size - _END.size or length > _LONGEST:
        return None
    file.seek(start)
    found = file.read(length)
    return found if len(found) == length else None


def _plainly_only(directory: bytes, suffix: bytes) -> _Member | None:
    """Return what `_only` does where no entry has anything but a name of ASCII; None also where that is not so simple.

    Column by column, as some wheels have thousands of files.
    """
    begin, *entries = directory.split(_ENTRY_MAGIC)
    heads = b"".join([entry[: _ENTRY_SIZES.size] for entry in entries])
    if begin or len(heads) != len(entries) * _ENTRY_SIZES.size or not entries:
        return None
    needed, name_sizes, extras, comments, starts = zip(*_ENTRY_SIZES.iter_unpack(heads), strict=True)
    if any(extras) or any(comments) or max(needed) > _NEWEST:
        return None
    names = [entry[_ENTRY_SIZES.size :] for entry in entries]
    joined = b"/".join(names)
    # The magic number may be a part of a name, or of a head: then the sizes do not fit.
    if list(map(len, names)) != list(name_sizes) or not joined.isascii() or b"\0" in joined:
        return None
    found = [number for number, name in enumerate(names) if name.endswith(suffix)]
    if len(found) != 1:
        return None
    number = found[0]
    member = _only(_ENTRY_MAGIC + entries[number], suffix)
    return None if member is None else member._replace(others=starts[:number] + starts[number + 1 :])


def _only(directory: bytes, suffix: bytes) -> _Member | None:
    """Return the member whose name ends in `suffix`; None where it is not the only one, or another is unusual."""
    found, at, end = None, 0, len(directory)
    starts: list[int] = []
    try:
        while at < end:
            magic, needed, flags, method, crc, packed, size, name_size, extra, comment, disk, start = (
                _ENTRY.unpack_from(directory, at)
            )
            after = at + _ENTRY.size + name_size
            name = directory[at + _ENTRY.size : after]
            if magic != _ENTRY_MAGIC or needed > _NEWEST or b"\0" in name or len(name) != name_size:
                return None
            if not name.isascii() and flags & _UTF_8:
                name.decode()
            if extra and not _is_plain(directory[after : after + extra]):
                return None
            if name.endswith(suffix):
                if found is not None or disk or _ZIP64 in (packed, size, start) or not name.isascii():
                    return None
                found = _Member(name, flags, method, crc, packed, size, start, ())
            else:
                starts.append(start)
            at = after + extra + comment
    except (error, UnicodeDecodeError):
        return None
    return found._replace(others=tuple(starts)) if found is not None and at == end else None


def _is_plain(extra: bytes) -> bool:
    """Return whether extra fields are whole, and none is of a large archive (APPNOTE.TXT, 4.5.3)."""
    while len(extra) >= _FIELD.size:
        kind, size = _FIELD.unpack_from(extra)
        if kind == 1 or _FIELD.size + size > len(extra):
            return False
        extra = extra[_FIELD.size + size :]
    return True


def overlaps(file: IO[bytes], start: int, packed: int, others: Iterable[int]) -> bool:
    """Return whether another member begins, at one of `others`, in the one at `start`, of `packed` bytes of content.

    Raises OSError, and ValueError where no member begins at `start`.
    """
    file.seek(start)
    try:
        *_, name_size, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    except error as cause:
        raise ValueError("it ends within a file") from cause
    return _is_hit(start, name_size + extra + packed, others)


def _is_hit(start: int, length: int, others: Iterable[int]) -> bool:
    """Return whether another member begins in one at `start`, whose header is followed by `length` bytes."""
    return any(start <= other < start + _LOCAL.size + length for other in others)


def _content(file: IO[bytes], member: _Member) -> bytes | None:
    """Return the content of a member; None where it is not what the directory says of it."""
    file.seek(member.start)
    try:
        magic, flags, method, name_size, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    except error:
        return None
    if magic != _LOCAL_MAGIC or (flags, method) != (member.flags, member.method) or name_size != len(member.name):
        return None
    if file.read(name_size + extra)[:name_size] != member.name:
        return None
    if _is_hit(member.start, name_size + extra + member.packed, member.others):
        return None
    content = file.read(member.packed)
    if member.method == _DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = unpacker.decompress(content, member.size + 1)
        except zlib.error:
            return None
        if not unpacker.eof:
            return None
    return content if len(content) == member.size and zlib.crc32(content) == member.crc else None
