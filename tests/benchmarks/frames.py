"""Measure how long the screen does not change while a person waits: `python -m tests.benchmarks.frames`.

A server on the loopback interface sends one wheel slowly; another takes seconds to be unpacked. `lockenv sync` installs
each in tmux, at each width in turn, and the screen is captured each 0.2 s. Printed are the longest time without a
change and some of the frames. Exit code 1 where it is over a second. tmux must be installed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.program import PYTHON, environment, lockenv
from tests.support.projects import write_project
from tests.support.server import Drip, LoopbackIndex
from tests.support.wheels import Built, wheel

EVERY = 0.2
"""Seconds between two captures."""
LONGEST = 1.0
"""Seconds for which two captures may be equal."""


def main() -> int:
    """Run the benchmark, and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12, help="how long the download takes")
    parser.add_argument("--files", type=int, default=30_000, help="how many files the wheel to unpack has")
    parser.add_argument("--columns", type=int, nargs="*", default=[50, 80, 120, 200])
    parser.add_argument("--program", default="", help="another program to watch, a command line such as `uv sync`")
    options = parser.parse_args()
    code = 0
    with tempfile.TemporaryDirectory(prefix="frames-") as place, LoopbackIndex() as index:
        slow, large = _wheels(options.files)
        index.add_all(slow, large)
        pieces = options.seconds / 0.05
        index.fail(f"/files/{slow.filename}", Drip(0.05, max(1, int(slow.size / pieces))), times=None)
        for name, columns in itertools.product(("slow", "large"), options.columns):
            directory = write_project(Path(place, f"{name}-{columns}"), [name], index=index.url)
            frames = _captured(directory, columns, options.program or f"{PYTHON} -m lockenv sync")
            code |= _reported(name, columns, frames)
    return code


def _reported(name: str, columns: int, frames: list[str]) -> bool:
    """Print what was captured; return whether the screen stood still for too long."""
    still = _longest(frames)
    seconds = len(frames) * EVERY
    print(f"{name}, {columns} columns: {seconds:.1f} s, {len(set(frames))} frames, still for {still:.1f} s at most")
    for frame in frames[:: max(1, len(frames) // 8)]:
        print(f"    {frame.splitlines()[-1] if frame else ''}")
    return still > LONGEST


def _wheels(files: int) -> tuple[Built, Built]:
    """Return a wheel to be sent slowly, and one that has many files."""
    slow = wheel("slow", "1.0", files={"slow/data.bin": os.urandom(20 << 20)})
    large = wheel("large", "2.0", files={f"large/{n % 97}/m{n}.py": f"x = {n}\n" * 40 for n in range(files)})
    return slow, large


def _captured(directory: Path, columns: int, command: str) -> list[str]:
    """Return the screens of a run of `command` in tmux, the first that shows anything first."""
    environ = environment(directory) | {"TERM": "xterm-256color"}
    if "lockenv" in command:
        done = lockenv("lock", cwd=directory)
        assert done.code == 0, done.err
    session = f"frames-{os.getpid()}"
    tmux = ["tmux", "-L", session, "-f", "/dev/null"]
    # A shell without a start-up file, and no prompt: the screen holds what the program shows, and a mark at its end.
    script = f"cd {shlex.quote(str(directory))}; clear; {command}; echo; echo ended $?; sleep 1"
    subprocess.run(
        [*tmux, "new-session", "-d", "-s", session, "-x", str(columns), "-y", "24", "/bin/sh", "-c", script],
        env=environ,
        check=True,
    )
    frames: list[str] = []
    due = time.monotonic()
    while not (frames and "ended" in frames[-1]):
        captured = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False)
        if captured.returncode:
            break
        frames.append(captured.stdout.rstrip("\n"))
        due += EVERY
        time.sleep(max(0.0, due - time.monotonic()))
    subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)
    return frames


def _longest(frames: list[str]) -> float:
    """Return for how many seconds equal frames followed each other, from the first that shows anything to the end."""
    longest = now = 0
    shown = [frame for frame in frames if frame.strip()]
    for before, after in itertools.pairwise(shown):
        now = now + 1 if before == after else 0
        longest = max(longest, now)
    return longest * EVERY


if __name__ == "__main__":
    sys.exit(main())
