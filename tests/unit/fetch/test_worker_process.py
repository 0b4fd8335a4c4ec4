from __future__ import annotations

import os
import sys
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from lockenv.fetch import worker_process
from lockenv.fetch.worker_process import WorkerProcesses
from tests.support.calls import content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="another process needs a second processor")


@pytest.fixture
def workers() -> Iterator[WorkerProcesses]:
    made = WorkerProcesses()
    yield made
    made.close()


def test_call_returns_what_the_function_returns(workers: WorkerProcesses, tmp_path: Path) -> None:
    large = os.urandom(1 << 20)
    (tmp_path / "large").write_bytes(large)

    assert [workers.call(content, str(tmp_path / "large")) for _ in range(3)] == [large] * 3


def test_call_that_fails_is_left_to_the_caller_and_the_next_one_succeeds(
    workers: WorkerProcesses, tmp_path: Path
) -> None:
    (tmp_path / "there").write_bytes(b"bytes")

    assert workers.call(content, str(tmp_path / "missing")) is None
    assert workers.call(content, str(tmp_path / "there")) == b"bytes"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_calls_beyond_the_number_of_processes_wait_for_one_that_is_free(
    workers: WorkerProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "_MOST", 1)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "there").write_bytes(b"bytes")
    answers: list[bytes | None] = []
    first = Thread(target=lambda: answers.append(workers.call(content, str(pipe))))
    first.start()
    with pipe.open("wb") as writer:  # opens when the process has opened it to read
        others = [Thread(target=lambda: answers.append(workers.call(content, str(tmp_path / "there")))) for _ in "ab"]
        for other in others:
            other.start()
        writer.write(b"late")
    for thread in (first, *others):
        thread.join()

    assert answers == [b"late", b"bytes", b"bytes"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_calls_under_way_are_made_side_by_side(
    workers: WorkerProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "_QUEUE", 0)
    monkeypatch.setattr(worker_process, "processors", lambda: 3)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "there").write_bytes(b"bytes")
    answers: list[bytes | None] = []
    first = Thread(target=lambda: answers.append(workers.call(content, str(pipe))))
    first.start()
    with pipe.open("wb") as writer:
        assert workers.call(content, str(tmp_path / "there")) == b"bytes"
        writer.write(b"late")
    first.join()

    assert answers == [b"late"]


def test_process_that_is_prepared_makes_the_calls(workers: WorkerProcesses, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"bytes")
    workers.modules = (content.__module__,)
    workers.prepare()

    assert workers.call(content, str(tmp_path / "there")) == b"bytes"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_offer_is_left_to_the_caller_while_every_process_is_busy(workers: WorkerProcesses, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "there").write_bytes(b"bytes")
    assert workers.offer(content, str(tmp_path / "there")) is None
    workers.prepare(1, beside=True)
    answers: list[bytes | None] = []
    first = Thread(target=lambda: answers.append(workers.offer(content, str(pipe))))
    first.start()
    with pipe.open("wb") as writer:
        assert workers.offer(content, str(tmp_path / "there")) is None
        writer.write(b"late")
    first.join()

    assert (answers, workers.offer(content, str(tmp_path / "there")), workers.answers) == ([b"late"], b"bytes", 2)


def test_process_that_was_killed_is_not_asked_again(workers: WorkerProcesses, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"bytes")
    workers.call(content, str(tmp_path / "there"))
    workers.close()

    assert workers.call(content, str(tmp_path / "there")) is None


def test_without_an_interpreter_every_call_is_left_to_the_caller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    (tmp_path / "there").write_bytes(b"bytes")
    workers = WorkerProcesses()

    assert workers.call(content, str(tmp_path / "there")) is None
    workers.close()
