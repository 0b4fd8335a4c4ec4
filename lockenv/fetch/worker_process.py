"""Other processes, so that work on bytes can go on beside the threads, which share one processor.

A pure function and its arguments go in; what it returns comes out, or None when the caller had better call it itself:
there is no second processor, or the call failed. Never: an answer that the function would not return.
"""

from __future__ import annotations

import marshal
import sys

# The lock type alone, without `threading`: see parallel.py.
from _thread import allocate_lock
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import subprocess
    from _thread import LockType
    from collections.abc import Callable, Sequence

_SOON = 1
"""Processes that a lock of many projects soon needs."""
_QUEUE = 2
"""Calls that wait when another process pays for its start."""
_MOST = 4
_PROGRAM = (
    "import sys, marshal; "
    "sys.path[:] = marshal.load(sys.stdin.buffer); "
    "from lockenv.fetch.worker_process import serve; "
    "serve(sys.stdin.buffer, sys.stdout.buffer)"
)
Plain = str | bytes


class WorkerProcesses:
    """Calls functions in a few other processes, one call at a time in each. Safe to use from several threads.

    A thread of this process that computes holds up all others: each waits for the interpreter, milliseconds at a time,
    after every piece that arrives from a server. So a call waits for a process that is free, and is not made here.
    """

    def __init__(self, module: str = "") -> None:
        """Make processes that load `module` as they start."""
        self._lock = allocate_lock()
        self._all: list[_WorkerProcess] = []
        self._free: list[_WorkerProcess] = []
        self._waiting: list[tuple[LockType, list[_WorkerProcess]]] = []
        self._is_usable = bool(sys.executable)
        self.module = module
        """The module that a process loads as it starts, so that the first call need not wait for it."""
        self.answers = 0
        """How many calls were made in other processes."""

    @property
    def are_prepared(self) -> bool:
        """Whether a process was started that makes calls."""
        return bool(self._all)

    def prepare(self, count: int = _SOON, *, beside: bool = False) -> None:
        """Start `count` processes, fewer where there are fewer processors; wait for nothing.

        Those that work `beside` the caller leave one processor to it.
        """
        with self._lock:
            for _ in range(min(count, self._limit() - beside) - len(self._all)):
                self._free.append(self._added())

    def offer(self, function: Callable[..., bytes], *arguments: Plain) -> bytes | None:
        """Return what `call` returns; None also where no process is free now: the caller does the work beside them."""
        with self._lock:
            process = self._free.pop() if self._free else None
        return self._answer(process, (function.__module__, function.__qualname__), arguments)

    def call(self, function: Callable[..., bytes], *arguments: Plain) -> bytes | None:
        """Return the result of `function`, one of a module, for `arguments`; None where the caller has to call it."""
        return self.call_named(function.__module__, function.__qualname__, *arguments)

    def call_named(self, module: str, name: str, *arguments: Plain) -> bytes | None:
        """Return what `call` returns for the function `name` of `module`, which is not loaded here."""
        return self._answer(self._taken(), (module, name), arguments)

    def close(self) -> None:
        """End the processes; a call under way returns None, and so does every later one."""
        with self._lock:
            self._is_usable = False
        for process in self._all:
            process.kill()
        for process in self._all:
            process.wait()

    def _answer(
        self, process: _WorkerProcess | None, function: tuple[str, str], arguments: Sequence[Plain]
    ) -> bytes | None:
        if process is None:
            return None
        try:
            answer = process.call(*function, *arguments)
        finally:
            self._passed_on(process)
        with self._lock:
            self.answers += answer is not None
        return answer

    def _limit(self) -> int:
        count = processors() if self._is_usable else 0
        return min(count, _MOST) if count > 1 else 0

    def _added(self) -> _WorkerProcess:
        process = _WorkerProcess(self.module)
        self._all.append(process)
        return process

    def _taken(self) -> _WorkerProcess | None:
        """Return a process that makes no other call meanwhile; None when there can be none."""
        with self._lock:
            if self._free:
                return self._free.pop()
            # Another process takes a while to start. The caller, whose threads wait, leaves its processor to it.
            is_worth_it = not self._all or len(self._waiting) >= _QUEUE
            if is_worth_it and len(self._all) < self._limit():
                return self._added()
            if not self._all:
                return None
            turn, place = allocate_lock(), list[_WorkerProcess]()
            turn.acquire()
            self._waiting.append((turn, place))
        turn.acquire()
        return place[0]

    def _passed_on(self, process: _WorkerProcess) -> None:
        with self._lock:
            if not self._waiting:
                self._free.append(process)
                return
            turn, place = self._waiting.pop(0)
            place.append(process)
            turn.release()


class _WorkerProcess:
    """Another process, which starts at once. One call at a time."""

    def __init__(self, module: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = allocate_lock()
        self._is_usable = True
        try:
            self._process = _started()
            _send(sys.path, self._process.stdin)
            if module:
                _send((module,), self._process.stdin)
        except OSError:
            self._is_usable = False

    def call(self, module: str, name: str, *arguments: Plain) -> bytes | None:
        """Return the result of a function of a module for `arguments`; None where the caller has to call it."""
        with self._lock:
            try:
                return self._answer((module, name, *arguments))
            except (OSError, EOFError, ValueError, TypeError):
                # A process that could not start, or that was killed.
                return None

    def kill(self) -> None:
        """End the process; a call under way returns None."""
        self._is_usable = False
        if self._process is not None:
            self._process.kill()

    def wait(self) -> None:
        """Come back when the process has ended."""
        if self._process is not None:
            with self._lock:
                self._process.communicate()

    def _answer(self, question: Sequence[Plain]) -> bytes | None:
        if self._process is None or not self._is_usable:
            return None
        # An exchange that breaks off leaves the pipes between two messages: then there is no other.
        self._is_usable = False
        _send(question, self._process.stdin)
        answer = _received(self._process.stdout)
        self._is_usable = True
        return answer if isinstance(answer, bytes) else None


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer calls until there are no more: the main function of such a process."""
    import gc
    import signal
    from importlib import import_module

    # Ctrl-C reaches every process of a terminal; this one ends with the first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a call makes is gone when it ends; looking for cycles in it meanwhile only takes time.
    gc.disable()
    # Where it is installed, msgspec prefers it to `typing`, which has the same, and takes twice as long to load.
    sys.modules.setdefault("typing_extensions", cast("Any", None))
    while True:
        try:
            module, *call = _received(questions)
        except EOFError:
            return
        if not call:
            # No call: one of this module will come.
            import_module(module)
            continue
        name, *arguments = call
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


def processors() -> int:
    """Return how many processors this process may use."""
    import os

    # Not those of the machine: a container may be allowed fewer.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
