"""Calls in copies of this process, for work on files that this process has prepared: the copies have it in memory.

In: functions, before any thread runs. Out: calls that wait until they are begun, after what they can do before, and end
with this process at the latest. Never: a copy of a process with threads, whose locks would stay as they are; a copy
that prints, or that ends as a program does.
"""

from __future__ import annotations

import gc
import os

# Not from `threading`, which a warm cache need not load: see parallel.py.
from _thread import _count as running_threads

from lockenv.errors import MachineError
from lockenv.fetch.worker_calls import processors
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import pickle
    import signal
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn
else:
    pickle = late("pickle")
    try:
        import _signal as signal  # what `signal` puts names of enumerations around, for which it loads `enum`
    except ImportError:
        import signal

_MOST = 4
"""Processes, this one among them: more would wait for the file system."""
_LONGEST = 1 << 20
_DONE = b"."
"""What a copy says when its call is over: no description of an error."""
_NUMBER = 2
"""Bytes of a number."""
_SIZE = 4
"""Bytes that say how long a text is: another copy may have the end of the pipe too, so that it does not end."""
_orphaned_by = 0
"""In a copy: the process that it is a copy of."""


def processes() -> int:
    """Return how many processes may share some work, this one among them; 1 where it cannot be copied."""
    if system.platform != "linux" or running_threads() or not hasattr(os, "fork"):
        return 1
    return min(processors(), _MOST)


def is_orphaned() -> bool:
    """Return whether this is the copy of a process that has ended, so that no one waits for its work."""
    return _orphaned_by != 0 and os.getppid() != _orphaned_by


class NumberQueue:
    """Numbers, each of which one process alone takes: this one, or a copy that is made of it later."""

    MOST = 1 << 11
    """So many fit into the smallest pipe, of one page: a user who has many pipes open gets no larger one."""

    def __init__(self, numbers: Sequence[int]) -> None:
        """Hold `numbers`, at most MOST of them, none as large as 2**16, in the order in which they are taken."""
        self._pipe, end = os.pipe()
        try:
            os.write(end, b"".join(number.to_bytes(_NUMBER, "little") for number in numbers))
        finally:
            os.close(end)

    def taken(self) -> Iterator[int]:
        """Yield the next number until none is left."""
        while number := os.read(self._pipe, _NUMBER):
            yield int.from_bytes(number, "little")

    def close(self) -> None:
        """Take no more."""
        os.close(self._pipe)


class Beginning:
    """The sign for a copy to begin its call."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._said = b""

    def is_here(self) -> bool:
        """Return whether it is time to begin, or no one can say so any more."""
        if not self._said:
            os.set_blocking(self._pipe, False)
            try:
                self._said = os.read(self._pipe, _LONGEST)
            except BlockingIOError:
                return False
        return True

    def said(self) -> str | None:
        """Wait for it, and return what `ForkedCall.begin` says; None where that will never be called."""
        os.set_blocking(self._pipe, True)
        while len(self._said) < _SIZE + int.from_bytes(self._said[:_SIZE], "little"):
            piece = os.read(self._pipe, _LONGEST)
            if not piece:
                return None
            self._said += piece
        return os.fsdecode(self._said[_SIZE:])


class ForkedCall:
    """A call in a copy of this process."""

    def __init__(self, function: Callable[[str], None], before: Callable[[Beginning], None] | None = None) -> None:
        """Make the copy, in which `function` waits for what `begin` says; `before` is called in it at once.

        Raises OSError where there can be no copy.
        """
        open_now: list[int] = []
        own = os.getpid()
        try:
            open_now += os.pipe()
            open_now += os.pipe()
            self._process = os.fork()
        except OSError:
            for descriptor in open_now:
                os.close(descriptor)
            raise
        heard, self._to, self._from, says = open_now
        if not self._process:
            os.close(self._to)
            os.close(self._from)
            _serve(own, function, before, heard, says)
        os.close(heard)
        os.close(says)

    def begin(self, said: str = "") -> None:
        """Have the call made with `said`, some kilobytes at most. Raises OSError where the process has ended."""
        text = os.fsencode(said)
        os.write(self._to, len(text).to_bytes(_SIZE, "little") + text)

    def result(self) -> None:
        """Come back when the call is over: its process has nothing left to do but to end.

        Raises what the call raises; MachineError where its process was killed.
        """
        said = b""
        while piece := os.read(self._from, _LONGEST):
            said += piece
            if said == _DONE:
                return
        status = self._ended()
        if said:
            raise _error(said)
        raise MachineError(f"a process of lockenv ended unexpectedly ({status})", hint="run the command again")

    def close(self) -> None:
        """End the call, if it is not over; come back when its process has ended."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            self._ended()

    def _ended(self) -> int:
        """Return how the process ended; wait for it."""
        _, status = os.waitpid(self._process, 0)
        self._process = 0
        os.close(self._to)
        os.close(self._from)
        return os.waitstatus_to_exitcode(status)


def _serve(
    parent: int,
    function: Callable[[str], None],
    before: Callable[[Beginning], None] | None,
    heard: int,
    says: int,
) -> NoReturn:
    """Be the copy: make the call once it is begun, and end."""
    global _orphaned_by  # noqa: PLW0603 - the state of the whole process
    code = 1
    try:
        # Ctrl-C reaches every process of a terminal; this one ends with the first.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.disable()
        _orphaned_by = parent
        beginning = Beginning(heard)
        if before is not None:
            before(beginning)
        said = beginning.said()
        if said is not None:
            function(said)
            os.write(says, _DONE)
            code = 0
    except BaseException as error:  # noqa: BLE001 - raised again in the process that waits
        os.write(says, _description(error))
    finally:
        os._exit(code)


def _description(error: BaseException) -> bytes:
    """Return what `_error` makes `error` of again."""
    # An OSError takes itself apart; of other errors the constructor may want more than they keep as their arguments.
    plain = error if isinstance(error, OSError) else None
    return pickle.dumps((plain, type(error), error.args, vars(error)))


def _error(described: bytes) -> BaseException:
    plain, kind, args, fields = pickle.loads(described)
    if plain is not None:
        found: OSError = plain
        return found
    error: BaseException = kind.__new__(kind, *args)
    vars(error).update(fields)
    return error
