"""A second process, so that work on bytes can go on beside the threads, which share one processor.

A pure function and its arguments go in; what it returns comes out, or None when the caller had better call
it itself: the process is busy, there is no second processor, or the call failed. Never: an answer that the function
would not return.
"""

from __future__ import annotations

import marshal
import sys

# The lock type alone, without `threading`: see parallel.py.
from _thread import allocate_lock
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

_PROGRAM = (
    "import sys, marshal; "
    "sys.path[:] = marshal.load(sys.stdin.buffer); "
    "from lockenv.fetch.worker_process import serve; "
    "serve(sys.stdin.buffer, sys.stdout.buffer)"
)
Plain = str | bytes


class WorkerProcess:
    """Calls functions in another process, which starts with the first call. Safe to use from several threads."""

    def __init__(self) -> None:
        self._turn = allocate_lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_usable = bool(sys.executable)

    def call(self, function: Callable[..., bytes], *arguments: Plain) -> bytes | None:
        """Return the result of `function`, one of a module, for `arguments`; None where the caller has to call it."""
        if not self._turn.acquire(blocking=False):
            return None
        try:
            return self._answer((function.__module__, function.__qualname__, *arguments)) if self._is_usable else None
        except (OSError, EOFError, ValueError, TypeError):
            # A process that could not start, or that was killed.
            return None
        finally:
            self._turn.release()

    def close(self) -> None:
        """End the process; a call under way returns None."""
        self._is_usable = False
        if self._process is not None:
            self._process.kill()
            with self._turn:
                self._process.communicate()

    def _answer(self, question: Sequence[Plain]) -> bytes | None:
        # An exchange that breaks off leaves the pipes between two messages: then there is no other.
        self._is_usable = False
        if self._process is None:
            if _processors() < 2:
                return None
            self._process = _started()
            _send(sys.path, self._process.stdin)
        _send(question, self._process.stdin)
        answer = _received(self._process.stdout)
        self._is_usable = True
        return answer if isinstance(answer, bytes) else None


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer calls until there are no more: the main function of the second process."""
    import gc
    import signal
    from importlib import import_module

    # Ctrl-C reaches every process of a terminal; this one ends with the first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a call makes is gone when it ends; looking for cycles in it meanwhile only takes time.
    gc.disable()
    while True:
        try:
            module, name, *arguments = _received(questions)
        except EOFError:
            return
        try:
            answer = getattr(import_module(module), name)(*arguments)
        except Exception:  # noqa: BLE001 - the caller makes the call again, and raises whatever it is where it counts
            answer = None
        _send(answer, answers)


def _started() -> subprocess.Popen[bytes]:
    import subprocess

    return subprocess.Popen(  # noqa: S603 - this interpreter, and the program above
        [sys.executable, "-I", "-S", "-B", "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _send(message: Any, stream: IO[bytes] | None) -> None:
    if stream is None:
        raise EOFError
    stream.write(marshal.dumps(message))
    stream.flush()


def _received(stream: IO[bytes] | None) -> Any:
    if stream is None:
        raise EOFError
    return marshal.load(stream)  # noqa: S302 - from our own process, by the same interpreter


def _processors() -> int:
    import os

    # Not those of the machine: a container may be allowed fewer.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
