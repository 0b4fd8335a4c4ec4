"""Run several processes on one environment, or one cache, at the same time.

In: a Room. Out: how each round ended. No change may be lost or mixed with another, and a killed process blocks none.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from tests.faults.place import NEW, Outcome, Place, Room
from tests.support.program import PYTHON, environment, lockenv_here
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _sync(project: Path, venv: Path, variables: dict[str, str]) -> subprocess.Popen[str]:
    return _start(project, variables, "sync", "--venv", str(venv))


def _start(project: Path, variables: dict[str, str], *args: str) -> subprocess.Popen[str]:
    """Run the program beside this process."""
    return subprocess.Popen(
        [PYTHON, "-m", "lockenv", *args],
        cwd=project,
        env=environment(project) | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _ended(*running: subprocess.Popen[str]) -> tuple[list[int], list[str]]:
    """Return how each ended, and what it said."""
    said = [one.communicate()[1] for one in running]
    return [one.returncode for one in running], said


def rivals(room: Room) -> Iterator[Outcome]:
    """Sync one environment from two locks at once: it ends as one of the two, and both succeed."""
    place = room.place()
    for number in range(room.points):
        place.reset(is_cold=number % 2 == 1)
        pair = [_sync(project, place.venv, place.variables) for project in (place.project, place.before)]
        codes, said = _ended(*pair)
        fault = "" if codes == [0, 0] and place.tree() in (place.old, place.new) else f"{codes}: {said}"
        yield Outcome(f"round {number}", fault)


def crowd(room: Room) -> Iterator[Outcome]:
    """Make eight environments at once from an empty cache."""
    place = room.place()
    place.must("sync", cwd=place.project)
    for number in range(max(1, room.points // 8)):
        for entry in place.cache.iterdir():
            shutil.rmtree(entry)
        venvs = [room.directory / f"{number}-{one}" for one in range(8)]
        running = [_sync(place.project, venv, place.variables) for venv in venvs]
        said = [one.communicate()[1] for one in running]
        for venv, one, text in zip(venvs, running, said, strict=True):
            found = _packages(venv) if one.returncode == 0 else {}
            yield Outcome(venv.name, "" if found == _packages(place.venv) else f"{one.returncode}: {text}")
        entries = sorted(path.name for path in place.cache.glob("store-v1/??/*"))
        fault = "" if entries == sorted(one.sha256 for one in NEW) else f"stored: {entries}"
        ran = lockenv_here("cache", "verify", cwd=place.project, env=place.variables)
        yield Outcome("store", fault or ("" if ran.code == 0 else ran.err + ran.out))


def _packages(venv: Path) -> dict[str, tuple[int, str]]:
    """Return what an environment has installed, without its location."""
    found = {path.relative_to(venv): path for site in venv.glob("lib/*/site-packages") for path in site.iterdir()}
    return {
        f"{name}/{path}": what
        for name, directory in found.items()
        for path, what in snapshot(directory).items()
        if path != "RECORD"
    }


def readers(room: Room) -> Iterator[Outcome]:
    """Verify an environment from its old lock and its new one while it is changed: no answer is of a state between."""
    place, chance = room.place(), random.Random(room.seed)
    old = [_verified(place, project) for project in place.projects]
    place.must("sync", cwd=place.project)
    new = [_verified(place, project) for project in place.projects]
    for number in range(room.points):
        place.reset()
        change = _sync(place.project, place.venv, place.variables)
        time.sleep(chance.random() / 5)
        asked = [_start(folder, place.variables, "verify", "--venv", str(place.venv)) for folder in place.projects]
        codes, said = _ended(change, *asked)
        answers = list(zip(codes[1:], map(_without_waiting, said[1:]), strict=True))
        is_whole = all(answer in pair for answer, *pair in zip(answers, old, new, strict=True))
        fault = "" if codes[0] == 0 and is_whole and place.tree() == place.new else f"{codes}: {said}"
        yield Outcome(f"round {number}", fault)


def _verified(place: Place, project: Path) -> tuple[int, str]:
    """Return the exit code of `verify` from the lock of `project`, and what it says."""
    ran = lockenv_here("verify", "--venv", str(place.venv), cwd=project, env=place.variables)
    return ran.code, ran.err


def _without_waiting(said: str) -> str:
    return "".join(line for line in said.splitlines(keepends=True) if not line.startswith("waiting for "))


def pruners(room: Room) -> Iterator[Outcome]:
    """Sync from a cache that two others prune, then from what they left."""
    place = room.place()
    for number in range(room.points):
        place.reset(is_cold=number % 2 == 1)
        prune = ("cache", "prune")
        running = [
            _sync(place.project, place.venv, place.variables),
            *(_start(place.project, place.variables, *prune) for _ in range(2)),
        ]
        codes, said = _ended(*running)
        fault = "" if codes == [0, 0, 0] and place.tree() == place.new else f"{codes}: {said}"
        ran = lockenv_here("cache", "verify", cwd=place.project, env=place.variables)
        yield Outcome(f"round {number}", fault or ("" if ran.code == 0 else ran.err + ran.out))


def lockers(room: Room) -> Iterator[Outcome]:
    """Lock one project twice at once: the lockfile is the same as from one alone."""
    place = room.place()
    lock = place.project / "pylock.toml"
    expected = lock.read_bytes()
    for number in range(room.points):
        lock.unlink()
        codes, said = _ended(*(_start(place.project, place.variables, "lock") for _ in range(2)))
        left = sorted(path.name for path in place.project.iterdir())
        is_well = codes == [0, 0] and lock.read_bytes() == expected and left == ["pylock.toml", "pyproject.toml"]
        yield Outcome(f"round {number}", "" if is_well else f"{codes}: {said} {left}")


_HOLDER = """
import sys
from lockenv.files.locks import hold
with hold(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def holders(room: Room) -> Iterator[Outcome]:
    """Kill a process that holds the environment while another waits for it: the other goes on."""
    place = room.place()
    for number in range(max(1, room.points // 4)):
        place.reset()
        lock = str(place.venv / ".lockenv/lock")
        with subprocess.Popen(
            [PYTHON, "-c", _HOLDER, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            waiter = _sync(place.project, place.venv, place.variables)
            assert waiter.stderr is not None
            first = waiter.stderr.readline()
            was_waiting = waiter.poll() is None and place.tree() == place.old
            holder.kill()
            rest = waiter.stderr.read()
            code = waiter.wait()
        fault = "" if code == 0 and was_waiting and place.tree() == place.new else f"{code}: {first}{rest}"
        yield Outcome(f"round {number}", fault)
