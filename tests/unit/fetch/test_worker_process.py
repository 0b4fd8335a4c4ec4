from __future__ import annotations

import os
import sys
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from lockenv.fetch.worker_process import WorkerProcess
from tests.support.calls import content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="a second process needs a second processor")


@pytest.fixture
def second() -> Iterator[WorkerProcess]:
    made = WorkerProcess()
    yield made
    made.close()


def test_call_gives_what_the_function_gives(second: WorkerProcess, tmp_path: Path) -> None:
    large = os.urandom(1 << 20)
    (tmp_path / "large").write_bytes(large)

    assert [second.call(content, str(tmp_path / "large")) for _ in range(3)] == [large] * 3


def test_call_that_fails_is_left_to_the_caller_and_the_next_one_succeeds(second: WorkerProcess, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"bytes")

    assert second.call(content, str(tmp_path / "missing")) is None
    assert second.call(content, str(tmp_path / "there")) == b"bytes"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_call_while_another_is_under_way_is_left_to_the_caller(second: WorkerProcess, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    answers: list[bytes | None] = []
    first = Thread(target=lambda: answers.append(second.call(content, str(pipe))))
    first.start()
    with pipe.open("wb") as writer:  # opens when the second process has opened it to read
        busy = second.call(content, str(pipe))
        writer.write(b"late")
    first.join()

    assert busy is None
    assert answers == [b"late"]


def test_process_that_was_killed_is_not_asked_again(second: WorkerProcess, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"bytes")
    second.call(content, str(tmp_path / "there"))
    second.close()

    assert second.call(content, str(tmp_path / "there")) is None


def test_without_an_interpreter_every_call_is_left_to_the_caller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    (tmp_path / "there").write_bytes(b"bytes")
    second = WorkerProcess()

    assert second.call(content, str(tmp_path / "there")) is None
    second.close()
