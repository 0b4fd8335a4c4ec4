"""Turn an error of the operating system that nothing expected into one of ours.

In: an exception that nothing else handled. Out: our error, or None for a bug. A failed system call is not a bug: a disk
is full, a file may not be read, a directory is gone, memory is short.
"""

from __future__ import annotations

import errno
import os
import sys

from lockenv.errors import InputError, LockenvError, MachineError
from lockenv.files import memory_limit
from lockenv.files.atomic import HINTS

_UNMAPPED = "failed to map segment"
"""What the loader of Linux says of a library that there is no memory for."""


def unforeseen(error: BaseException) -> LockenvError | None:
    """Return the error for a failed system call; None where `error` is a bug of ours."""
    match error:
        case OSError():
            return _refused(error)
        case MemoryError():
            return _exhausted()
        case ImportError() if _UNMAPPED in error.msg:
            return _exhausted()
        case UnicodeEncodeError():
            # A whole path says where it is; other text may be long, or a secret.
            part = error.object if os.path.isabs(error.object) else error.object[error.start : error.end]
            is_utf8 = error.encoding == sys.getfilesystemencoding() == "utf-8"
            return InputError(
                f"`{part.encode('ascii', 'backslashreplace').decode()}` cannot be encoded as {error.encoding}",
                hint="rename the file or directory, so that its name is UTF-8" if is_utf8 else "set PYTHONUTF8=1",
            )
        case ImportError() if isinstance(cause := error.__cause__ or error.__context__, OSError):
            return _refused(cause)
        case ImportError() if error.name:
            return MachineError(
                f"cannot load the module `{error.name}` of lockenv: {error.msg}",
                hint="reinstall lockenv",
            )
    return None


def _exhausted() -> MachineError:
    return MachineError("out of memory", hint=memory_limit.hint("close other programs and run the command again"))


def is_interruption(error: BaseException | None) -> bool:
    """Return whether Ctrl-C is behind `error`: Python has another one in its place where it comes within a class."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def advise(error: LockenvError) -> None:
    """Add a hint to an error without one that a failed system call caused, where one is known for that."""
    cause = error.__cause__
    if isinstance(error, MachineError) and not error.hint and isinstance(cause, OSError):
        error.hint = HINTS.get(cause.errno or 0, "")


def _refused(error: OSError) -> MachineError:
    reason = error.strerror or str(error)
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, (str, bytes))]
    if not names and error.errno == errno.ENOENT and not _is_somewhere():
        return MachineError("the current directory no longer exists", hint="change to an existing directory")
    if not names:
        return MachineError(f"the operating system reported: {reason}", hint=HINTS.get(error.errno or 0, ""))
    return MachineError(f"cannot use {' or '.join(names)}: {reason}", hint=HINTS.get(error.errno or 0, ""))


def _is_somewhere() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True
