"""Open a source distribution into a directory, and refuse what has no place in one.

An archive whose hash was checked goes in; the directory of its sources comes out. Source distribution format: "There
is a single top-level directory called {name}-{version}".
"""

from __future__ import annotations

import os
import shutil
from typing import IO, TYPE_CHECKING, NamedTuple

from lockenv.errors import RefusedError
from lockenv.files.atomic import machine_error
from lockenv.files.portable import is_special_on_windows

if TYPE_CHECKING:
    import tarfile
    import zipfile
    from collections.abc import Callable, Iterator

_MOST_FILES = 200_000
_MOST_BYTES = 4 << 30


class _Member(NamedTuple):
    name: str
    size: int
    is_directory: bool
    is_executable: bool
    open: Callable[[], IO[bytes]]


def unpack(archive: str, filename: str, into: str) -> str:
    """Give the directory of the sources that `archive`, called `filename`, holds; it lies below `into`.

    Raises RefusedError for links, devices, names that lead elsewhere or mean two things, and bombs; `into` is then to
    be thrown away.
    """
    import gzip
    import lzma
    import tarfile
    import zipfile
    import zlib

    members = _zip_members if filename.endswith(".zip") else _tar_members
    try:
        top = _write_all(members(archive, filename), filename, into)
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        gzip.BadGzipFile,
    ) as error:
        raise _refused(filename, f"it cannot be unpacked: {ascii(str(error))[1:-1][:200]}") from error
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise _refused(filename, "one of its names is that of a file and of a directory") from error
    except OSError as error:
        raise machine_error(error, into) from error
    return os.path.join(into, top)


def _write_all(members: Iterator[_Member], filename: str, into: str) -> str:
    left, seen, tops = _MOST_BYTES, set[str](), set[str]()
    for number, member in enumerate(members):
        if number >= _MOST_FILES:
            raise _refused(filename, f"it holds more than {_MOST_FILES} files")
        parts = _parts(member, filename)
        if not parts:
            continue
        tops.add(parts[0])
        if len(tops) > 1:
            raise _refused(filename, f"it has more than one top-level directory ({', '.join(sorted(tops))})")
        path = os.path.join(into, *parts)
        if member.is_directory:
            os.makedirs(path, exist_ok=True)
            continue
        folded = "/".join(parts).casefold()
        if folded in seen:
            raise _refused(filename, f"it holds {member.name!a} twice")
        seen.add(folded)
        left -= member.size
        if left < 0:
            raise _refused(filename, f"it unpacks to more than {_MOST_BYTES} bytes")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with member.open() as source, open(path, "xb") as target:
            _copy(source, target, member, filename)
        os.chmod(path, 0o755 if member.is_executable else 0o644)
    if not seen:
        raise _refused(filename, "it holds no file")
    return tops.pop()


def _copy(source: IO[bytes], target: IO[bytes], member: _Member, filename: str) -> None:
    copied = 0
    while piece := source.read(1 << 18):
        copied += len(piece)
        if copied > member.size:
            raise _refused(filename, f"{member.name!a} is longer than it says")
        target.write(piece)


def _parts(member: _Member, filename: str) -> list[str]:
    """Give the components of a member's path below the archive; refuses what would lead elsewhere."""
    name = member.name.removeprefix("./").rstrip("/")
    if name in ("", "."):
        return []
    parts = name.split("/")
    for part in parts:
        if (
            part in ("", ".", "..")
            or any(char == "\\" or not char.isprintable() for char in part)
            or is_special_on_windows(part)
        ):
            raise _refused(filename, f"it holds a file with a name that cannot be used: {member.name!a}")
    return parts


def _tar_members(archive: str, filename: str) -> Iterator[_Member]:
    import tarfile

    with tarfile.open(archive, mode="r:gz") as opened:
        for member in opened:
            if not (member.isreg() or member.isdir()):
                raise _refused(filename, f"{member.name!a} is a {_kind(member)}, not a file")
            yield _Member(
                member.name,
                member.size,
                member.isdir(),
                bool(member.mode & 0o100),
                _tar_opener(opened, member),
            )


def _kind(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return f"link to {member.linkname!a}"
    return "device" if member.isdev() else "special entry"


def _zip_members(archive: str, filename: str) -> Iterator[_Member]:
    import stat
    import zipfile

    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            mode = member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(filename, f"{member.filename!a} is a link or a device, not a file")
            yield _Member(
                member.filename, member.file_size, member.is_dir(), bool(mode & 0o100), _opener(opened, member)
            )


def _opener(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: opened.open(member)


def _tar_opener(opened: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def content() -> IO[bytes]:
        found = opened.extractfile(member)
        if found is None:
            raise ValueError("a file without content")
        return found

    return content


def discard(directory: str) -> None:
    """Remove a directory and all in it, if it is there."""
    shutil.rmtree(directory, ignore_errors=True)


def _refused(filename: str, reason: str) -> RefusedError:
    return RefusedError("bad-sdist", f"{filename}: {reason}", hint="choose another release, and tell its authors")
