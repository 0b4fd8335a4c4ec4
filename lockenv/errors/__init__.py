"""What can go wrong, with its exit code.

Duty: the exceptions every room raises and the exit codes the program ends with.
In: nothing. Out: exception classes. Never: printing, catching, or knowing who raises.

An error is a failure to answer (exit 2). An answer of "no" is a value, not an error.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from enum import IntEnum
    from typing import ClassVar, Protocol

    class Place(Protocol):
        """Where something was written; `vocabulary.origin.Origin` is one."""

        @property
        def file(self) -> str:
            """The file as the user would name it."""

        @property
        def key(self) -> str:
            """The key in it; empty where the line says it all."""

        @property
        def line(self) -> int:
            """Counted from 1; 0 when unknown."""

        @property
        def column(self) -> int:
            """Counted from 1; 0 when unknown."""

        @property
        def source(self) -> str:
            """The line itself; empty when unknown."""

else:

    class IntEnum(int):
        """As much of `enum.IntEnum` as exit codes need: loading `enum` takes a tenth of a `sync` with nothing to do."""

        def __init_subclass__(cls):
            for name, value in tuple(vars(cls).items()):
                if not name.startswith("_"):
                    member = int.__new__(cls, value)
                    member.name = name
                    setattr(cls, name, member)

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {int(self)}>"


class ExitCode(IntEnum):
    """How the program ends."""

    YES = 0
    """Done, or the answer is yes."""
    NO = 1
    """The answer is no: stale, drifted, unsatisfiable, findings."""
    CANNOT = 2
    """There is no answer: wrong usage, invalid input, network, refused files, the system."""
    BUG = 70
    """A bug in lockenv."""
    INTERRUPTED = 130
    """Stopped by the user."""


class LockenvError(Exception):
    """A failure to answer: one sentence that says what and where, and a hint that says what to do next."""

    kind: ClassVar[str] = "bug"
    exit_code: ClassVar[ExitCode] = ExitCode.CANNOT

    def __init__(self, message: str, *, hint: str = "", origin: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """What to do next; empty when the message says it."""
        self.origin = origin
        """Where the offending text was written, when it was written by the user."""


class UsageError(LockenvError):
    """The command line or the environment variables are invalid."""

    kind = "usage"


class InputError(LockenvError):
    """A file of the user, or a response of an index, is invalid."""

    kind = "input"


class BuildError(InputError):
    """A build backend failed; on another machine it may not."""

    kind = "build"


class RefusedError(LockenvError):
    """A file is not what it claims to be, or would do harm."""

    kind = "refused"

    def __init__(self, rule: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rule = rule
        """The stable id of the rule that refused, such as `hash-mismatch`."""


class UnacceptedError(RefusedError):
    """What was found is complete and sound, and the project does not accept it: the answer is no."""

    kind = "unaccepted"
    exit_code = ExitCode.NO


class NetworkError(LockenvError):
    """A server could not be reached, or did not respond properly."""

    kind = "network"
    is_unreachable = False
    """True when the server itself failed, not only what was asked of it."""
    status = 0
    """The status that a server answered with, when that was no answer; else 0."""


class MachineError(LockenvError):
    """The operating system failed: disk full, permission denied, no such interpreter."""

    kind = "machine"


class BugError(LockenvError):
    """A bug in lockenv; nothing was written."""

    kind = "bug"
    exit_code = ExitCode.BUG
