"""Read a file of a project whole, as what it is there for: a regular file, of a length that a person could have meant.

In: a path. Out: its bytes. Never: waiting for a pipe, reading a device, following a link out of the repository, reading
without a bound.
"""

from __future__ import annotations

import errno
import os
import stat

from lockenv.errors import RefusedError
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.files import programs
else:
    programs = late("lockenv.files.programs")

LONGEST = 64 << 20
"""Bytes of one file; the longest locks of real projects have a tenth of it."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def read_file(path: str, limit: int = LONGEST) -> bytes:
    """Return the bytes of the file at `path`. A link is followed within the project and work tree that it is in.

    Raises OSError where the system does, RefusedError (`project-file`) for a link out of them, for a device or a pipe,
    and for more than `limit` bytes.
    """
    if _NOFOLLOW:
        try:
            return read_bounded(path, limit, _NOFOLLOW)
        except OSError:
            if not os.path.islink(path):
                raise
    refuse_link_out(path)
    return read_bounded(path, limit)


def read_if_there(path: str) -> bytes | None:
    """Return what `read_file` does; None where nothing is at `path`."""
    try:
        return read_file(path)
    except FileNotFoundError:
        return None


def read_bounded(path: str, limit: int = LONGEST, flags: int = 0) -> bytes:
    """Return the bytes of the file at `path`, which may be a link; `flags` are added when it is opened.

    Raises OSError, and RefusedError (`project-file`) for what is no regular file, or longer than `limit` bytes.
    """
    descriptor = os.open(path, _FLAGS | flags)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(found.st_mode):
            raise _refusal(path, "is a device or a pipe", "replace it with a regular file")
        content = b""
        if found.st_size <= limit:
            # One byte more than the size: the end is seen with the second call.
            while len(content) <= limit and (piece := os.read(descriptor, found.st_size + 1)):
                content += piece
            if len(content) <= limit:
                return content
        raise _refusal(path, f"is longer than {limit} bytes", "reduce its size")
    finally:
        os.close(descriptor)


def read_own(path: str, limit: int = LONGEST) -> bytes:
    """Return the bytes of a file that lockenv wrote. Raises OSError, also for what another wrote in its place."""
    try:
        return read_bounded(path, limit, _NOFOLLOW)
    except RefusedError as error:
        raise OSError(errno.EINVAL, error.message, path) from error


def refuse_link_out(path: str) -> None:
    """Raise RefusedError (`project-file`) where `path` is a link out of the project and work tree, or is behind one.

    Links above a project are the user's own.
    """
    place = os.path.abspath(path)
    above = os.path.dirname(place)
    roots = programs.surroundings(above)
    while True:
        if os.path.islink(place) and roots and not programs.is_within(place, roots, is_resolved=True):
            raise _refusal(
                path,
                f"is a link to {os.path.realpath(path)}, outside of the project",
                "replace it with a copy, or specify that file",
            )
        if above == os.path.dirname(above):
            return
        place, above = above, os.path.dirname(above)
        roots = programs.declared_roots(above)


def refuse_special(path: str) -> None:
    """Raise RefusedError (`project-file`) where `path` is a device, a pipe, or a link to none: not for a directory."""
    if os.path.lexists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        what = "is a broken link" if not os.path.exists(path) else "is a device or a pipe"
        raise _refusal(path, what, "replace it with a regular file")


def _refusal(path: str, what: str, hint: str) -> RefusedError:
    try:
        seen = os.path.relpath(path)
    except ValueError:  # another drive on Windows
        seen = path
    return RefusedError("project-file", f"{min(seen, path, key=len)} {what}; it was not read", hint=hint)
