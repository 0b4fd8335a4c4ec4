"""Interrupt a sync with the signals that users and systems send, and sync to one lockfile from many others.

In: a Room. Out: how each round ended. The next sync must produce the environment of the lockfile, whatever happened.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from tests.faults.place import NEW, OLD, Outcome, Room
from tests.support.program import PYTHON, environment, lockenv_here
from tests.support.projects import write_project

if TYPE_CHECKING:
    from collections.abc import Iterator

# What interrupts the interpreter before the program begins is answered by the interpreter.
_TELLING = """
import sys
from lockenv.cli import program
print("begun", file=sys.stderr, flush=True)
program()
"""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def signals(room: Room) -> Iterator[Outcome]:
    """Send a signal at some moment of the change; then change again."""
    place, chance = room.place(), random.Random(room.seed)
    begin = time.monotonic()
    place.sync()
    usual = time.monotonic() - begin
    for number in range(room.points):
        sent = SIGNALS[number % len(SIGNALS)]
        place.reset()
        with subprocess.Popen(
            [PYTHON, "-c", _TELLING, "sync", "--venv", str(place.venv)],
            cwd=place.project,
            env=environment(place.project) | place.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stderr is not None
            running.stderr.readline()
            time.sleep(usual * chance.random())
            running.send_signal(sent)
            said = running.stderr.read()
        polite = {130} if sent is signal.SIGINT else {-sent}
        # Python itself drops an interrupt that comes in a callback of its own ("Exception ignored in"), and says so.
        is_dropped = running.returncode == 0 and "Exception ignored in" in said
        # It also answers what comes after that word and before the program: no line of lockenv is in that trace.
        is_early = sent is signal.SIGINT and "Traceback" in said and f"{os.sep}lockenv{os.sep}" not in said
        is_trace = "Traceback" in said and not is_dropped
        is_polite = running.returncode in {0, *polite} and not is_trace
        fault = "" if is_polite or is_early else f"{running.returncode}: {said}"
        if running.returncode == 130 and place.tree() not in (place.old, place.new):
            fault = "interrupted, and neither old nor new"
        yield Outcome(f"{sent.name} {number}", fault or place.judge(place.sync()))


def histories(room: Room) -> Iterator[Outcome]:
    """Come to the lock from other ones, each of some of the wheels at some of their versions."""
    place, chance = room.place(), random.Random(room.seed)
    for number in range(room.points):
        wheels = {one.name: one for one in chance.sample([*OLD, *NEW], chance.randrange(len(OLD) + len(NEW)))}
        requires = [f"{one.name}=={one.version}" for one in wheels.values()]
        other = write_project(room.directory / f"other-{number}", requires, index=room.server.url)
        if number % 5 == 0:
            shutil.rmtree(place.venv)
        runs = [
            lockenv_here(*args, cwd=other, env=place.variables)
            for args in (("lock",), ("sync", "--allow-empty", "--venv", str(place.venv)))
        ]
        reported = "".join(ran.err for ran in runs if ran.code)
        yield Outcome(f"from {', '.join(requires)}", reported or place.judge(place.sync()))
