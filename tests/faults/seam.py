"""Intercept calls to the system: count those that change files, and make the n-th fail or kill the process at it.

In: which calls, and a Strike. Out: a killed process, a call that fails without an effect, or a list of the calls made.
Independent of the fault points in lockenv: the functions of `os` are wrapped, so calls that pass no fault point are
intercepted as well. Only for a process that ends afterwards.
"""

from __future__ import annotations

import builtins
import errno
import os
import signal
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHANGES = (
    "chmod",
    "fchmod",
    "fsync",
    "link",
    "mkdir",
    "open",
    "rename",
    "replace",
    "rmdir",
    "symlink",
    "truncate",
    "unlink",
    "write",
    "writev",
)
"""Functions of `os` that change files; `open` counts where it may create one."""

_REASONS: dict[str, tuple[str, ...]] = {
    "open": ("ENOSPC", "EIO", "EACCES", "EMFILE"),
    "write": ("ENOSPC", "EIO"),
    "writev": ("ENOSPC", "EIO"),
    "fsync": ("ENOSPC", "EIO"),
    "read": ("EIO",),
    "scandir": ("EIO", "EACCES", "EMFILE"),
    "listdir": ("EIO", "EACCES", "EMFILE"),
    "unlink": ("EIO", "EACCES"),
    "rmdir": ("EIO", "EACCES"),
    "chmod": ("EIO", "EACCES"),
    "fchmod": ("EIO", "EACCES"),
}
_OTHERS = ("ENOSPC", "EIO", "EACCES")


class Strike(NamedTuple):
    """Which call to intercept, and what happens at it."""

    kind: Literal["kill", "fail"]
    """Before a `kill`, a write is half done. Calls that `fail` may also be calls that read."""
    number: int = 0
    """From 1; with 0 nothing is struck, and each call is reported."""
    choice: int = 0
    """Which of the errors that the call could return, modulo their number."""


class Seam:
    """Counts calls and intercepts one. The descriptor `pipe` gets a line for that one, or for each."""

    def __init__(self, strike: Strike, pipe: int) -> None:
        self._strike = strike
        self._to = pipe
        self._numbers: Iterator[int] = count(1)
        self._write = os.write
        self._is_reading = strike.kind == "fail"

    def install(self) -> None:
        """Intercept calls for the rest of this process."""
        names = (*CHANGES, "read", "scandir", "listdir") if self._is_reading else CHANGES
        for name in names:
            setattr(os, name, self._around(name, getattr(os, name)))
        setattr(builtins, "open", self._around_open(builtins.open))  # noqa: B010 - its type is that of no function of ours

    def _around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            if name != "open" or self._is_reading or args[1] & (os.O_CREAT | os.O_TRUNC):
                self._pass(name, args)
            return function(*args, **keywords)

        return call

    def _around_open(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *args: Any, **keywords: Any) -> Any:
            if isinstance(file, str) and (self._is_reading or set(mode) & set("wax+")):
                self._pass("open", (file,))
            return function(file, mode, *args, **keywords)

        return call

    def _pipe(self, line: str) -> None:
        self._write(self._to, f"{line}\n".encode())

    def _pass(self, name: str, args: tuple[Any, ...]) -> None:
        number = next(self._numbers)
        strike = self._strike
        if not strike.number:
            self._pipe(name)
        if strike.number != number:
            return
        target = args[0] if isinstance(args[0], str) else ""
        if strike.kind == "fail":
            reasons = _REASONS.get(name, _OTHERS)
            reason = reasons[strike.choice % len(reasons)]
            self._pipe(f"{number} {name} {target} {reason}")
            code = getattr(errno, reason)
            raise OSError(code, os.strerror(code), *([target] if target else []))
        self._pipe(f"{number} {name} {target}")
        if name in ("write", "writev"):
            content = memoryview(args[1] if name == "write" else b"".join(args[1]))
            self._write(args[0], content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
