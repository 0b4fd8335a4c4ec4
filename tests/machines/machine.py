"""Where the program runs: here, or in the root of another system, native or emulated; and what is done in each place.

In: directories. Out: what each command said. Nothing is caught: a command that ends otherwise than expected raises.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Env = Mapping[str, str]

NOTHING: Env = MappingProxyType({})
HOME = "/home/tester"
"""The home directory in the root of another system, as a path there."""
KILLED = (-9, 137)
"""How a killed process ends: by itself, and behind a shell or an emulator."""


class UnexpectedEndError(Exception):
    """A command did not end as it has to."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A place where a Python runs lockenv, in one file."""

    title: str
    python: str
    """The interpreter, as a path there."""
    program: str
    """`lockenv.pyz`, as a path there."""
    root: Path | None = None
    """The root of the system; None for this one."""
    home: str = HOME
    variables: dict[str, str] = field(default_factory=dict)

    def path(self, inside: str) -> Path:
        """Return where a path of the machine is here."""
        return self.root / inside.lstrip("/") if self.root else Path(inside)

    def run(self, directory: str, *words: str, expected: tuple[int, ...] = (0,), env: Env = NOTHING) -> str:
        """Run a command in a directory of the machine; return what it wrote to both streams."""
        given = {
            "HOME": self.home,
            "LANG": "C.UTF-8",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            **self.variables,
            **env,
        }
        command = ["env", "-i", *(f"{name}={value}" for name, value in given.items())]
        command += ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", directory, *words]
        if self.root:
            command = ["chroot", str(self.root), *command]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = done.stdout.decode(errors="replace")
        if done.returncode not in expected:
            raise UnexpectedEndError(f"{self.title}: `{' '.join(words)}` ended with {done.returncode}\n{text}")
        return text

    def lockenv(self, directory: str, *words: str, expected: tuple[int, ...] = (0,), env: Env = NOTHING) -> str:
        """Run lockenv in a directory of the machine."""
        return self.run(directory, self.python, self.program, *words, expected=expected, env=env)

    def fingerprint(self, directory: str) -> str:
        """Verify the environment of a project; return its fingerprint."""
        text = self.lockenv(directory, "verify", "--json")
        found = json.loads(text[text.index("{") :])
        if not found["fingerprint"]:
            raise UnexpectedEndError(f"{self.title}: {text}")
        return str(found["fingerprint"])

    def heal(self, directory: str, *sync: str, numbers: range, wanted: str, env: Env = NOTHING) -> int:
        """Kill a sync into no environment at each of these changes of a file, and sync again; return how often.

        Raises UnexpectedEndError where the environment afterwards has another fingerprint than `wanted`.
        """
        killed = 0
        for number in numbers:
            self.run(directory, "rm", "-rf", ".venv")
            fault = {"LOCKENV_TEST": "1", "LOCKENV_TEST_FAULT": f"*:{number}:kill"}
            self.lockenv(directory, *sync, expected=(*KILLED, 0), env={**env, **fault})
            killed += 1
            self.lockenv(directory, *sync, env=env)
            if (found := self.fingerprint(directory)) != wanted:
                raise UnexpectedEndError(f"{self.title}: killed at change {number}, then {found}, not {wanted}")
        return killed


def lacking(*programs: str) -> list[str]:
    """Return why this machine cannot do it: who runs this, and which of `programs` are not on the PATH."""
    from shutil import which

    reasons = [] if os.geteuid() == 0 else ["it needs the superuser: it mounts, and changes its root"]
    return reasons + [f"{name} is not installed" for name in programs if not which(name)]


@contextmanager
def mounted(*words: str) -> Iterator[None]:
    """Mount something; the last word is where. It is unmounted again whatever happens."""
    subprocess.run(["mount", *words], check=True, stderr=subprocess.PIPE)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", words[-1]], check=False)
