"""The metadata file inside a wheel or a source distribution, found without unpacking anything.

An open archive goes in, the bytes of the one file come out. Never: a file written, a path followed.
"""

from __future__ import annotations

import errno
import io
from typing import IO, TYPE_CHECKING, Any

from lockenv.errors import RefusedError
from lockenv.files.atomic import machine_error
from lockenv.index.metadata import LIMIT
from lockenv.index.zip_directory import only_member, overlaps
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    import gzip
    import re
    import tarfile
    import zipfile
    import zlib

    from lockenv.errors import LockenvError
else:
    gzip = late("gzip")
    tarfile = late("tarfile")
    zipfile = late("zipfile")
    zlib = late("zlib")

_DIST_INFO = lazy_pattern(r"[^/\\]+\.dist-info/METADATA")
_METADATA = b".dist-info/METADATA"
_PKG_INFO = lazy_pattern(r"(?:\./)?[^/\\]+/PKG-INFO")
_PYPROJECT = lazy_pattern(r"(?:\./)?[^/\\]+/pyproject\.toml")
_HINT = "the file is broken or forged; choose another version, and report this one to the index"
_UNPACKED_LIMIT = 2 << 30
"""Bytes of a source distribution, unpacked, that are read in search of its PKG-INFO."""


class NoMetadataError(RefusedError):
    """A source distribution that is sound, and holds no PKG-INFO."""


def wheel_metadata(file: IO[bytes], filename: str) -> bytes:
    """Return the METADATA of a wheel; raises RefusedError when it is no archive that holds exactly one."""
    return _zip_member(file, filename, _DIST_INFO)


def sdist_metadata(file: IO[bytes], filename: str) -> bytes:
    """Return the PKG-INFO of a source distribution.

    Raises NoMetadataError when it holds none, and RefusedError when it is no archive or holds several.
    """
    if filename.endswith(".zip"):
        return _zip_member(file, filename, _PKG_INFO)
    found = _tar_member(file, filename, _PKG_INFO)
    if found is None:
        raise _refused(filename, "it contains no readable PKG-INFO", NoMetadataError)
    return found


def sdist_pyproject(file: IO[bytes], filename: str) -> bytes | None:
    """Return the pyproject.toml of a source distribution, if it holds one; raises RefusedError as `sdist_metadata`."""
    if not filename.endswith(".zip"):
        return _tar_member(file, filename, _PYPROJECT)
    try:
        return _zip_member(file, filename, _PYPROJECT)
    except RefusedError:
        # Whether a zip that gave its PKG-INFO lacks the file or hides it, its table is not used.
        return None


def _zip_member(file: IO[bytes], filename: str, pattern: re.Pattern[str]) -> bytes:
    try:
        if pattern is _DIST_INFO and (found := only_member(file, _METADATA, pattern, LIMIT)) is not None:
            return found
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if pattern.fullmatch(member.filename)]
            if not members and pattern is _PKG_INFO:
                raise _refused(filename, "it contains no PKG-INFO", NoMetadataError)
            if len(members) != 1:
                raise _refused(filename, f"it contains {len(members)} files named {pattern.pattern.rpartition('/')[2]}")
            return _limited(file, archive, members[0], filename)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _unread(filename, error) from error


def _limited(file: IO[bytes], archive: zipfile.ZipFile, member: zipfile.ZipInfo, filename: str) -> bytes:
    if member.file_size > LIMIT:
        raise _refused(filename, f"its metadata is longer than {LIMIT} bytes")
    others = [each.header_offset for each in archive.infolist() if each is not member]
    # As newer versions of `zipfile` do: the answer must not depend on the Python that runs this.
    if overlaps(file, member.header_offset, member.compress_size, others):
        raise _refused(filename, "its metadata overlaps another file")
    with archive.open(member) as opened:
        content = opened.read(LIMIT + 1)
    if len(content) != member.file_size:
        raise _refused(filename, "the size of its metadata does not match its central directory")
    return content


def _tar_member(file: IO[bytes], filename: str, pattern: re.Pattern[str]) -> bytes | None:
    """Return the first file whose name `pattern` matches; None when none does, or it is longer than LIMIT."""
    try:
        with (
            gzip.GzipFile(fileobj=file) as unzipped,
            tarfile.open(fileobj=_limited_stream(unzipped), mode="r|") as archive,
        ):
            for member in archive:
                if not 0 <= member.size <= _UNPACKED_LIMIT:
                    # Whoever looks for the member behind it would read on, and on.
                    raise ValueError(f"it contains a file of more than {_UNPACKED_LIMIT} bytes")
                if pattern.fullmatch(member.name) and member.isreg():
                    opened = archive.extractfile(member)
                    if opened is None or member.size > LIMIT:
                        break
                    content: bytes = opened.read(LIMIT)
                    return content
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, OverflowError, RecursionError) as error:
        raise _unread(filename, error) from error
    return None


class _Limited(io.RawIOBase):
    """Stops reading where only a bomb would go on."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._left = _UNPACKED_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer)
        self._left -= count
        if self._left < 0:
            raise ValueError(f"it unpacks to more than {_UNPACKED_LIMIT} bytes")
        return count


def _limited_stream(file: gzip.GzipFile) -> IO[bytes]:
    return io.BufferedReader(_Limited(file), 1 << 16)


def _unread(filename: str, error: Exception) -> LockenvError:
    """Return why an archive could not be read: the system, which has a number for that, is no fault of the archive."""
    # A place before the beginning, or behind all that a file can have, is one that the archive names.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return machine_error(error, filename, "read")
    return _refused(filename, str(error))


def _refused(filename: str, reason: str, kind: type[RefusedError] = RefusedError) -> RefusedError:
    shown = ascii(reason)[1:-1][:200]
    return kind("bad-archive", f"{filename}: its metadata cannot be read: {shown}", hint=_HINT)
