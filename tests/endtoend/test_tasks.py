"""Everyday tasks as a user types them, with all that appears on a terminal of 80 columns.

Each file below `tasks` is one task: what it is for, the state that it begins in (one of the bakery's), then its
commands, each with what it prints and its exit code where that is not 0. A word in capitals stands for what the machine
decides. `LOCKENV_RENEW_GOLDEN=1` runs the commands of each file, writes what they print now and fails, so that a
renewal is never taken for a success.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.bakery import NOW, Bakery, fill, short_place
from tests.endtoend.test_screens import neutral
from tests.support.gitserver import GitServer
from tests.support.program import PYTHON, environment, lockenv
from tests.support.repository import ENVIRONMENT
from tests.support.server import LoopbackIndex
from tests.support.sources import commit, write_tree
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED = Path(__file__).with_name("tasks")
NAMES = sorted(path.stem for path in STORED.glob("*.txt"))
LOGIN = ("baker", "kneaded")
GIT = {name: value for name, value in ENVIRONMENT.items() if name.startswith("GIT_")}
_FROM_NOTHING = ("PYTHON", "LC_")
"""Variables that count when Python starts."""


@dataclass(slots=True)
class Shop:
    """What the tasks work with: a project in a known state, an index, a server of repositories."""

    bakery: Bakery
    index: LoopbackIndex
    private: LoopbackIndex
    """It requires the login of `LOGIN`."""
    repositories: GitServer

    def written(self, command: str) -> str:
        """Return `command` with what this machine has in place of the words in capitals."""
        words = {
            "GITPORT": self.repositories.host.partition(":")[2],
            "PORT": str(self.index.port),
            "PRIVATEPORT": str(self.private.port),
            "PYTHON": os.path.realpath(PYTHON),
        }
        return re.sub(r"\b[A-Z]+\b", lambda found: words.get(found[0], found[0]), command)

    def neutral(self, text: str) -> str:
        """Return `text` with a word in capitals for what only this machine has."""
        text = text.replace(self.repositories.host, "127.0.0.1:GITPORT")
        text = text.replace(f"127.0.0.1:{self.private.port}", "127.0.0.1:PRIVATEPORT")
        text = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text)
        text = re.sub(r"available:\s(?:.+\n)+?(?=  hint|exit)", "available: INTERPRETERS\n", text)
        text = re.sub(r"pin 3\.\d+` to use Python 3\.\d+\.\S+", "pin MINOR` to use Python VERSION", text)
        return neutral(text, self.bakery.directory)


@dataclass(slots=True)
class Session:
    """A terminal in which one task is done."""

    shop: Shop
    directory: Path
    variables: dict[str, str] = field(default_factory=dict)

    def type(self, command: str) -> str:
        """Run `command` and return what it prints, with its exit code where that is not 0.

        What follows `<<<` is the answer that is typed when a question is asked.
        """
        command, _, typed = command.partition(" <<< ")
        words = shlex.split(command)
        first = next((at for at, word in enumerate(words) if not re.match(r"[A-Z_]+=", word)), 0)
        own = dict(word.split("=", 1) for word in words[:first])
        if words[0] == "cd":
            self.directory = Path(os.path.normpath(self.directory / words[1]))
            return ""
        if words[0] == "export":
            self.variables |= dict(word.split("=", 1) for word in words[1:])
            return ""
        if words[first] == "lockenv" and not needs_shell(command):
            code, text = self._lockenv(words[first + 1 :], own, f"{typed}\n" if typed else "")
        else:
            code, text = self._shell(command)
        text = self.shop.neutral(text)
        text = text if text.endswith("\n") or not text else f"{text}\n"
        # A shell gives 128 and the signal for what a signal ended.
        return (text if text.strip() else "") + (f"exit {code if code > 0 else 128 - code}\n" if code else "")

    def _environment(self) -> dict[str, str]:
        own = environment(self.shop.bakery.directory)
        return {**GIT, **own, **NOW, "TERM": "xterm", **self.variables}

    def _lockenv(self, words: list[str], own: dict[str, str], typed: str) -> tuple[int, str]:
        variables = {**self._environment(), **own}
        if any(name.startswith(_FROM_NOTHING) for name in variables):
            done = lockenv(*words, cwd=self.directory, env=variables)
            return done.code, done.out + done.err
        from tests.support.terminal import drawn, screen

        code, output = drawn(words, self.directory, variables, typed=typed, seconds=20)
        return code, screen(output)

    def _shell(self, command: str) -> tuple[int, str]:
        programs = os.pathsep.join([os.path.dirname(PYTHON), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-c", command],
            cwd=self.directory,
            env={**self._environment(), "PATH": programs, "COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Provide the index, the repositories and the project that all tasks begin with."""
    with (
        short_place("tasks") as place,
        LoopbackIndex() as index,
        LoopbackIndex(credentials=LOGIN) as private,
        GitServer(Path(place, "served")) as repositories,
    ):
        fill(index)
        stock(index)
        private.add(wheel("secret-recipe", "1.0"))
        sources = Path(place, "sources")
        commit(write_tree(sources, "icing", dependencies=["sugar"]), tag="v1.0")
        repositories.publish(sources, "icing.git")
        yield Shop(Bakery(Path(place), index), index, private, repositories)


def stock(index: LoopbackIndex) -> None:
    """Put on `index` what the tasks need beside what the bakery has."""
    index.add_all(
        wheel("sugar", "1.9"),
        wheel("yeast", "2.0", requires=["flour>=1.1"]),
        wheel("yeast", "1.0"),
        wheel("rye", "1.0", requires=["flour<1.1"]),
        wheel("rolls", "1.0", requires_python=">=3.12"),
        wheel("rolls", "2.0", requires_python=">=3.13"),
    )


def needs_shell(command: str) -> bool:
    """Return whether `command` has, outside of quotes, what only a shell understands."""
    tokens = shlex.shlex(command, posix=False, punctuation_chars=True)
    return any(token[0] in "();<>|&*`$" for token in tokens)


def parsed(text: str) -> tuple[str, list[str]]:
    """Return the state that a task begins in, and its commands."""
    state = re.search(r"^Begins in the state: (\S+)$", text, re.MULTILINE)
    assert state, "no state"
    return state[1], re.findall(r"^\$ (.*(?:\n> .*|\n>$)*)$", text, re.MULTILINE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("name", NAMES)
def test_task_goes_as_recorded(shop: Shop, name: str) -> None:
    path = STORED / f"{name}.txt"
    expected = path.read_text("utf-8")
    state, commands = parsed(expected)
    shop.bakery.become(state)
    session = Session(shop, shop.bakery.directory)

    record = expected.partition("\n$ ")[0].rstrip("\n") + "\n\n"
    for command in commands:
        typed = shop.written(re.sub(r"^>( |$)", "", command, flags=re.MULTILINE))
        record += f"$ {command}\n{session.type(typed)}"

    if os.environ.get("LOCKENV_RENEW_GOLDEN") and record != expected:
        path.write_text(record, "utf-8")
        pytest.fail(f"{path.name} was renewed: look at the difference, then run without LOCKENV_RENEW_GOLDEN")
    assert record == expected
