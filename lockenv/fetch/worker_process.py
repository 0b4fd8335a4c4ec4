"""Other processes, so that work on bytes can go on beside the threads, which share one processor.

A pure function and its arguments go in; what it returns comes out, or None when the caller had better call it itself:
there is no second processor, or the call failed. Never: an answer that the function would not return.
"""

from __future__ import annotations

import sys

# The lock type alone, without `threading`: see parallel.py.
from _thread import allocate_lock

from lockenv.fetch.worker_calls import processors, received, send
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import subprocess
    from _thread import LockType
    from collections.abc import Callable, Sequence

    from lockenv.fetch import forked_call, forked_workers
    from lockenv.fetch.forked_workers import ForkedWorker
else:
    forked_call = late("lockenv.fetch.forked_call")
    forked_workers = late("lockenv.fetch.forked_workers")

_SOON = 1
"""Processes that a lock of many projects soon needs."""
_AT_ONCE = 2
"""Copies of this process that many pages keep at work; each takes memory."""
_QUEUE = 2
"""Calls that wait when another process pays for its start."""
_ENOUGH = 3
"""Calls without an answer, of one name, after which copies of this process are no longer asked."""
_SLOW = 0.005
"""Seconds for which a copy waits for a server that is not at its side."""
_HELD_UP = 0.2
"""Seconds without an answer of any copy, after which none is waited for."""
_MOST = 4
_PROGRAM = (
    "import sys, marshal; "
    "sys.path[:] = marshal.load(sys.stdin.buffer); "
    "from lockenv.fetch.worker_calls import serve; "
    "serve(sys.stdin.buffer, sys.stdout.buffer)"
)
Plain = str | bytes


