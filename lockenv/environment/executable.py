"""Explain why the system cannot execute a program.

The error of the system and the path of the program go in; a sentence that says what is wrong comes out. Reads the first
bytes of the program; never runs anything.
"""

from __future__ import annotations

import errno
import os

from lockenv.errors import MachineError

_FIRST = 4096
"""Bytes; no system reads more of a file to find its interpreter."""
_NAMES_INTERPRETER = b"#!"


def is_shell_script(program: str) -> bool:
    """Return whether `program` is text without a first line that names its interpreter.

    POSIX, "exec": such a file is executed by the shell. A file with a NUL byte is no text: it is a program for another
    machine, or damaged.
    """
    first = _first_bytes(program)
    return bool(first) and b"\0" not in first and not first.startswith(_NAMES_INTERPRETER)


def is_python_script(program: str) -> bool:
    """Return whether `program` is a script that a Python runs, at once or by way of the shell."""
    first = _first_bytes(program)
    # Where the path of the interpreter is too long for a first line, the shell starts it in the second one.
    return first.startswith(_NAMES_INTERPRETER) and any(b"python" in line for line in first.split(b"\n", 2)[:2])


def not_executed(error: OSError, program: str) -> MachineError:
    """Return the error that explains why `program` was not executed."""
    reason, hint = _reason(error, program)
    return MachineError(f"cannot run `{program}`: {reason}", hint=hint)


def _reason(error: OSError, program: str) -> tuple[str, str]:
    interpreter = _interpreter(program)
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR | errno.ELOOP if interpreter and not os.path.exists(interpreter):
            if interpreter.endswith("\r"):
                return (
                    "it has Windows line endings (CRLF), so its interpreter cannot be found",
                    "save it with LF line endings",
                )
            return (
                f"its shebang names the interpreter `{interpreter}`, which does not exist",
                "fix its shebang line; for a script of the environment, run `lockenv sync --reinstall`",
            )
        case errno.ENOENT if not os.path.exists(program):
            return "it does not exist", "check its path"
        case errno.ENOENT:
            return "its dynamic loader does not exist on this machine", "install a program for this system"
        case errno.EACCES | errno.ENOEXEC if interpreter and not os.access(interpreter, os.X_OK):
            return f"its interpreter `{interpreter}` is not executable", "fix its shebang line"
        case errno.EACCES | errno.EPERM:
            return f"{error.strerror}", "check its permissions, and whether its filesystem is mounted with `noexec`"
        case errno.ENOEXEC if os.path.getsize(program) == 0:
            return "it is empty", "reinstall it"
        case errno.ENOEXEC:
            return "it is neither a script nor a program for this machine", "install a program for this system"
        case errno.E2BIG:
            return "its arguments and the environment variables are too long", "pass fewer, or pass them in a file"
        case _:
            return error.strerror or str(error), ""


def _interpreter(program: str) -> str:
    """Return the interpreter that the first line of `program` names; empty where it names none."""
    first = _first_bytes(program)
    if not first.startswith(_NAMES_INTERPRETER):
        return ""
    line = first[len(_NAMES_INTERPRETER) :].partition(b"\n")[0].strip(b" \t")
    return os.fsdecode(line.replace(b"\t", b" ").partition(b" ")[0])


def _first_bytes(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            return os.read(descriptor, _FIRST)
        finally:
            os.close(descriptor)
    except OSError:
        return b""
