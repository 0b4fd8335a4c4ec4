"""Replace a file whole, or not at all.

Bytes and a path go in; afterwards the path holds the old bytes or the new ones, whatever happened in between.
"""

from __future__ import annotations

import errno
import os

from lockenv.errors import MachineError
from lockenv.files.patience import patiently
from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    Piece = bytes | memoryview
    """Bytes."""

HINTS = {
    errno.ENOSPC: "free space on this filesystem and run the command again",
    errno.EDQUOT: "free space in your quota and run the command again",
    errno.ENOMEM: "close other programs and run the command again",
    errno.EMFILE: "raise the limit on open files with `ulimit -n` and run the command again",
    errno.ENFILE: "close other programs and run the command again",
    errno.EROFS: "make the filesystem writable, or use `--cache-dir` and `--venv` to choose other directories",
    errno.EACCES: "check the permissions of that path",
    errno.EPERM: "check the permissions of that path",
    errno.ENOTDIR: "a file is in the place of a directory of that path: move it, or choose another path",
    errno.EISDIR: "a directory is in the place of that file: move it, or choose another path",
    errno.EEXIST: "something else is there: move it, or choose another path",
    errno.ELOOP: "remove the link in that path that points to itself",
}
"""What to do when a call to the system fails, by the number of its error."""
_AT_ONCE = 1000
"""Pieces that one call writes; POSIX lets a system take as few as 16 (IOV_MAX), those with `writev` here take 1024."""
_LONGEST_ON_WINDOWS = 248
"""Characters from which on Windows takes no path of a new directory, unless long paths are enabled; files: 260."""


def replace(path: str, data: bytes | Sequence[Piece], *, durable: bool = False, mode: int = 0o644) -> None:
    """Put `data`, or the pieces of it, at `path`, creating its directory where it is missing.

    `durable` flushes the file and its directory, so that the bytes also survive a loss of power; content that is
    checked when it is read back (caches) needs no flush. Raises MachineError when the system refuses.
    """
    directory = os.path.dirname(path) or "."
    temporary = os.path.join(directory, f".{os.path.basename(path)[:64]}.{os.getpid()}.{os.urandom(6).hex()}")
    try:
        descriptor = _create(temporary, directory, mode)
        try:
            try:
                _write_all(descriptor, data) if isinstance(data, bytes) else _write_pieces(descriptor, data)
                if durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
            patiently(os.replace, temporary, path)
        except BaseException:
            _remove_quietly(temporary)
            raise
        if durable:
            flush_directory(directory)
    except OSError as error:
        raise machine_error(error, path) from error


def make_directory(path: str) -> None:
    """Make the directory `path`, parents included, unless it is there. Raises MachineError when the system refuses."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise machine_error(error, path) from error


def flush_directory(directory: str) -> None:
    """Flush the entries of `directory`, where the system can (Windows cannot open one)."""
    if system.is_windows:
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def machine_error(error: OSError, path: str, action: str = "write") -> MachineError:
    """Return the error that says what the system refused, and where; `action` is what was tried there."""
    hint = HINTS.get(error.errno or 0, "")
    if system.is_windows and len(path) >= _LONGEST_ON_WINDOWS:
        hint = "its path is long: enable long paths in Windows, or move the project to a directory with a shorter path"
    elif not system.is_windows and error.errno in (errno.EACCES, errno.EPERM) and (place := _of_another(path)):
        other = "" if action == "read" else ", or choose another directory (`--cache-dir`, `--venv`)"
        hint = f"{place} belongs to another user: change its owner or its permissions{other}"
    return MachineError(f"cannot {action} {path}: {error.strerror or error}", hint=hint)


def _of_another(path: str) -> str:
    """Return the nearest of `path` and the directories above it that is there, where it is of another user.

    Where it is a file, that may be the directory of it; empty where neither is of another.
    """
    try:
        place = os.path.abspath(path)
        while not os.path.lexists(place):
            place = os.path.dirname(place)
        near = [place] if os.path.isdir(place) else [place, os.path.dirname(place)]
        return next((each for each in near if os.lstat(each).st_uid != os.geteuid()), "")
    except OSError:
        return ""


def _create(temporary: str, directory: str, mode: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(temporary, flags, mode)
    except FileNotFoundError:
        os.makedirs(directory, exist_ok=True)
        return os.open(temporary, flags, mode)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _write_pieces(descriptor: int, pieces: Sequence[Piece]) -> None:
    """Write thousands of pieces, which are put together nowhere else where the system can do that."""
    for start in range(0, len(pieces), _AT_ONCE):
        some = pieces[start : start + _AT_ONCE]
        written = os.writev(descriptor, some) if hasattr(os, "writev") else 0
        if written < sum(map(len, some)):
            _write_all(descriptor, b"".join(some)[written:])


def _remove_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
