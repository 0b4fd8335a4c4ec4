"""Read a gzipped tar archive as a hostile one: two readers that disagree about it must not exist.

In: a file whose hash was checked. Out: its members, which come one after the other from the first byte of the tar to
its end. Never: a link followed, a file written beside the unpacked tar itself, which is gone afterwards.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from lockenv.backend.member import DamagedError, Member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockenv.backend.member import Limits

_BLOCK = tarfile.BLOCKSIZE
_PIECE = 1 << 20
_FILES = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
_LINKS = frozenset({tarfile.SYMTYPE, tarfile.LNKTYPE})
_EXTENDED = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, b"X"})
_EMPTY = frozenset(
    {tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE}
)
"""Kinds of members that no content follows, whatever length they state."""
_LONGEST_HEADER = 1 << 20
"""Bytes."""
_SPARSE = "GNU.sparse."
"""How the extended headers begin that make a member another one for readers that know them."""


@contextmanager
def members(archive: str, scratch: str, limits: Limits) -> Iterator[Iterator[Member]]:
    """Return the members of `archive`, in its order; `scratch` is a path that nothing has. Raises DamagedError."""
    try:
        with open(scratch, "w+b") as plain:
            _inflate(archive, plain, limits)
            _check_headers(plain)
            with _opened(plain) as opened:
                yield _walk(opened, plain)
    except (tarfile.TarError, OverflowError, RecursionError) as error:
        raise DamagedError(f"it cannot be unpacked: {error}") from error
    finally:
        os.unlink(scratch)


def _inflate(archive: str, plain: IO[bytes], limits: Limits) -> None:
    """Write the tar that `archive` holds; the checksum and the length at its end are checked."""
    most = limits.most(os.stat(archive).st_size)
    # RFC 1952: a file may hold several members; a reader that knows one alone sees another archive.
    inflater, left = zlib.decompressobj(16 + zlib.MAX_WBITS), most
    with open(archive, "rb") as stream:
        while not inflater.eof:
            source = inflater.unconsumed_tail or stream.read(_PIECE)
            if not source:
                raise DamagedError("it is truncated")
            try:
                piece = inflater.decompress(source, _PIECE)
            except zlib.error as error:
                raise DamagedError(f"it is not valid gzip ({error})") from error
            left -= len(piece)
            if left < 0:
                raise DamagedError(f"it unpacks to more than the limit of {most} bytes")
            plain.write(piece)
        if inflater.unused_data or stream.read(1):
            raise DamagedError("there is data after its end")
    plain.seek(0)


def _check_headers(plain: IO[bytes]) -> None:
    """Raise DamagedError for extended headers of a length that no honest one has, before anything reads them whole.

    A length in another form than octal digits is that of gigabytes, or one that readers disagree about.
    """
    position = 0
    while plain.seek(position) == position and any(block := plain.read(_BLOCK)):
        digits = block[124:136].rstrip(b" \0").strip() or b"0"
        if not digits.isdigit() or b"8" in digits or b"9" in digits:
            raise DamagedError("it cannot be unpacked: a header states a length that is no octal number")
        size = int(digits, 8)
        if block[156:157] in _EXTENDED and size > _LONGEST_HEADER:
            raise DamagedError(f"it has an extended header of {size} bytes")
        position += _BLOCK + (-(-size // _BLOCK) * _BLOCK if block[156:157] not in _EMPTY else 0)
    plain.seek(0)


def _opened(plain: IO[bytes]) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=plain, mode="r:", encoding="utf-8", errors="surrogateescape")
    except ValueError as error:
        raise _unreadable(error) from error


def _headers(opened: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while True:
        try:
            member = opened.next()
        except ValueError as error:
            raise _unreadable(error) from error
        if member is None:
            return
        yield member


def _unreadable(error: ValueError) -> DamagedError:
    """Return what to say of an extended header that `tarfile` takes for another than it is."""
    return DamagedError(f"it cannot be unpacked: an extended header cannot be read ({error})")


def _walk(opened: tarfile.TarFile, plain: IO[bytes]) -> Iterator[Member]:
    end = 0
    for member in _headers(opened):
        _check(opened, member)
        if not _reaches(plain, end, member.offset):
            raise DamagedError(f"there is data that belongs to no file before {member.name!a}")
        size = member.size if member.type in _FILES else 0
        end = member.offset_data + -(-size // _BLOCK) * _BLOCK
        yield Member(
            name=member.name,
            size=size,
            is_directory=member.isdir(),
            is_executable=bool(member.mode & 0o100),
            link=_target(member),
            open=_opener(opened, member),
            symlink=member.linkname if member.type == tarfile.SYMTYPE else "",
        )
    plain.seek(end)
    while piece := plain.read(_PIECE):
        if piece.count(0) != len(piece):
            raise DamagedError("there is data after its last file")


def _check(opened: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    if member.type not in _FILES | _LINKS and not member.isdir():
        raise DamagedError(f"{member.name!a} is {'a device' if member.isdev() else 'a special entry'}, not a file")
    is_other = any(key == "size" or key.startswith(_SPARSE) for key in member.pax_headers)
    if is_other or {"path", "linkpath"}.intersection(opened.pax_headers):
        raise DamagedError(f"{member.name!a} has a different size or name in an extended header")
    if member.type in _LINKS and not member.linkname:
        raise DamagedError(f"{member.name!a} is a broken link")
    if member.size < 0 or (member.size and member.type not in _FILES):
        raise DamagedError(f"{member.name!a} has an invalid size")


def _reaches(plain: IO[bytes], start: int, end: int) -> bool:
    """Return whether nothing but headers for all that follows (pax, typeflag g) is between `start` and `end`."""
    while start < end:
        plain.seek(start)
        block = plain.read(_BLOCK)
        if block[156:157] != tarfile.XGLTYPE:
            break
        start += _BLOCK + -(-int(block[124:136].rstrip(b" \0") or b"0", 8) // _BLOCK) * _BLOCK
    return start == end


def _target(member: tarfile.TarInfo) -> str:
    """Return what a link points to, from the root of the archive; empty for what is no link."""
    if member.type == tarfile.LNKTYPE:
        return member.linkname
    if member.type != tarfile.SYMTYPE:
        return ""
    directory = member.name.rstrip("/").rpartition("/")[0]
    return f"{directory}/{member.linkname}" if not member.linkname.startswith("/") else member.linkname


def _opener(opened: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def content() -> IO[bytes]:
        found = opened.extractfile(member)
        if found is None:
            raise DamagedError(f"{member.name!a} has no content")
        return found

    return content
