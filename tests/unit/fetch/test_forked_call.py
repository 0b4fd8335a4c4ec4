from __future__ import annotations

import os
import signal
import sys
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import MachineError, RefusedError
from lockenv.fetch import forked_call
from lockenv.fetch.forked_call import Beginning, ForkedCall, NumberQueue
from lockenv.files.locks import hold
from tests.support.children import exit_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")


# Each `act` runs in a process of its own, which has no threads.


def write(path: str, _said: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{os.getpid()}")


def call_it(path: str) -> int:
    call = ForkedCall(partial(write, path))
    was_there = os.path.exists(path)
    call.begin()
    call.result()
    with open(path, encoding="utf-8") as file:
        return int(was_there or file.read() == str(os.getpid()))


def test_call_is_made_in_another_process_once_it_is_begun(tmp_path: Path) -> None:
    assert exit_code(call_it, str(tmp_path / "written")) == 0


def close_it(path: str) -> int:
    call = ForkedCall(partial(write, path))
    call.close()
    call.close()
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return int(os.path.exists(path))
    return 2


def test_call_that_is_closed_is_not_made_and_its_process_is_gone(tmp_path: Path) -> None:
    assert exit_code(close_it, str(tmp_path / "written")) == 0


def refuse(_said: str) -> None:
    raise RefusedError("target-link", "in the way", hint="remove it")


def fill(_said: str) -> None:
    os.mkdir("/proc/none")


def die(_said: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def raised(function: Callable[[str], None]) -> BaseException | None:
    call = ForkedCall(function)
    call.begin()
    try:
        call.result()
    except (OSError, RefusedError, MachineError) as error:
        return error
    return None


def raise_them() -> int:
    refused, failed, killed = map(raised, (refuse, fill, die))
    assert isinstance(refused, RefusedError)
    assert (refused.rule, refused.message, refused.hint) == ("target-link", "in the way", "remove it")
    assert isinstance(failed, FileNotFoundError)
    assert failed.filename == "/proc/none"
    assert isinstance(killed, MachineError)
    return 0


def test_what_the_call_raises_is_raised_here() -> None:
    assert exit_code(raise_them) == 0


def look(pipe: str, path: str, beginning: Beginning) -> None:
    is_here = beginning.is_here()
    os.close(os.open(pipe, os.O_WRONLY))  # once it is opened to read, which is before `begin`
    while not beginning.is_here():
        pass
    with open(f"{path}.before", "w", encoding="utf-8") as file:
        file.write(str(is_here))


def write_said(path: str, said: str) -> None:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(said)


def call_after_a_look(pipe: str, path: str, said: str) -> int:
    call = ForkedCall(partial(write_said, path), partial(look, pipe, path))
    os.close(os.open(pipe, os.O_RDONLY))
    call.begin(said)
    call.result()
    with open(f"{path}.before", encoding="utf-8") as before, open(path, "rb") as after:
        return int((before.read(), after.read()) != ("False", os.fsencode(said)))


@pytest.mark.parametrize("said", ["", "text\0\n \udcff\N{SNOWMAN}", "long" * 3000], ids=["none", "odd", "long"])
def test_copy_does_what_it_can_until_it_is_begun(tmp_path: Path, said: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert exit_code(call_after_a_look, str(pipe), str(tmp_path / "written"), said) == 0


def begin_two(path: str) -> int:
    calls = [ForkedCall(partial(write_said, f"{path}{number}")) for number in range(2)]
    for call in calls:
        call.begin("said")
    for call in calls:
        call.result()
    return int(not all(os.path.getsize(f"{path}{number}") == 4 for number in range(2)))


def test_calls_begin_though_another_copy_has_the_end_of_their_pipe(tmp_path: Path) -> None:
    assert exit_code(begin_two, str(tmp_path / "written")) == 0


def take(queue: NumberQueue, path: str, _said: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(" ".join(map(str, queue.taken())))


def share_numbers(path: str) -> int:
    numbers = [*range(NumberQueue.MOST)]
    queue = NumberQueue(numbers)
    call = ForkedCall(partial(take, queue, path))
    call.begin()
    own = [*queue.taken()]
    call.result()
    with open(path, encoding="utf-8") as file:
        other = [*map(int, file.read().split())]
    queue.close()
    return int(not (sorted(own + other) == numbers and own == sorted(own) and other == sorted(other)))


def test_each_number_is_taken_by_one_process(tmp_path: Path) -> None:
    assert exit_code(share_numbers, str(tmp_path / "taken")) == 0


def wait_and_write(pipe: str, path: str, _said: str) -> None:
    with open(pipe, "rb") as reader:
        reader.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(str(forked_call.is_orphaned()))


def leave_it(lock: str, pipe: str, path: str) -> int:
    with hold(lock):
        ForkedCall(partial(wait_and_write, pipe, path)).begin()
        os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_lock_is_held_until_the_copy_of_a_killed_process_ends(tmp_path: Path) -> None:
    lock, pipe, path = tmp_path / "lock", tmp_path / "pipe", tmp_path / "written"
    os.mkfifo(pipe)

    assert exit_code(leave_it, str(lock), str(pipe), str(path)) == -signal.SIGKILL
    with pytest.raises(MachineError, match="still in use"), hold(str(lock), timeout=0):
        pass

    os.close(os.open(pipe, os.O_WRONLY))  # which opens once the copy has opened it to read, and ends its waiting
    with hold(str(lock)):
        assert path.read_text(encoding="utf-8") == "True"


def test_process_that_has_threads_is_not_copied() -> None:
    done = Event()
    thread = Thread(target=done.wait)
    thread.start()
    try:
        assert forked_call.processes() == 1
    finally:
        done.set()
        thread.join()
