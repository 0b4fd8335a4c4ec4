"""Let each call to the system fail once with each likely error: every command answers in a sentence.

`python -m tests.faults.errnos [--most N]` records the calls that commands make from their first own call on, lets them
fail one at a time through `strace`, and prints what ended otherwise than with exit 0, 1 or 2 and a sentence. It takes
long, and needs `strace`; the suite runs a small sample.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import lockenv
from tests.support.program import PYTHON, environment
from tests.support.wheels import wheel

ERRORS = {
    "openat": ("EACCES", "EMFILE", "EIO", "ENOENT"),
    "newfstatat": ("EACCES", "EIO"),
    "read": ("EIO",),
    "write": ("ENOSPC", "EIO"),
    "writev": ("ENOSPC", "EIO"),
    "getdents64": ("EIO",),
    "mkdir": ("EACCES", "EROFS", "ENOSPC"),
    "mkdirat": ("EACCES", "ENOSPC"),
    "rename": ("EACCES", "EIO"),
    "renameat": ("EACCES", "EIO"),
    "unlink": ("EACCES",),
    "unlinkat": ("EACCES",),
    "linkat": ("EACCES", "ENOSPC"),
    "symlink": ("EACCES", "EPERM"),
    "chmod": ("EPERM",),
    "fchmod": ("EPERM",),
    "fsync": ("EIO",),
    "flock": ("ENOLCK",),
    "getcwd": ("ENOENT", "EACCES"),
    "readlink": ("EACCES",),
    "execve": ("EACCES", "ENOMEM", "E2BIG"),
    "clone": ("EAGAIN",),
    "vfork": ("EAGAIN",),
    "clone3": ("EAGAIN",),
    "socket": ("EMFILE",),
    "pipe2": ("EMFILE",),
}
"""The errors that each call is likely to end with."""
COMMANDS = (("lock",), ("check",), ("sync",), ("sync", "--check"), ("verify",), ("run", "mug"), ("tree",), ("export",))
PARTS = ("project", "project.cache", "project.home")
FIRST = "/lockenv/cli/"
"""What the path of the first own file has in it: before that the interpreter starts, which is not ours."""
PROGRAM = tuple({sys.base_prefix, sys.prefix, os.path.dirname(lockenv.__path__[0]) + "/lockenv"})
"""Where the program itself is: that its modules cannot be loaded is answered by the interpreter."""
_CALL = re.compile(r"(?:\d+ +)?(\w+)\(")


class Failure(NamedTuple):
    """One call that failed on purpose."""

    command: tuple[str, ...]
    call: str
    number: int
    error: str


class Scene:
    """A project with a lock and an environment, made again for every run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._stages: dict[str, Path] = {}
        self.project = root / "project"
        self.original = root / "original"
        (self.original / "wheels").mkdir(parents=True)
        built = wheel(
            "mug",
            "1.0",
            files={"mug.py": "def main() -> None:\n    print(1)\n"},
            entry_points={"console_scripts": {"mug": "mug:main"}},
        )
        (self.original / "wheels" / built.filename).write_bytes(built.content)
        (self.original / "pyproject.toml").write_text(
            '[project]\nname = "root"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["mug"]\n'
            '[tool.lockenv]\nfind-links = ["wheels"]\nno-index = true\n'
        )

    def run(self, command: tuple[str, ...], *before: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, PYTHON, "-m", "lockenv", *command],
            cwd=self.project,
            env=environment(self.project),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            errors="replace",
        )

    def reset(self, command: tuple[str, ...]) -> None:
        """Make everything as it is before `command`."""
        if not self._stages:
            self._prepare()
        stage = {"lock": "bare", "verify": "synced", "run": "synced"}.get(command[0], "locked")
        for name in PARTS:
            shutil.rmtree(self.root / name, ignore_errors=True)
            shutil.copytree(self._stages[stage] / name, self.root / name, symlinks=True)

    def _prepare(self) -> None:
        """Make what commands begin with, each stage from the one before."""
        shutil.copytree(self.original, self.project)
        for stage, command in (("bare", "--version"), ("locked", "lock"), ("synced", "sync")):
            done = self.run((command,))
            assert done.returncode == 0, done.stderr
            self._stages[stage] = self.root / stage
            for name in PARTS:
                (self.root / name).mkdir(exist_ok=True)
                shutil.copytree(self.root / name, self._stages[stage] / name, symlinks=True)

    def calls(self, command: tuple[str, ...]) -> list[tuple[str, int]]:
        """Return each call that `command` makes, with its number among those of its name."""
        self.reset(command)
        log = self.root / "calls"
        self.run(command, "strace", "-y", "-o", str(log))
        counts: Counter[str] = Counter()
        found: list[tuple[str, int]] = []
        is_own = False
        for line in log.read_text(errors="replace").splitlines():
            if match := _CALL.match(line):
                counts[match[1]] += 1
                is_own = is_own or FIRST in line
                if match[1] == "execve" and counts["execve"] > 1:
                    # From here on this is the program that the user runs.
                    found.append((match[1], counts[match[1]]))
                    break
                if is_own and match[1] in ERRORS and not any(place in line for place in PROGRAM):
                    found.append((match[1], counts[match[1]]))
        return found

    def fails(self, failure: Failure) -> str:
        """Return what is wrong with how a run ends in which one call fails; empty for nothing."""
        self.reset(failure.command)
        inject = f"inject={failure.call}:error={failure.error}:when={failure.number}"
        done = self.run(failure.command, "strace", "-o", "/dev/null", "-e", inject)
        reported = done.stderr + done.stdout
        if done.returncode not in (0, 1, 2):
            return f"exit {done.returncode}: {reported.strip()[-300:]}"
        if "Traceback" in reported or "internal error" in reported:
            return f"trace: {reported.strip()[-300:]}"
        if done.returncode == 2 and "error: " not in reported and "refused" not in reported:
            return f"no sentence: {reported.strip()[-300:]}"
        return ""


def failures(scene: Scene, commands: tuple[tuple[str, ...], ...] = COMMANDS) -> list[Failure]:
    """Return every failure there is to try."""
    return [
        Failure(command, call, number, error)
        for command in commands
        for call, number in scene.calls(command)
        for error in ERRORS[call]
    ]


def main() -> int:
    """Try all failures, or as many as are asked for, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=0, help="no more than so many, drawn by --seed")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory))
        tried = failures(scene)
        total = len(tried)
        if given.most and given.most < total:
            tried = random.Random(given.seed).sample(tried, given.most)
        wrong = 0
        for failure in tried:
            if reported := scene.fails(failure):
                wrong += 1
                sys.stdout.write(f"{failure} {reported}\n")
        sys.stdout.write(f"{len(tried)} of {total} failures tried, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
