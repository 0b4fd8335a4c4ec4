"""Try what the file system of a directory can do.

In: directories. Out: what files and links did there, tried in a new directory that is removed afterwards. Never: a
guess from the name of the file system.
"""

from __future__ import annotations

import os
from contextlib import suppress
from tempfile import TemporaryDirectory

from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

_MOUNTS = "/proc/self/mountinfo"
_FICLONE = 0x40049409
"""ioctl_ficlonerange(2): the request of Linux to share the blocks of one file with another, `_IOW(0x94, 9, int)`."""
_CONTENT = b"lockenv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the file system of one directory can do, as it was tried there."""

    directory: str
    """Absolute: the directory asked about, or the nearest one above it that exists."""
    kind: str
    """The name of the file system, such as `ext4`; empty where the system does not say."""
    free: int
    """Bytes that this user may still write; -1 where the system does not say."""
    refusal: str = ""
    """Why nothing can be written there; empty where it can, and else nothing below was tried."""
    hard_links: bool = False
    symbolic_links: bool = False
    reflinks: bool | None = None
    """Whether files can share blocks; None where it is not known how to ask."""
    is_case_sensitive: bool = False


def tried(path: str) -> Abilities:
    """Return what the file system at `path`, or at the nearest directory above that exists, can do."""
    directory = nearest(path)
    kind, free = _kind(directory), _free(directory)
    try:
        with TemporaryDirectory(prefix=".lockenv-", dir=directory, ignore_cleanup_errors=True) as place:
            one = os.path.join(place, "one")
            with open(one, "wb") as stream:
                stream.write(_CONTENT)
            return Abilities(
                directory=directory,
                kind=kind,
                free=free,
                hard_links=_works(lambda: os.link(one, os.path.join(place, "hard"))),
                symbolic_links=_works(lambda: os.symlink("one", os.path.join(place, "symbolic"))),
                reflinks=_reflinks(one, os.path.join(place, "shared")),
                is_case_sensitive=not os.path.exists(os.path.join(place, "ONE")),
            )
    except OSError as error:
        return Abilities(directory=directory, kind=kind, free=free, refusal=error.strerror or str(error))


def can_link(source: str, target: str) -> bool:
    """Return whether a file at or above `source` can have a second name at or above `target`, by a hard link."""
    try:
        with (
            TemporaryDirectory(prefix=".lockenv-", dir=nearest(source), ignore_cleanup_errors=True) as first,
            TemporaryDirectory(prefix=".lockenv-", dir=nearest(target), ignore_cleanup_errors=True) as second,
        ):
            file = os.path.join(first, "one")
            with open(file, "wb") as stream:
                stream.write(_CONTENT)
            return _works(lambda: os.link(file, os.path.join(second, "two")))
    except OSError:
        return False


def nearest(path: str) -> str:
    """Return `path`, or the nearest directory above it that exists."""
    while not os.path.isdir(path):
        above = os.path.dirname(path)
        if above == path:
            break
        path = above
    return path


def _works(change: Callable[[], object]) -> bool:
    try:
        change()
    except (OSError, NotImplementedError):
        return False
    return True


def _reflinks(source: str, target: str) -> bool | None:
    if system.platform != "linux":
        return None
    from fcntl import ioctl

    with open(source, "rb") as reader, open(target, "wb") as writer:
        return _works(lambda: ioctl(writer.fileno(), _FICLONE, reader.fileno()))


def _free(directory: str) -> int:
    from shutil import disk_usage

    with suppress(OSError):
        return disk_usage(directory).free
    return -1


def _kind(directory: str) -> str:
    """Return the name of the file system at `directory`, which Linux lists with each mount point."""
    real = os.path.join(os.path.realpath(directory), "")
    best = kind = ""
    with suppress(OSError), open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as stream:
        for line in stream:
            # proc(5): the fifth field is the mount point; after " - " comes the type of the file system.
            before, _, after = line.partition(" - ")
            point = os.path.join(before.split()[4].replace("\\040", " "), "")
            if real.startswith(point) and len(point) >= len(best):
                best, kind = point, after.split()[0]
    return kind
