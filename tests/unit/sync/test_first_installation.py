"""Staged wheels are installed by this process and copies of it. Each `act` runs in a process without threads."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.interpreter import probe
from lockenv.environment.unfinished_environment import UnfinishedEnvironment, held
from lockenv.errors import MachineError
from lockenv.fetch import worker_calls
from lockenv.fetch.worker_calls import processors
from lockenv.fetch.worker_process import WorkerProcesses
from lockenv.sync.archive import Limits
from lockenv.sync.first_installation import install
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.names import NormalizedName, Sha256
from lockenv.vocabulary.progress import SILENT
from lockenv.vocabulary.selected import Selected
from tests.support.children import exit_code
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.sync.stored_wheel import StoredWheel
    from tests.support.wheels import Built

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone"),
    pytest.mark.skipif(processors() < 2, reason="needs a second processor"),
]

FAILED = 99
MANY = tuple(wheel(name, files={f"{name}/m{n}.py": f"x = {n}\n" for n in range(200)}) for name in ("oolong", "sencha"))
FEW = tuple(wheel(name, files={f"{name}/m{n}.py": f"x = {n}\n" for n in range(20)}) for name in ("oolong", "sencha"))
WHEELS = {"many": MANY, "few": FEW}


def stored(directory: str, built: Built) -> tuple[Selected, StoredWheel]:
    """Return a wheel and its entry in the store, into which it is unpacked now."""
    digest = Sha256(built.sha256)
    file = Wheel(filename=built.filename, url=f"https://index.example/{built.filename}", sha256=digest)
    name = NormalizedName(built.filename.partition("-")[0])
    one = Selected(
        name=name, version="1.0", file=file, hashes=(("sha256", digest),), index="https://index.example/simple/"
    )
    path = os.path.join(directory, built.filename)
    with open(path, "wb") as archive:
        archive.write(built.content)
    return one, WheelStore(directory).unpack(path, one, Limits())


def act(directory: str, which: str, way: str) -> int:
    """Install wheels into `env`; return how many answers copies of this process returned, or FAILED."""
    wheels = [stored(directory, each) for each in WHEELS[which]]
    workers = WorkerProcesses()
    if way != "alone":
        workers.fork(beside=True)
    if way == "killed":
        os.kill(int(workers.call(process_id) or b"0"), signal.SIGKILL)
    root = os.path.join(directory, "env")
    interpreter = probe(sys.executable, cache_dir=os.path.join(directory, "probe"), environ=os.environ)
    before = workers.answers
    with held(root):
        unfinished = UnfinishedEnvironment(root, interpreter)
        unfinished.begin()
        unfinished.fill()
        try:
            install(wheels, WheelStore(directory), workers, unfinished.environment, SILENT)
        except MachineError:
            return FAILED
        finally:
            workers.close()
        unfinished.finish()
    return workers.answers - before


def process_id() -> bytes:
    """Return the number of the process that makes this call."""
    return str(os.getpid()).encode()


@pytest.mark.parametrize(("which", "answers"), [("many", 1), ("few", 0)])
def test_copies_install_what_one_process_installs(tmp_path: Path, which: str, answers: int) -> None:
    assert exit_code(act, str(tmp_path), which, "alone") == 0
    made = snapshot(tmp_path / "env")
    shutil.rmtree(tmp_path / "env")

    assert exit_code(act, str(tmp_path), which, "shared") == answers
    assert snapshot(tmp_path / "env") == made


def test_part_of_a_killed_copy_is_missed_and_nothing_is_left(tmp_path: Path) -> None:
    assert exit_code(act, str(tmp_path), "many", "killed") == FAILED
    assert not (tmp_path / "env").exists()


def test_copy_learns_that_no_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, says = os.pipe()
    monkeypatch.setattr(worker_calls, "_questions", heard)

    assert not worker_calls.is_forsaken()
    os.close(says)
    assert worker_calls.is_forsaken()
    os.close(heard)
