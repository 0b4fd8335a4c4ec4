"""Whatever call of a synchronisation fails, and wherever it dies: the old environment or the new one, and none between.

A change of four distributions (one new, one upgraded, one removed, one kept) is run once for every mutation it makes.
"""

from __future__ import annotations

import csv
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.environment.interpreter import probe
from lockenv.environment.venv import open_environment
from lockenv.sync.session import recover
from tests.faults.program import synchronised
from tests.support.children import exit_code
from tests.support.trees import link_tree, snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.wheels import Built

KEPT = wheel("kept")
OLD = (
    KEPT,
    wheel(
        "moving",
        "1.0",
        files={
            "moving/a.py": "a = 1",
            "moving/gone.py": "",
            "moving/file": "",
            "moving/way/a.py": "",
            "moving/way/b": "",
        },
    ),
    wheel("leaving", files={"leaving.py": "", "crossed/deep/one.py": "", "crossing": ""}),
)
# A file becomes a directory, and a directory a file: within one distribution, and from one to another.
NEW = (
    KEPT,
    wheel(
        "moving",
        "2.0",
        files={"moving/a.py": "a = 2", "moving/new/b.py": "", "moving/file/b.py": "", "moving/way": "file"},
        entry_points={"console_scripts": {"moving": "moving.a:main"}},
        data={"scripts/tool": "#!python\n"},
    ),
    wheel("coming", files={"coming.py": "", "crossed": "file", "crossing/b.py": ""}, data={"data/share/coming/x": "x"}),
)


class Scene:
    """An environment that holds OLD, to be made to hold NEW, and what both look like."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.root = directory / "env"
        self.cache = directory / "cache"
        archives = self.cache / "archives"
        archives.mkdir(parents=True)
        for built in (*OLD, *NEW):
            (archives / f"{built.sha256}.whl").write_bytes(built.content)
        create(str(self.root), probe(sys.executable, cache_dir=str(directory / "probe"), environ=os.environ))
        assert self.run(OLD) == 0
        self.old = self.tree()
        link_tree(directory, self.saved)
        assert self.run(NEW) == 0
        self.new = self.tree()

    @property
    def saved(self) -> Path:
        return self.directory.with_name("saved")

    def reset(self, *, is_cold: bool) -> None:
        """Bring back the environment that holds OLD; `is_cold` empties the store as well."""
        shutil.rmtree(self.directory)
        link_tree(self.saved, self.directory)
        if is_cold:
            shutil.rmtree(self.cache / "store-v1")

    def run(self, wheels: tuple[Built, ...], fault: str = "") -> int:
        """Return the exit code of a process that synchronises; a negative one is the signal that killed it."""
        return exit_code(
            synchronised, fault, str(self.root), str(self.cache), *(f"{one.filename}={one.sha256}" for one in wheels)
        )

    def tree(self) -> dict[str, tuple[int, str]]:
        return {path: what for path, what in snapshot(self.root).items() if path != ".lockenv/lock"}

    def damaged(self) -> list[str]:
        """Return the distributions that are listed as installed while one of their files is not."""
        site = next(self.root.glob("lib/python*/site-packages"))
        found = []
        for claim in sorted(site.glob("*.dist-info")):
            # Read by hand: from Python 3.12 on `Distribution.files` leaves out what is not there.
            with (claim / "RECORD").open(newline="", encoding="utf-8") as record:
                if not all((site / row[0]).exists() for row in csv.reader(record)):
                    found.append(claim.name)
        return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    # Hundreds of runs flush their journals; a filesystem in memory makes that cheap.
    memory = "/dev/shm"
    if not os.access(memory, os.W_OK):
        yield Scene(tmp_path_factory.mktemp("faults") / "scene")
        return
    with tempfile.TemporaryDirectory(dir=memory) as directory:
        yield Scene(Path(directory) / "scene")


def codes(scene: Scene, room: str, kind: str) -> list[int]:
    """Return the exit codes of runs in which the first, second, ... call of a room fails, until none is left."""
    found = []
    for number in range(1, 1000):
        scene.reset(is_cold=room == "store")
        code = scene.run(NEW, f"{room}.*:{number}:{kind}")
        if code == 0 and scene.tree() == scene.new:
            break
        found.append(code)
        check(scene, number, code)
    return found


def check(scene: Scene, number: int, code: int) -> None:
    assert scene.damaged() == [], number
    if code >= 0:
        # Whoever could still speak has put everything back, save when what failed was the tidying up.
        assert scene.tree() in (scene.old, scene.new) or (scene.root / ".lockenv/journal").exists(), number
    assert scene.run(NEW) == 0, number
    assert scene.tree() == scene.new, number


def test_any_command_restores_the_old_environment(scene: Scene) -> None:
    scene.reset(is_cold=False)
    assert scene.run(NEW, "sync.link:2:kill") == -signal.SIGKILL
    environment = open_environment(str(scene.root))
    assert environment is not None

    assert (recover(environment), scene.tree(), recover(environment)) == (True, scene.old, False)


@pytest.mark.parametrize("number", [*range(1, 60, 7), 75])
def test_failing_for_good_nothing_is_wrong_and_the_next_run_repairs(scene: Scene, number: int) -> None:
    """Not even putting things back succeeds: the journal stays for the next run."""
    scene.reset(is_cold=False)

    assert scene.run(NEW, f"sync.*:{number}+:EIO") == 2
    check(scene, number, -1)


@pytest.mark.parametrize("first", ["sync.rename:4", "sync.link:2"])
def test_killed_twice_the_recovery_is_repeated(scene: Scene, first: str) -> None:
    """Killed in the middle of a change, while old files leave or new ones come, then at every call of the recovery."""
    for number in range(1, 200):
        scene.reset(is_cold=False)
        assert scene.run(NEW, f"{first}:kill") == -signal.SIGKILL
        code = scene.run(OLD, f"*:{number}:kill")
        if code == 0:
            break
        assert scene.damaged() == [], number
        assert scene.run(OLD) == 0
        assert scene.tree() == scene.old, number
    else:
        pytest.fail("the recovery never ended")


@pytest.mark.parametrize("room", ["sync", "store", "lock"])
def test_killed_at_any_call_the_next_run_ends_in_the_new_environment(scene: Scene, room: str) -> None:
    found = codes(scene, room, "kill")

    assert set(found) == {-signal.SIGKILL}


@pytest.mark.parametrize(("room", "kind"), [("sync", "ENOSPC"), ("store", "EIO"), ("lock", "ENOLCK")])
def test_failed_at_any_call_the_environment_is_old_or_new(scene: Scene, room: str, kind: str) -> None:
    found = codes(scene, room, kind)

    assert set(found) <= {0, 2}
    assert found


@pytest.mark.parametrize("room", ["sync", "store", "lock"])
def test_interrupted_at_any_call_nothing_is_half_done(scene: Scene, room: str) -> None:
    for number in range(1, 1000):
        scene.reset(is_cold=room == "store")
        code = scene.run(NEW, f"{room}.*:{number}:interrupt")
        if code == 0:
            break
        assert code == 130
        assert scene.tree() in (scene.old, scene.new), number
    assert number > 1
