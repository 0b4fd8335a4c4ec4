"""The one door through which caches and environments are changed.

A `Folder` is an open directory: names in it are resolved against the directory itself, never against a path that
somebody could exchange meanwhile, and links are never followed. Windows has no such thing: there paths are joined, and
calls that another program disturbs are repeated. In: names and bytes. Out: files with exact modes, whatever the umask.
Every change passes a fault point named `<label>.<operation>`; an OSError has the whole path.
"""

from __future__ import annotations

import errno
import os
import stat

from lockenv.files import faults
from lockenv.files.patience import is_held, patiently
from lockenv.files.reparse import own_stat
from lockenv.vocabulary import system
from lockenv.vocabulary.light_contextlib import contextmanager, suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import NoReturn, Self

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | _NOFOLLOW
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | _NOFOLLOW
_READ |= getattr(os, "O_NONBLOCK", 0)  # a pipe in the place of a file is not waited for

_NO_COPY = frozenset({errno.EEXIST, errno.ENOSPC, errno.EIO})
"""What a system that cannot link says where a copy would fail as well. Each has words of its own for all the others."""

KEPT_BY_NFS = ".nfs"
"""How the names begin under which the NFS client of Linux keeps removed files that a program has open."""
_COPY_PIECE = 1 << 20


class Folder:
    """An open directory. Close it, or use it in a `with` statement."""

    __slots__ = ("fd", "label", "path")

    def __init__(self, path: str, fd: int, label: str) -> None:
        self.path = path
        self.fd = fd
        """Of the directory; -1 where the system has no such thing."""
        self.label = label
        """The first half of the names of its fault points."""

    @staticmethod
    def open(path: str, label: str, *, create: bool = False) -> Folder:
        """Open the directory at `path`, whose own parents are trusted; `create` makes it, parents included."""
        if create and not os.path.isdir(path):
            if faults.ACTIVE:
                faults.reach(f"{label}.mkdir")
            os.makedirs(path, exist_ok=True)
        if not system.opens_directories:
            return _JoinedFolder(path, -1, label)
        return Folder(path, os.open(path, _DIRECTORY), label)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the directory; closing twice does no harm."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def join(self, name: str) -> str:
        """Return the path of `name`, for a message."""
        return f"{self.path}{os.sep}{name}"

    # Looking

    def enter(self, name: str) -> Folder:
        """Open the directory `name` in this one; a link there raises NotADirectoryError (or ELOOP)."""
        try:
            fd = os.open(name, _DIRECTORY | _NOFOLLOW, dir_fd=self.fd)
        except OSError as error:
            self._fail(error, name)
        return Folder(f"{self.path}/{name}", fd, self.label)

    def names(self) -> list[str]:
        """Return the names in this directory, sorted."""
        return sorted(os.listdir(self.fd))

    def stat(self, name: str) -> os.stat_result:
        """Return what the system knows of `name` itself, not of what it may link to."""
        try:
            return os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except OSError as error:
            self._fail(error, name)

    def has(self, name: str) -> bool:
        """Return whether anything is called `name`, a dangling link included."""
        try:
            self.stat(name)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str) -> bytes:
        """Return the bytes of the file `name`; a link raises OSError."""
        with self.reader(name) as descriptor:
            size = os.fstat(descriptor).st_size
            pieces = []
            while piece := os.read(descriptor, size + 1):
                pieces.append(piece)
            return b"".join(pieces)

    @contextmanager
    def reader(self, name: str) -> Iterator[int]:
        """Open the file `name` for reading, yield its descriptor, and close it afterwards."""
        try:
            descriptor = self._opened(name, _READ)
        except OSError as error:
            self._fail(error, name)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    # Changing

    def mkdir(self, name: str) -> bool:
        """Make the directory `name`, mode 0755; False when there is something of that name already."""
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.mkdir")
            self._mkdir(name)
        except FileExistsError:
            return False
        except OSError as error:
            self._fail(error, name)
        return True

    @contextmanager
    def creating(self, name: str, mode: int = 0o644) -> Iterator[int]:
        """Create the file `name`, which must not exist, yield its descriptor, and close it afterwards."""
        descriptor = self._open_new(name, mode)
        try:
            # The umask does not decide what a file in an environment may be used for.
            if not system.is_windows:
                os.fchmod(descriptor, mode)
            yield descriptor
        except OSError as error:
            self._fail(error, name)
        finally:
            os.close(descriptor)

    def create(self, name: str, content: bytes, mode: int = 0o644, *, durable: bool = False) -> None:
        """Create the file `name`, which must not exist, with `content`; `durable` flushes it."""
        with self.creating(name, mode) as descriptor:
            self.write(descriptor, content)
            if durable:
                if faults.ACTIVE:
                    faults.reach(f"{self.label}.fsync")
                os.fsync(descriptor)

    def created(self, name: str, content: bytes | memoryview, mode: int) -> os.stat_result:
        """Create the file `name`, which must not exist, with `content`, and return what the system knows of it."""
        descriptor = self._open_new(name, mode)
        try:
            self.write(descriptor, content)
            found = os.fstat(descriptor)
            # The umask does not decide what a file in an environment may be used for.
            if not system.is_windows and stat.S_IMODE(found.st_mode) != mode:
                os.fchmod(descriptor, mode)
                found = os.fstat(descriptor)
        except OSError as error:
            self._fail(error, name)
        finally:
            os.close(descriptor)
        return found

    def _open_new(self, name: str, mode: int) -> int:
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.create")
            return self._opened(name, _CREATE, mode)
        except OSError as error:
            self._fail(error, name)

    def write(self, descriptor: int, content: bytes | memoryview) -> None:
        """Write all of `content` to a file that `creating` opened."""
        if faults.ACTIVE:
            faults.write(f"{self.label}.write", descriptor, content)
        written = os.write(descriptor, content)
        while written < len(content):
            written += os.write(descriptor, memoryview(content)[written:])

    def replace(self, name: str, content: bytes, *, durable: bool = False, temporary: str = "") -> None:
        """Put `content` at `name`, whole or not at all; `durable` flushes the file and this directory.

        Under a lock a fixed `temporary` name lets the next run find what a kill left.
        """
        if temporary:
            self.unlink(temporary)
        temporary = temporary or f".{name}.{os.getpid()}.{os.urandom(6).hex()}"
        try:
            self.create(temporary, content, durable=durable)
            self.rename(temporary, self, name)
        except BaseException:
            with suppress(OSError):
                self.unlink(temporary)
            raise
        if durable:
            self.flush()

    def link(self, name: str, source: Folder, original: str) -> None:
        """Make `name` the file `original` of `source`: a hard link, or a copy where none can be made."""
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.link")
            os.link(original, name, src_dir_fd=source.fd, dst_dir_fd=self.fd, follow_symlinks=False)
        except OSError as error:
            self._copy_after(error, name, source, original)

    def link_all(self, source: Folder, names: Iterable[tuple[str, str]]) -> None:
        """Make each of `names` as `link` does: what it is called here, and in `source`."""
        if faults.ACTIVE or self.fd < 0 or source.fd < 0:
            for name, original in names:
                self.link(name, source, original)
            return
        link, there, here = os.link, source.fd, self.fd
        for name, original in names:
            try:
                link(original, name, src_dir_fd=there, dst_dir_fd=here, follow_symlinks=False)
            except OSError as error:
                self._copy_after(error, name, source, original)

    def _copy_after(self, error: OSError, name: str, source: Folder, original: str) -> None:
        if error.errno in _NO_COPY:
            self._fail(error, name)
        self.copy(name, source, original)

    def copy(self, name: str, source: Folder, original: str, mode: int | None = None) -> None:
        """Make `name` a copy of the file `original` of `source`; without a `mode` it has the one of that file."""
        if faults.ACTIVE:
            faults.reach(f"{self.label}.copy")
        with source.reader(original) as reading:
            mode = stat.S_IMODE(os.fstat(reading).st_mode) if mode is None else mode
            with self.creating(name, mode) as writing:
                while piece := os.read(reading, _COPY_PIECE):
                    self.write(writing, piece)

    def symlink(self, name: str, target: str) -> None:
        """Make `name`, which must not exist, a symbolic link that says `target`."""
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.symlink")
            os.symlink(target, name if self.fd >= 0 else self.join(name), dir_fd=self.fd if self.fd >= 0 else None)
        except OSError as error:
            self._fail(error, name)

    def rename(self, name: str, target: Folder, new: str) -> None:
        """Move `name` to `new` in `target`, replacing a file there."""
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.rename")
            self._rename(name, target, new)
        except OSError as error:
            self._fail(error, name)

    def unlink(self, name: str) -> bool:
        """Remove the file or link `name`; False when there is none."""
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.unlink")
            self._unlink(name)
        except FileNotFoundError:
            return False
        except OSError as error:
            self._fail(error, name)
        return True

    def discard(self, name: str) -> bool:
        """Remove the file `name` unless Windows refuses because of who uses it; return whether it is gone."""
        try:
            os.unlink(self.join(name))
        except OSError as error:
            if not is_held(error):
                self._fail(error, name)
            return False
        return True

    def rmdir(self, name: str) -> bool:
        """Remove the directory `name` if it is empty; False when it is not, or is no directory of this one."""
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.rmdir")
            self._rmdir(name)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR}:
                return False
            self._fail(error, name)
        return True

    def clear(self, name: str) -> bool:
        """Remove `name` and, if it is a directory, all that is below it; return whether nothing is left of a directory.

        NFS keeps a removed file under another name in its directory while a program has it open.
        """
        try:
            is_directory = stat.S_ISDIR(self.stat(name).st_mode)
        except FileNotFoundError:
            return True
        if not is_directory:
            self.unlink(name)
            return True
        with self.enter(name) as folder:
            for below in folder.names():
                try:
                    folder.clear(below)
                except OSError as error:
                    if error.errno != errno.EBUSY or not below.startswith(KEPT_BY_NFS):
                        raise
        return self.rmdir(name)

    def flush(self) -> None:
        """Flush the names in this directory to the disk, where the system can."""
        if faults.ACTIVE:
            faults.reach(f"{self.label}.fsync")
        if self.fd >= 0:
            os.fsync(self.fd)

    def _fail(self, error: OSError, name: str) -> NoReturn:
        path = error.filename if isinstance(error.filename, str) and os.path.isabs(error.filename) else self.join(name)
        raised = OSError(error.errno, error.strerror, path)
        if system.is_windows:
            setattr(raised, "winerror", getattr(error, "winerror", None))  # noqa: B010 - it exists on Windows alone
        raise raised from error

    # One call to the system each, which a _JoinedFolder makes in another way

    def _opened(self, name: str, flags: int, mode: int = 0o777) -> int:
        return os.open(name, flags, mode, dir_fd=self.fd)

    def _mkdir(self, name: str) -> None:
        os.mkdir(name, 0o755, dir_fd=self.fd)

    def _rename(self, name: str, target: Folder, new: str) -> None:
        os.rename(name, new, src_dir_fd=self.fd, dst_dir_fd=target.fd)

    def _unlink(self, name: str) -> None:
        os.unlink(name, dir_fd=self.fd)

    def _rmdir(self, name: str) -> None:
        os.rmdir(name, dir_fd=self.fd)


