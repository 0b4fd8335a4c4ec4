"""Work that goes on beside the main thread.

A key and a function go in; a Task that runs it once comes out. Threads start only when work waits for them, never
block the end of the program, and wait a moment for more work before they end. A task must not wait for another task.
"""

from __future__ import annotations

# The lock type alone, without `threading`: a warm cache starts no thread and should not pay for loading it.
from _thread import allocate_lock, get_ident, start_new_thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from lockenv.errors import MachineError
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from _queue import SimpleQueue
    from collections.abc import Callable, Hashable

    from lockenv.files import memory_limit
else:
    memory_limit = late("lockenv.files.memory_limit")

T = TypeVar("T")

_SHORT_WAIT = 0.1
_WAIT = 0.5
"""Seconds between looks at signals: on Windows an endless wait cannot be interrupted."""
_IDLE = 5.0
"""Seconds for which a thread waits for work: a program that uses lockenv may go on for long."""


class Task(Generic[T]):
    """A call that happens once, in whichever thread comes first."""

    __slots__ = ("_claim", "_done", "_error", "_function", "_value")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function: Callable[[], T] | None = function
        self._claim = allocate_lock()
        self._done = allocate_lock()
        self._done.acquire()
        self._error: BaseException | None = None
        self._value: T | None = None

    def run(self) -> None:
        """Make the call, unless another thread has begun it. Raises nothing but KeyboardInterrupt."""
        if not self._claim.acquire(blocking=False):
            return
        function = self._function
        self._function = None
        try:
            if function is not None:
                self._value = function()
        except BaseException as error:
            # Whatever it is, it is raised again where the result is asked for.
            self._error = error
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            self._done.release()

    def result(self, meanwhile: Callable[[], None] | None = None) -> T:
        """Return what the call returns, making it here when no thread has begun; raises what it raises.

        `meanwhile` is called now and then while another thread makes it.
        """
        self.run()
        while not self._done.acquire(timeout=_WAIT if meanwhile is None else _SHORT_WAIT):
            if meanwhile is not None:
                meanwhile()
        self._done.release()
        if self._error is not None:
            raise self._error
        return cast("T", self._value)

    def settle(self) -> None:
        """Come back when the call is over; one that no thread has begun never happens, and its result is None."""
        if self._claim.acquire(blocking=False):
            self._function = None
            self._done.release()
        while not self._done.acquire(timeout=_WAIT):
            pass
        self._done.release()

    def ends(self, seconds: float) -> bool:
        """Return whether the call, which a thread has begun, is over within `seconds`."""
        if not self._done.acquire(timeout=seconds):
            return False
        self._done.release()
        return True

    @property
    def is_over(self) -> bool:
        """Whether the call was made, and its result can be had at once."""
        return not self._done.locked()

    @property
    def value(self) -> T | None:
        """What the call gave; None while it is not over, and when it failed."""
        return self._value


def beside(function: Callable[[], T]) -> Task[T]:
    """Return the task of a call that a new thread makes, or this one where no more threads are allowed."""
    task = Task(function)
    try:
        start_new_thread(task.run, ())
    except RuntimeError:
        task.run()
    return task


class Tally:
    """What several threads count; `report` hears of it in the thread that made the tally alone."""

    __slots__ = ("_counts", "_report", "_thread")

    def __init__(self, report: Callable[[int], None]) -> None:
        self._report = report
        self._thread = get_ident()
        self._counts: list[int] = []

    def count(self, amount: int) -> None:
        """Count `amount` more, in any thread."""
        self._counts.append(amount)
        if get_ident() == self._thread:
            self.report()

    def report(self) -> None:
        """Report what was counted since the last report; in the thread that made the tally."""
        amount = 0
        while self._counts:
            amount += self._counts.pop()
        self._report(amount)


class Pool:
    """A few threads, and one task for each key."""

    def __init__(self, size: int, idle: float = _IDLE) -> None:
        self._size = size
        self._idle = idle
        self._tasks: dict[Hashable, Task[Any]] = {}
        self._lock = allocate_lock()
        self._queue: SimpleQueue[Task[Any]] | None = None
        self._threads = 0
        """Those that run, or are about to be started."""
        self._running = 0
        self._most = size
        """Those that the memory of this process allows, as soon as there is a queue."""
        self._open = 0

    def task(self, key: Hashable, function: Callable[[], T]) -> Task[T]:
        """Return the task of `key`, made of `function` when it is the first; nothing starts."""
        found = self._tasks.get(key)
        return found if found is not None else self._tasks.setdefault(key, Task(function))

    def start(self, key: Hashable, function: Callable[[], T]) -> Task[T]:
        """Return the task of `key`; when it is the first of that key, a thread takes it up."""
        with self._lock:
            if key in self._tasks:
                return self._tasks[key]
            task = self._tasks[key] = Task(function)
        self._hand_over(task)
        return task

    def submit(self, function: Callable[[], T]) -> Task[T]:
        """Return a task without a key that a thread takes up."""
        task = Task(function)
        self._hand_over(task)
        return task

    def widen(self, size: int) -> None:
        """Have up to `size` threads from now on, also for work that waits already. Raises MachineError."""
        with self._lock:
            self._size, queue = max(self._size, size), self._queue
            lacking = max(0, min(self._open, self._size, self._most) - self._threads)
            self._threads += lacking
        if queue is not None:  # else nothing waits
            for _ in range(lacking):
                self._start(queue)

    def _hand_over(self, task: Task[Any]) -> None:
        with self._lock:
            if self._queue is None:
                from _queue import SimpleQueue

                self._queue, self._most = SimpleQueue(), memory_limit.threads()
            self._queue.put(task)
            self._open += 1
            is_short_of_threads = self._open > self._threads < min(self._size, self._most)
            self._threads += is_short_of_threads
            queue = self._queue
        if is_short_of_threads:
            self._start(queue)

    @property
    def has_threads(self) -> bool:
        """Whether any thread takes up what waits; else whoever asks for a result makes the call."""
        return self._running > 0

    def _start(self, queue: SimpleQueue[Task[Any]]) -> None:
        """Start a thread that is counted already. Raises MachineError where there is none at all."""
        try:
            # One of `threading` would be waited for until it runs, while others wait to hand over work.
            start_new_thread(self._work, (queue,))
        except (RuntimeError, MemoryError) as error:
            with self._lock:
                self._threads -= 1
            if self.has_threads:
                return  # fewer do the same work
            other = "raise the limit with `ulimit -u`, or close other programs, and run the command again"
            raise MachineError(
                "cannot start a thread: the system limit is reached", hint=memory_limit.hint(other)
            ) from error
        with self._lock:
            self._running += 1

    def _work(self, queue: SimpleQueue[Task[Any]]) -> None:
        try:
            self._serve(queue)
        except MemoryError:
            with self._lock:  # what waits is left to others, or to whoever asks for the result
                self._threads -= 1
        with self._lock:
            self._running -= 1

    def _serve(self, queue: SimpleQueue[Task[Any]]) -> None:
        """Run what is in `queue` until nothing comes for a while."""
        from _queue import Empty

        while True:
            try:
                task = queue.get(timeout=self._idle)
            except Empty:
                with self._lock:
                    # Work is handed over under the same lock: none can come in between.
                    if queue.empty():
                        self._threads -= 1
                        return
                continue
            task.run()
            with self._lock:
                self._open -= 1
