"""A change whose files are put by copies of the process, too: the old environment or the new one, and none between."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.environment.interpreter import probe
from lockenv.environment.venv import open_environment
from lockenv.fetch.worker_calls import processors
from lockenv.sync.session import recover
from tests.faults.program import synchronised
from tests.support.children import exit_code
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone"),
    pytest.mark.skipif(processors() < 2, reason="needs a second processor"),
]

LARGE, SMALL = 330, 200
"""Files; the process itself puts one of the two wheels, and its copy the other."""
WHEELS = (
    wheel("large", files={f"large/part{n % 20}/module{n}.py": f"x = {n}\n" for n in range(LARGE)}),
    wheel(
        "small",
        files={f"small/module{n}.py": f"x = {n}\n" for n in range(SMALL)},
        entry_points={"console_scripts": {"small": "small:main"}},
        data={"scripts/tool": "#!python\n"},
    ),
)


def alone(*args: str) -> int:
    """Synchronise where there is one processor."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return synchronised(*args)


class Scene:
    """An empty environment, to be made to hold WHEELS."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "env"
        self.cache = directory / "cache"
        archives = self.cache / "archives"
        archives.mkdir(parents=True)
        for built in WHEELS:
            (archives / f"{built.sha256}.whl").write_bytes(built.content)
        create(str(self.root), probe(sys.executable, cache_dir=str(directory / "probe"), environ=os.environ))
        # So that everything is in the store: a wheel that is unpacked starts threads.
        assert self.run() == 0
        self.new = self.tree()
        assert self.run(wheels=()) == 0
        self.old = self.tree()

    def run(self, fault: str = "", *, wheels: tuple[str, ...] | None = None, is_alone: bool = False) -> int:
        named = [f"{one.filename}={one.sha256}" for one in WHEELS] if wheels is None else wheels
        return exit_code(alone if is_alone else synchronised, fault, str(self.root), str(self.cache), *named)

    def tree(self) -> dict[str, tuple[int, str]]:
        own = (".lockenv/lock", ".lockenv/taken", ".lockenv/boot")
        return {path: what for path, what in snapshot(self.root).items() if path not in own}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_copies_put_what_one_process_puts(scene: Scene) -> None:
    assert scene.run(is_alone=True) == 0
    assert scene.tree() == scene.new
    assert scene.run(wheels=()) == 0

    assert scene.run() == 0

    assert scene.tree() == scene.new


@pytest.mark.parametrize("number", [1, SMALL + 50], ids=["in both", "in one"])
def test_change_is_undone_when_a_link_fails(scene: Scene, number: int) -> None:
    assert scene.run(f"sync.link:{number}:ENOSPC") == 2

    assert scene.tree() == scene.old


def test_change_is_undone_when_a_copy_is_killed(scene: Scene) -> None:
    """The copy has the larger wheel, so that its process alone comes so far."""
    assert scene.run(f"sync.link:{SMALL + 50}:kill") == 2

    assert scene.tree() == scene.old


def test_next_command_undoes_the_change_when_all_processes_are_killed(scene: Scene) -> None:
    assert scene.run("sync.link:100:kill") == -signal.SIGKILL

    environment = open_environment(str(scene.root))
    assert environment is not None
    assert recover(environment)
    assert scene.tree() == scene.old
    assert scene.run() == 0
    assert scene.tree() == scene.new