class _JoinedFolder(Folder):
    """A directory by its path, where the system resolves no names against open ones."""

    __slots__ = ()

    def enter(self, name: str) -> Folder:
        if not stat.S_ISDIR(self.stat(name).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self.join(name))
        return _JoinedFolder(self.join(name), -1, self.label)

    def names(self) -> list[str]:
        return sorted(os.listdir(self.path))

    def stat(self, name: str) -> os.stat_result:
        try:
            return own_stat(self.join(name))
        except OSError as error:
            self._fail(error, name)

    def link(self, name: str, source: Folder, original: str) -> None:
        try:
            if faults.ACTIVE:
                faults.reach(f"{self.label}.link")
            os.link(source.join(original), self.join(name))
        except OSError as error:
            self._copy_after(error, name, source, original)

    def _opened(self, name: str, flags: int, mode: int = 0o777) -> int:
        return patiently(os.open, self.join(name), flags, mode)

    def _mkdir(self, name: str) -> None:
        os.mkdir(self.join(name))

    def _rename(self, name: str, target: Folder, new: str) -> None:
        patiently(os.replace, self.join(name), target.join(new))

    def _unlink(self, name: str) -> None:
        patiently(os.unlink, self.join(name))

    def _rmdir(self, name: str) -> None:
        patiently(os.rmdir, self.join(name))
