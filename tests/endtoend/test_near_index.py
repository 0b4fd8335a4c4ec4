"""An index on this machine is asked by copies of the process, which end with it."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lockenv.fetch.worker_calls import processors
from tests.support.projects import write_project

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone"),
    pytest.mark.skipif(processors() < 2, reason="needs a second processor"),
]


def children(process: int) -> list[int]:
    """Return the processes that `process` and its children started."""
    own = [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()]
    return [*own, *(each for one in own for each in children(one))]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)])
def test_lock_that_is_ended_while_an_index_is_silent_leaves_no_process(tmp_path: Path, how: int, code: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        project = write_project(tmp_path / "p", ["a"], index=f"http://127.0.0.1:{silent.getsockname()[1]}/simple/")
        command = [sys.executable, "-m", "lockenv", "lock", "--cache-dir", str(tmp_path / "cache")]
        running = subprocess.Popen(command, cwd=project, stderr=subprocess.DEVNULL)
        asking, _ = silent.accept()
        with asking:
            copies = [os.pidfd_open(each) for each in children(running.pid)]
            running.send_signal(how)

            assert running.wait() == code
            assert copies
            for each in copies:
                assert select.select([each], [], [], 30)[0]
                os.close(each)
