"""Explain in a sentence what the system refused where no room expected it.

An exception that no room turned into an error of ours goes in; the error comes out, or None for a bug. That the system
refuses is no bug, whichever call it is: a disk is full, a file may not be read, a directory is gone, memory is short.
"""

from __future__ import annotations

import errno
import os

from lockenv.errors import InputError, LockenvError, MachineError

_HINTS = {
    errno.ENOSPC: "make room on this filesystem and run the command again",
    errno.EDQUOT: "make room in your quota and run the command again",
    errno.EMFILE: "raise the limit of open files with `ulimit -n`, and run the command again",
    errno.ENFILE: "close other programs, and run the command again",
    errno.EROFS: "make the filesystem writable, or name another place for the cache and the environment",
    errno.EACCES: "check who may read and write there",
    errno.EPERM: "check who may read and write there",
}


def unforeseen(error: BaseException) -> LockenvError | None:
    """Return the error that says what the system refused; None where `error` is a bug of ours."""
    match error:
        case OSError():
            return _refused(error)
        case MemoryError():
            return MachineError("there is not enough memory", hint="close other programs, and run the command again")
        case UnicodeEncodeError():
            shown = error.object[error.start : error.end].encode("ascii", "backslashreplace").decode()
            return InputError(
                f"`{shown}` in a name or a text cannot be written as {error.encoding}",
                hint="rename the file, or set PYTHONUTF8=1",
            )
        case ImportError() if isinstance(cause := error.__cause__ or error.__context__, OSError):
            return _refused(cause)
        case ImportError() if error.name:
            return MachineError(
                f"the module `{error.name}` of this installation cannot be loaded: {error.msg}",
                hint="install lockenv again",
            )
    return None


def _refused(error: OSError) -> MachineError:
    reason = error.strerror or str(error)
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, (str, bytes))]
    if not names and error.errno == errno.ENOENT and not _is_somewhere():
        return MachineError(
            "the directory that this was started in does not exist any more", hint="change to one that exists"
        )
    if not names:
        return MachineError(f"the system refused: {reason}", hint=_HINTS.get(error.errno or 0, ""))
    return MachineError(f"cannot use {' or '.join(names)}: {reason}", hint=_HINTS.get(error.errno or 0, ""))


def _is_somewhere() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True
