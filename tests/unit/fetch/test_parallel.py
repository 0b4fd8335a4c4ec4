from __future__ import annotations

import subprocess
import sys
import threading
from _thread import get_ident
from functools import partial
from queue import SimpleQueue

import pytest

from lockenv.fetch.parallel import Pool, Tally, Task


def test_task_runs_once() -> None:
    calls: list[int] = []
    task = Task(lambda: calls.append(1))
    task.run()
    task.result()

    assert calls == [1]


def test_error_of_a_task_is_raised_where_its_result_is_asked_for() -> None:
    def fails() -> None:
        raise ValueError("no")

    task = Pool(1).submit(fails)

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            task.result()


def test_one_key_is_one_task() -> None:
    pool = Pool(2)

    assert pool.start("a", lambda: 1) is pool.start("a", lambda: 2)
    assert pool.task("a", lambda: 3).result() == 1


def test_result_does_not_wait_for_a_busy_pool() -> None:
    pool = Pool(1)
    gate = threading.Event()
    blocked = pool.submit(gate.wait)

    assert pool.start("a", lambda: "here").result() == "here"
    gate.set()
    assert blocked.result()


def test_pool_that_is_widened_has_threads_for_what_waits() -> None:
    pool = Pool(1)
    gate = threading.Event()
    began: SimpleQueue[int] = SimpleQueue()

    def work() -> bool:
        began.put(threading.get_ident())
        return gate.wait()

    tasks = [pool.submit(work) for _ in range(4)]
    first = began.get(timeout=60)
    pool.widen(3)
    pool.widen(2)
    others = {began.get(timeout=60) for _ in range(2)}
    is_one_left = began.empty()
    gate.set()

    assert len({first, *others}) == 3
    assert is_one_left
    assert all(task.result() for task in tasks)


_LIMITED = """
import resource, sys, threading
from lockenv.errors import MachineError
from lockenv.fetch.parallel import Pool
from lockenv.files import memory_limit
stack, left = (int(text) << 20 for text in sys.argv[1:])
memory_limit.hint("")  # loads what it needs
threading.stack_size(stack)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + left,) * 2)
pool, began, gate = Pool(4), threading.Event(), threading.Event()
def work():
    began.set()
    return gate.wait() and threading.get_ident()
try:
    tasks = [pool.submit(work) for _ in range(6)]
    if pool.has_threads:
        began.wait()
    gate.set()
    print(len({task.result() for task in tasks} - {threading.get_ident()}))
except MachineError as error:
    print(error.message, error.hint, sep="; ")
"""


def limited(stack: int, left: int) -> str:
    """Return what is printed of a pool of four where each thread takes a stack, and so much memory is left, in MiB."""
    command = [sys.executable, "-c", _LIMITED, str(stack), str(left)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() + done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux limits it")
@pytest.mark.parametrize(
    ("stack", "left", "threads"), [(8, 64, 0), (250, 430, 1)], ids=["none is started", "a second one fails"]
)
def test_threads_that_can_be_started_do_the_work_of_all(stack: int, left: int, threads: int) -> None:
    """Where there is none, whoever asks for a result makes the call."""
    assert limited(stack, left) == str(threads)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux limits it")
def test_pool_without_any_thread_says_which_limit_it_met() -> None:
    said = limited(600, 430)

    assert said.startswith("cannot start a thread: the system limit is reached; this process may use ")
    assert said.endswith(" of memory: raise that limit (`ulimit -v`), and run the command again")


def test_pool_starts_no_more_threads_than_it_may() -> None:
    pool = Pool(3)
    gate = threading.Event()
    began: SimpleQueue[int] = SimpleQueue()

    def work() -> bool:
        began.put(threading.get_ident())
        return gate.wait()

    tasks = [pool.submit(work) for _ in range(20)]
    first = {began.get(timeout=60) for _ in range(3)}
    gate.set()

    assert all(task.result() for task in tasks)
    # One that no thread had begun was made by this one.
    assert {began.get(timeout=60) for _ in range(17)} <= first | {threading.get_ident()}
    assert len(first) == 3


class Leaving:
    """Says that the thread which holds it has ended."""

    def __init__(self, gone: threading.Event) -> None:
        self._gone = gone

    def __del__(self) -> None:
        self._gone.set()


def test_thread_that_finds_no_work_ends_and_another_takes_what_comes() -> None:
    pool = Pool(1, idle=0)
    held, gone = threading.local(), threading.Event()

    def hold() -> None:
        held.by_the_thread = Leaving(gone)

    pool.submit(hold)
    assert gone.wait(60)
    came = threading.Event()
    pool.submit(came.set)

    assert came.wait(60)


def test_tasks_may_start_tasks() -> None:
    pool = Pool(2)
    inner: list[Task[int]] = []
    pool.submit(lambda: inner.append(pool.submit(lambda: 1))).result()

    assert inner[0].result() == 1


def test_tally_of_several_threads_is_reported_in_its_own() -> None:
    reported: list[tuple[int, int]] = []
    tally = Tally(lambda amount: reported.append((get_ident(), amount)))
    pool = Pool(2)

    tasks = [pool.submit(partial(tally.count, amount)) for amount in (1, 20, 300)]
    for task in tasks:
        task.result(tally.report)
    tally.report()

    assert {thread for thread, _ in reported} == {get_ident()}
    assert sum(amount for _, amount in reported) == 321
