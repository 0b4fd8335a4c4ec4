"""A directory that this user alone can change: a cache, or data of the program.

What is in it is trusted later as if this run had just written it, so who else may write to it is asked once, where it
is opened. Windows is not asked: the directories of a user are closed to others there.
"""

from __future__ import annotations

import os
import stat

from lockenv.errors import MachineError
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary import light_contextlib
else:
    light_contextlib = late("lockenv.vocabulary.light_contextlib")

_OTHERS = stat.S_IXGRP | stat.S_IXOTH
"""Who may enter a directory beside its owner."""


def private(path: str, what: str, elsewhere: str) -> str:
    """Return `path`, a directory that no one but this user and root can write to; make it, mode 0700, where none is.

    One that cannot be made is left to whoever writes to it: there is nothing in it that could be trusted. Raises
    MachineError for a directory that others may write to, or own, and for what is none; `what` is its name in a
    message, and `elsewhere` says how to name another.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        with light_contextlib.suppress(OSError):
            os.makedirs(path, 0o700, exist_ok=True)
        return path
    except OSError:
        return path
    if not stat.S_ISDIR(found.st_mode):
        raise MachineError(f"{what} {path} is not a directory", hint=elsewhere)
    if not system.is_windows:
        _check(path, found, what, elsewhere)
        if found.st_mode & _OTHERS:
            _check_inside(path, what, elsewhere)
    return path


def is_private(found: os.stat_result) -> bool:
    """Return whether none but this user and root can change the file or directory of which `found` is known."""
    return system.is_windows or (found.st_uid in (os.geteuid(), 0) and not _is_open(found))


def _check(path: str, found: os.stat_result, what: str, elsewhere: str) -> None:
    if found.st_uid not in (os.geteuid(), 0):
        raise MachineError(f"{what} {path} belongs to another user (uid {found.st_uid})", hint=elsewhere)
    if _is_open(found):
        raise MachineError(
            f"{what} {path} is writable by others (mode {stat.S_IMODE(found.st_mode):04o})",
            hint=f"remove it, or run `chmod -R go-w` on it if you trust its content; {elsewhere}",
        )


def _check_inside(path: str, what: str, elsewhere: str) -> None:
    """Check the directories in `path` as well: others may enter it, and it may have been open to them."""
    try:
        with os.scandir(path) as entries:
            inner = [(entry.path, entry.stat()) for entry in entries if entry.is_dir()]
    except OSError:
        return  # who cannot read it can use nothing in it
    for name, found in inner:
        _check(name, found, f"a part of {what},", elsewhere)


def _is_open(found: os.stat_result) -> bool:
    """Return whether others may write; a group that has no member but this user is no other."""
    if found.st_mode & stat.S_IWOTH:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and not _is_own_group(found.st_gid)


def _is_own_group(group: int) -> bool:
    """Return whether `group` is the private group of this user, as many systems make one for each."""
    import grp
    import pwd

    try:
        known, user = grp.getgrgid(group), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return known.gr_gid == user.pw_gid and known.gr_name == user.pw_name and set(known.gr_mem) <= {user.pw_name}
