"""Let a test fail, or kill, the n-th mutation of a file.

In: `LOCKENV_TEST_FAULT=<point>:<n>:<kind>`, honoured only beside `LOCKENV_TEST=1`. Out: the fault, when the n-th call
at a point whose name equals `<point>`, or matches it as a pattern such as `*` or `store.*`, is reached; `<n>+` fails
every call from the n-th on. Kinds: `kill`; `interrupt`, as Ctrl-C does; the name of an errno, such as ENOSPC; where
bytes are written also `torn` (half of them, then kill) and `short` (half of them, then ENOSPC). Never: an effect in a
run that is not a test.
"""

from __future__ import annotations

import errno
import os

from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import signal
    from typing import NoReturn
else:
    signal = late("signal")


class _Fault:
    """What to do to the n-th call at a point."""

    def __init__(self, text: str) -> None:
        self.pattern, number, self.kind = text.split(":")
        self.lasts = number.endswith("+")
        self.left = int(number.rstrip("+"))

    def is_due(self, point: str) -> bool:
        from fnmatch import fnmatchcase

        if not fnmatchcase(point, self.pattern):
            return False
        self.left -= 1
        return self.left == 0 or (self.lasts and self.left < 0)

    def strike(self, point: str) -> NoReturn:
        if self.kind in {"kill", "torn"}:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        if self.kind == "interrupt":
            raise KeyboardInterrupt
        number = errno.ENOSPC if self.kind == "short" else getattr(errno, self.kind)
        raise OSError(number, os.strerror(number), point)


_fault: _Fault | None = None

ACTIVE = False
"""Whether any point can fail; hot paths ask this before they call."""


def arm(text: str) -> None:
    """Let the fault that `text` describes happen in this process; no text, none."""
    global ACTIVE, _fault  # noqa: PLW0603 - the state of the whole process, asked at every mutation
    _fault = _Fault(text) if text else None
    ACTIVE = _fault is not None


if os.environ.get("LOCKENV_TEST") == "1":
    arm(os.environ.get("LOCKENV_TEST_FAULT", ""))


def reach(point: str) -> None:
    """Fail here, if a test asked for it. Raises OSError, or does not return."""
    if _fault is not None and _fault.is_due(point):
        _fault.strike(point)


def write(point: str, descriptor: int, content: bytes | memoryview) -> None:
    """Fail here like `reach`, after half of `content` was written where the kind says so."""
    if _fault is not None and _fault.is_due(point):
        if _fault.kind in {"torn", "short"}:
            os.write(descriptor, content[: len(content) // 2])
        _fault.strike(point)
