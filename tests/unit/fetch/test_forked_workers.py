"""Copies of a process answer its calls, and end with it. Each `act` runs in a process of its own, without threads."""

from __future__ import annotations

import os
import select
import signal
import sys
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from lockenv.fetch import worker_process
from lockenv.fetch.worker_calls import processors
from lockenv.fetch.worker_process import WorkerProcesses
from lockenv.files.locks import hold
from tests.support import calls
from tests.support.calls import content, number_of_process
from tests.support.children import exit_code

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone"),
    pytest.mark.skipif(processors() < 2, reason="needs a second processor"),
]


def forked() -> WorkerProcesses:
    made = WorkerProcesses((calls.__name__, "no_such_module"))
    made.fork()
    return made


def both(workers: WorkerProcesses, pipe: str) -> set[int]:
    """Return the numbers of two copies: the one answers while a pipe holds up the other."""
    os.mkfifo(pipe)
    answers: list[bytes | None] = []
    first = Thread(target=lambda: answers.append(workers.call(number_of_process, pipe)))
    first.start()
    with open(pipe, "wb"):  # opens when the copy has opened it to read
        answers.append(workers.call(number_of_process))
    first.join()
    return {int(each or b"0") for each in answers}


def has_ended(process: int) -> bool:
    """Return true when a process is over, for which this waits."""
    try:
        opened = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([opened], [], [], 30)[0])
    finally:
        os.close(opened)


def ask(pipe: str) -> int:
    workers = forked()
    numbers = both(workers, pipe)
    workers.close()
    workers.close()
    is_over = all(map(has_ended, numbers)) and workers.call(number_of_process) is None
    return int(not is_over or len({*numbers, os.getpid()}) != 3)


def test_calls_are_made_in_copies_that_are_gone_when_they_are_closed(tmp_path: Path) -> None:
    assert exit_code(ask, str(tmp_path / "pipe")) == 0


def die(pipe: str, written: str) -> int:
    numbers = both(forked(), pipe)
    with open(written, "w", encoding="utf-8") as file:
        file.write(" ".join(map(str, numbers)))
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_copies_end_with_their_process_even_if_it_is_killed(tmp_path: Path) -> None:
    assert exit_code(die, str(tmp_path / "pipe"), str(tmp_path / "written")) == -signal.SIGKILL
    assert all(has_ended(int(each)) for each in (tmp_path / "written").read_text(encoding="utf-8").split())


def interrupt() -> int:
    workers = forked()
    os.kill(int(workers.call(number_of_process) or b"0"), signal.SIGINT)
    answers = [workers.call(number_of_process) for _ in "abc"]
    workers.close()
    return int(None in answers)


def test_interrupt_leaves_a_copy_at_work() -> None:
    assert exit_code(interrupt) == 0


def unlock(path: str) -> int:
    with hold(path):
        workers = forked()
        workers.call(number_of_process)
    with hold(path, timeout=0):
        workers.close()
    return 0


def test_copy_holds_no_lock_of_its_process(tmp_path: Path) -> None:
    assert exit_code(unlock, str(tmp_path / "lock")) == 0


def fork_beside_a_thread() -> int:
    end = Event()
    thread = Thread(target=end.wait)
    thread.start()
    workers = forked()
    end.set()
    thread.join()
    return int(workers.are_prepared)


def test_process_with_a_thread_is_not_copied() -> None:
    assert exit_code(fork_beside_a_thread) == 0


def be_held_up(*pipes: str) -> int:
    workers = forked()
    threads = [Thread(target=partial(workers.ask, calls.__name__, "content", pipe)) for pipe in pipes]
    for pipe, thread in zip(pipes, threads, strict=True):
        os.mkfifo(pipe)
        thread.start()
    with open(pipes[0], "wb"), open(pipes[1], "wb"):  # open when copies have opened them to read
        before = workers.can_ask("content")
        answer = workers.ask(calls.__name__, "content", os.devnull)
        after = workers.can_ask("content")
    for thread in threads:
        thread.join()
    found = workers.call(content, os.devnull)
    workers.close()
    return int((before, answer, after, found) != (True, None, False, b""))


def test_copies_that_a_slow_server_holds_up_are_not_waited_for(tmp_path: Path) -> None:
    assert exit_code(be_held_up, str(tmp_path / "one"), str(tmp_path / "other")) == 0


def wait(slow: str) -> int:
    """Return how many questions copies answer before they are no longer asked, at most four."""
    worker_process._SLOW = float(slow)
    workers = forked()
    asked = 0
    while asked < 4 and workers.can_ask("content"):
        asked += workers.ask(calls.__name__, "content", os.devnull) is not None
    workers.close()
    return asked


def test_copies_that_wait_for_a_server_are_not_asked_for_long() -> None:
    assert (exit_code(wait, "-1"), exit_code(wait, "inf")) == (3, 4)


def fail(path: str) -> int:
    worker_process._SLOW = float("inf")
    workers = forked()
    for _ in "abc":
        if not workers.can_ask("content") or workers.ask(calls.__name__, "content", path) is not None:
            return 1
    can_ask = workers.can_ask("content"), workers.can_ask("number_of_process")
    workers.close()
    return int(can_ask != (False, True) or workers.can_ask("number_of_process"))


def test_copies_are_not_asked_again_what_has_no_answer(tmp_path: Path) -> None:
    assert exit_code(fail, str(tmp_path / "missing")) == 0
