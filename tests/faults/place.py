"""An environment that two projects share, which is synced from one lockfile to the other and back.

In: a directory and an index. Out: runs of the program, and a verdict on each: the new environment and exit code 0, or
one clear message, the right exit code, and the unchanged environment.
"""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, NamedTuple

from tests.support.program import Result, lockenv, lockenv_here
from tests.support.projects import write_project
from tests.support.trees import snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from tests.support.server import LoopbackIndex
    from tests.support.wheels import Built

Tree = dict[str, tuple[int, str]]
FILLER = random.Random(1).randbytes(40_000)


def built(name: str, version: str) -> Built:
    """Return a wheel of which every part matters: code, bytes, a script, an entry point."""
    return wheel(
        name,
        version,
        files={f"{name}/__init__.py": f"version = {version!r}\n", f"{name}/filler.bin": version.encode() + FILLER},
        entry_points={"console_scripts": {name: f"{name}:main"}},
        data={f"scripts/{name}-tool": f"#!python\nprint({version!r})\n"},
    )


OLD = [built(f"part{n}", "1.0") for n in range(6)]
NEW = [*OLD[:2], *(built(f"part{n}", "2.0") for n in range(2, 5)), built("added", "1.0")]


class Place:
    """An environment that holds OLD, and the project that makes it hold NEW. `index` serves both."""

    def __init__(self, directory: Path, index: str, *, venv: Path | None = None, cache: Path | None = None) -> None:
        self.directory = directory
        self.venv = venv or directory / "venv"
        self.cache = cache or directory / "cache"
        self.before = self._project("before", OLD, index)
        self.project = self._project("after", NEW, index)
        self.must("sync", cwd=self.project)
        self.new = self.tree()
        self.reset()
        self.old = self.tree()

    def _project(self, name: str, wheels: list[Built], index: str) -> Path:
        project = write_project(self.directory / name, [f"{one.name}=={one.version}" for one in wheels], index=index)
        self.must("lock", cwd=project)
        return project

    @property
    def projects(self) -> tuple[Path, Path]:
        """The project of OLD, and that of NEW."""
        return self.before, self.project

    @property
    def variables(self) -> dict[str, str]:
        return {"LOCKENV_CACHE_DIR": str(self.cache)}

    def must(self, command: str, *args: str, cwd: Path) -> None:
        """Run a command that cannot fail."""
        venv = ["--venv", str(self.venv)] if command == "sync" else []
        ran = lockenv_here(command, *venv, *args, cwd=cwd, env=self.variables)
        if ran.code != 0:
            raise AssertionError(ran.err)

    def reset(self, *, is_cold: bool = False) -> None:
        """Bring back the environment that holds OLD; `is_cold` empties the cache."""
        self.must("sync", cwd=self.before)
        if is_cold:
            for entry in self.cache.iterdir():
                shutil.rmtree(entry)

    def sync(self, *args: str, env: Mapping[str, str] | None = None) -> Result:
        """Run the change, in a process of its own."""
        variables = {**self.variables, **(env or {})}
        return lockenv("sync", "--venv", str(self.venv), *args, cwd=self.project, env=variables)

    def tree(self) -> Tree:
        """Return everything in the environment but the lock file and the record of the last sync."""
        memory = (".lockenv/lock", ".lockenv/state")
        return {path: what for path, what in snapshot(self.venv).items() if path not in memory}

    def judge(self, ran: Result, codes: Collection[int] = ()) -> str:
        """Return what is wrong with how a run ended; empty when nothing is. `codes` are those it may fail with."""
        tree = self.tree()
        if ran.code == 0:
            return "" if tree == self.new else f"exit 0, and it is not the new environment: {apart(tree, self.new)}"
        if fault := unclear(ran, codes):
            return fault
        return "" if tree == self.old else f"exit {ran.code}, and the environment changed: {apart(tree, self.old)}"


def unclear(ran: Result, codes: Collection[int]) -> str:
    """Return why a failure is not the clear kind with one of `codes`; empty when it is."""
    if ran.code not in codes:
        return f"exit {ran.code}: {ran.err}"
    sentences = [line for line in ran.err.splitlines() if line.startswith(("error: ", "refused["))]
    return "" if len(sentences) == 1 and "Traceback" not in ran.err else f"no clear sentence: {ran.err}"


def apart(one: Tree, other: Tree) -> list[str]:
    """Return a few of the paths that differ."""
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))[:5]


class Outcome(NamedTuple):
    """How one run ended."""

    case: str
    fault: str
    """What was wrong about it; empty when nothing was."""


class Room(NamedTuple):
    """What a target works with."""

    directory: Path
    server: LoopbackIndex
    points: int
    seed: int

    def place(self, **where: Path) -> Place:
        return Place(self.directory / "place", self.server.url, **where)
