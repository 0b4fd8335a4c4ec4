"""Let several processes want one environment, or one cache, at once.

In: a Room. Out: how each round ended: no change is lost or mixed with another, and a killed process blocks none.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from tests.faults.place import NEW, Outcome, Room
from tests.support.program import PYTHON, environment, lockenv_here
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _start(project: Path, venv: Path, variables: dict[str, str]) -> subprocess.Popen[str]:
    command = [PYTHON, "-m", "lockenv", "sync", "--venv", str(venv)]
    variables = environment(project) | variables
    return subprocess.Popen(
        command, cwd=project, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def rivals(room: Room) -> Iterator[Outcome]:
    """Sync one environment from two locks at once: it ends as one of the two, and both succeed."""
    place = room.place()
    for number in range(room.points):
        place.reset(is_cold=number % 2 == 1)
        pair = [_start(project, place.venv, place.variables) for project in (place.project, place.before)]
        said = [one.communicate()[1] for one in pair]
        codes = [one.returncode for one in pair]
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
        running = [_start(place.project, venv, place.variables) for venv in venvs]
        said = [one.communicate()[1] for one in running]
        for venv, one, text in zip(venvs, running, said, strict=True):
            found = _packages(venv) if one.returncode == 0 else {}
            yield Outcome(venv.name, "" if found == _packages(place.venv) else f"{one.returncode}: {text}")
        entries = sorted(path.name for path in place.cache.glob("store-v1/??/*"))
        fault = "" if entries == sorted(one.sha256 for one in NEW) else f"stored: {entries}"
        ran = lockenv_here("cache", "verify", cwd=place.project, env=place.variables)
        yield Outcome("store", fault or ("" if ran.code == 0 else ran.err + ran.out))


def _packages(venv: Path) -> dict[str, tuple[int, str]]:
    """Give what an environment has installed, without what names the place where it stands."""
    found = {path.relative_to(venv): path for site in venv.glob("lib/*/site-packages") for path in site.iterdir()}
    return {
        f"{name}/{path}": what
        for name, directory in found.items()
        for path, what in snapshot(directory).items()
        if path != "RECORD"
    }


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
            waiter = _start(place.project, place.venv, place.variables)
            assert waiter.stderr is not None
            first = waiter.stderr.readline()
            was_waiting = waiter.poll() is None and place.tree() == place.old
            holder.kill()
            rest = waiter.stderr.read()
            code = waiter.wait()
        fault = "" if code == 0 and was_waiting and place.tree() == place.new else f"{code}: {first}{rest}"
        yield Outcome(f"round {number}", fault)