class WorkerProcesses:
    """Calls functions in a few other processes, one call at a time in each. Safe to use from several threads.

    A thread of this process that computes holds up all others: each waits for the interpreter, milliseconds at a time,
    after every piece that arrives from a server. So a call waits for a process that is free, and is not made here.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        """Make processes that load `modules` as they start."""
        self._lock = allocate_lock()
        self._all: list[_WorkerProcess] = []
        self._free: list[_WorkerProcess] = []
        self._waiting: list[tuple[LockType, list[_WorkerProcess], Sequence[Plain]]] = []
        """Who waits for a process, and what it is then asked."""
        self.are_copies = False
        """Whether the processes are copies of this one."""
        self._unanswered: dict[str, int] = {}
        """How many questions to copies had no answer, by name."""
        self._waits: list[bool] = []
        """Whether copies waited for a server, for each question."""
        self._are_held_up = False
        self._passes = 0
        """How often a process became free."""
        self._is_usable = bool(sys.executable)
        self.modules = modules
        """The modules that a process loads as it starts, so that the first call need not wait for them."""
        self.answers = 0
        """How many calls were made in other processes."""

    @property
    def are_prepared(self) -> bool:
        """Whether a process was started that makes calls."""
        return bool(self._all)

    @property
    def is_open(self) -> bool:
        """Whether calls can still be made."""
        return self._is_usable

    @property
    def can_start(self) -> bool:
        """Whether none was started, and one can be."""
        return not self._all and self._limit() > 0

    @property
    def free_copies(self) -> int:
        """How many copies of this process make no call now."""
        return len(self._free) if self.are_copies else 0

    def prepare(self, count: int = _SOON, *, beside: bool = False) -> None:
        """Start `count` processes, fewer where there are fewer processors; wait for nothing.

        Those that work `beside` the caller leave one processor to it.
        """
        with self._lock:
            for _ in range(min(count, self._limit() - beside) - len(self._all)):
                self._free.append(self._added())

    def fork(self, *, beside: bool = False) -> None:
        """Start processes that are copies of this one, where it has no threads; wait for nothing.

        They take a fraction of the time that others take to start. Those that work `beside` the caller leave one
        processor to it.
        """
        with self._lock:
            count = 0 if self._all else min(self._limit() - beside, _MOST if beside else _AT_ONCE)
            if count > 0 and forked_call.processes() > 1:
                try:
                    self._all += map(_WorkerProcess, forked_workers.started(self.modules, count))
                except OSError:
                    return  # the limit of the system
                self._free += self._all
                self.are_copies = True

    def can_ask(self, name: str) -> bool:
        """Return whether copies of this process can be asked `name`: they are not held up, and mostly have answers."""
        return self.are_copies and not self._are_held_up and self._unanswered.get(name, 0) < _ENOUGH

    def ask(self, module: str, name: str, *arguments: Plain) -> bytes | None:
        """Return what `call_named` returns where a copy of this process makes the call, which asks a server.

        None where it fails, or all of them are held up by a slow server: of that, this process can ask more at once.
        """
        answer, waited = self._asked((module, name, *arguments))
        with self._lock:
            if answer is None:
                self._unanswered[name] = self._unanswered.get(name, 0) + 1
            self._waits.append(waited > _SLOW)
            if sum(self._waits) >= _ENOUGH and 2 * sum(self._waits) > len(self._waits):
                self._are_held_up = True
        return answer

    def offer(self, function: Callable[..., bytes], *arguments: Plain) -> bytes | None:
        """Return what `call` returns; None also where no process is free now: the caller does the work beside them."""
        return self.promise(function, *arguments)()

    def promise(self, function: Callable[..., bytes], *arguments: Plain) -> Callable[[], bytes | None]:
        """Ask a process that is free now; return what waits for the result, None where there is none."""
        with self._lock:
            process = self._free.pop() if self._free else None
        if process is None:
            return lambda: None
        process.ask((function.__module__, function.__qualname__, *arguments))
        return lambda: self._answered(process)[0]

    def call(self, function: Callable[..., bytes], *arguments: Plain) -> bytes | None:
        """Return the result of `function`, one of a module, for `arguments`; None where the caller has to call it."""
        return self.call_named(function.__module__, function.__qualname__, *arguments)

    def call_named(self, module: str, name: str, *arguments: Plain) -> bytes | None:
        """Return what `call` returns for the function `name` of `module`, which is not loaded here."""
        return self._asked((module, name, *arguments))[0]

    def dismiss(self) -> None:
        """End the processes, and wait for nothing; a call under way returns None, and so does every later one."""
        self._is_usable = self.are_copies = False
        for process in self._all:
            process.kill()

    def close(self) -> None:
        """End the processes, and come back when they are over."""
        self.dismiss()
        with self._lock:
            ended, self._all = self._all, []
        for process in ended:
            process.wait()

    def _asked(self, question: Sequence[Plain]) -> tuple[bytes | None, float]:
        process = self._taken(question)
        return (None, 0.0) if process is None else self._answered(process)

    def _answered(self, process: _WorkerProcess) -> tuple[bytes | None, float]:
        """Return the answer of a process that was asked, and for how many seconds it did nothing meanwhile."""
        try:
            answer, waited = process.answer()
        finally:
            self._passed_on(process)
        with self._lock:
            self.answers += answer is not None
        return answer, waited

    def _limit(self) -> int:
        count = processors() if self._is_usable else 0
        return min(count, _MOST) if count > 1 else 0

    def _added(self) -> _WorkerProcess:
        process = _WorkerProcess(_started(self.modules))
        self._all.append(process)
        return process

    def _taken(self, question: Sequence[Plain]) -> _WorkerProcess | None:
        """Return a process that was asked `question`, and makes no other call meanwhile; None if there can be none."""
        with self._lock:
            process = self._free.pop() if self._free else self._more()
            if process is None and (not self._all or self._are_held_up):
                return None
            turn, place = allocate_lock(), list[_WorkerProcess]()
            entry = (turn, place, question)
            if process is None:
                turn.acquire()
                self._waiting.append(entry)
            passes = self._passes
        if process is not None:
            process.ask(question)
            return process
        while not turn.acquire(timeout=_HELD_UP if self.are_copies else -1):
            with self._lock:
                if passes == self._passes:
                    self._are_held_up = True
                    self._waiting.remove(entry)
                    return None
                passes = self._passes
        return place[0]

    def _more(self) -> _WorkerProcess | None:
        """Return one process more, where that is worth its start; None for no more."""
        # Another process takes a while to start. The caller, whose threads wait, leaves its processor to it.
        is_worth_it = not self._all or (len(self._waiting) >= _QUEUE and not self.are_copies)
        return self._added() if is_worth_it and len(self._all) < self._limit() else None

    def _passed_on(self, process: _WorkerProcess) -> None:
        """Ask a process what waits, for the thread that then waits for the answer: it takes a while to wake up."""
        with self._lock:
            self._passes += 1
            if not self._waiting:
                self._free.append(process)
                return
            turn, place, question = self._waiting.pop(0)
        try:
            process.ask(question)
        finally:
            place.append(process)
            turn.release()


class _WorkerProcess:
    """Another process, which starts at once. One call at a time, for whom it was taken."""

    def __init__(self, process: subprocess.Popen[bytes] | ForkedWorker | None) -> None:
        """Speak to `process`; None is one that could not be started."""
        self._process = process
        self._lock = allocate_lock()
        self._is_usable = process is not None
        self._is_asked = False
        """Whether an answer is to come."""

    def ask(self, question: Sequence[Plain]) -> None:
        """Send a module, the name of a function of it, and its arguments; what is wrong shows in the answer."""
        if self._process is None or not self._is_usable:
            return
        # An exchange that breaks off leaves the pipes between two messages: then there is no other.
        self._is_usable = False
        try:
            send(question, self._process.stdin)
        except (OSError, EOFError, ValueError):
            return  # a process that could not start, or that was killed
        self._is_asked = True

    def answer(self) -> tuple[bytes | None, float]:
        """Return the result of the function that was asked for, None where the caller has to call it.

        Also for how many seconds the process did nothing meanwhile.
        """
        with self._lock:
            try:
                return self._received() if self._is_asked else (None, 0.0)
            except (OSError, EOFError, ValueError, TypeError):
                return None, 0.0

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

    def _received(self) -> tuple[bytes | None, float]:
        self._is_asked = False
        if self._process is None:
            return None, 0.0
        answer = received(self._process.stdout)
        if isinstance(answer, int):  # a copy of this process, which first says who it is
            self._process.pid = answer
            answer = received(self._process.stdout)
        self._is_usable = True
        found, waited = answer
        return found if isinstance(found, bytes) else None, waited


def _started(modules: Sequence[str]) -> subprocess.Popen[bytes] | None:
    """Return a new process that loads `modules`; None where there can be none."""
    import subprocess

    try:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, and the program above
            [sys.executable, "-I", "-S", "-B", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        send(sys.path, process.stdin)
        send([*modules], process.stdin)
    except OSError:
        return None
    return process
