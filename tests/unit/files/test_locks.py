"""One process at a time; the dead hold nothing."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import MachineError
from lockenv.files.locks import hold

if TYPE_CHECKING:
    from pathlib import Path

_HOLDER = """\
import sys
from lockenv.files.locks import hold
with hold(sys.argv[1], shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path, kind: str = "alone") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, path, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_second_process_waits_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "deep/lock"
    reported: list[str] = []
    with holder(path) as first:

        def waiting(which: str) -> None:
            reported.append(which)
            assert first.stdin is not None
            first.stdin.close()

        with hold(str(path), waiting=waiting):
            pass

    assert reported == [str(path)]


def test_killed_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()

        with hold(str(path), timeout=0):
            pass


def test_waiting_ends_with_the_timeout(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path) as first:
        with pytest.raises(MachineError, match="still in use"), hold(str(path), timeout=0):
            pass
        first.kill()


def test_shared_locks_are_held_together(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with holder(path, "shared") as first:
        with hold(str(path), shared=True, timeout=0):
            pass
        first.kill()


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_file_system_without_locks_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def flock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)

    with pytest.raises(MachineError) as raised, hold(str(tmp_path / "lock")):
        pass

    assert str(raised.value) == f"cannot lock {tmp_path}/lock: {os.strerror(code)}"
    assert raised.value.hint == (
        "mount this file system with locks, or choose another one with --venv for the environment, "
        "or LOCKENV_CACHE_DIR for the cache"
    )
