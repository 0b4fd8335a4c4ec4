"""A project, its environment and its cache, which can be changed and restored any number of times.

The change: of 24 distributions, 8 are updated, 6 are added, 6 are removed and 4 stay. Each run is the whole program, in
a forked process, not a started one. Everything is restored with hard links, which keeps the inodes that the
store knows.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import shutil
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lockenv.cli import main
from lockenv.environment.fingerprint import fingerprint
from lockenv.environment.venv import open_environment
from lockenv.sync.session import recover
from tests.faults.disk import Recorder, Recording
from tests.faults.seam import Seam, Strike
from tests.support.children import exit_code
from tests.support.program import environment
from tests.support.projects import write_project
from tests.support.trees import link_tree, snapshot
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.wheels import Built

Start = Literal["warm", "unpack", "cold", "fresh", "known"]
"""What is there before the change: all wheels unpacked; only their archives; nothing of them; no environment; none, and
it is known what the lock selects."""
Saved = Literal["warm", "unpack", "cold", "fresh", "known", "stale", "done"]
"""The same; before the lock of the change, after the change."""

QUIET = Strike("kill")
Tree = dict[str, tuple[int, str]]


def updated(number: int, version: str) -> Built:
    """Return a wheel whose two versions differ in every way in which two versions can."""
    name = f"updated{number}"
    is_new = version == "2.0"
    files = {
        f"{name}/__init__.py": f"version = {version!r}\n",
        f"{name}/same.py": "same = True\n",
        f"shared_space/{name}.py": f"{version}\n",
        f"{name}/{'new' if is_new else 'old'}/deep/module.py": "x = 1\n",
        # A file becomes a directory, and a directory a file.
        f"{name}/wider{'/module.py' if is_new else ''}": "x = 2\n",
        f"{name}/narrower{'' if is_new else '/module.py'}": "x = 3\n",
    }
    return wheel(
        name,
        version,
        files=files,
        entry_points={"console_scripts": {name: f"{name}:main"}} if number % 2 or is_new else None,
        data={f"scripts/{name}-tool": f"#!python\nprint({version!r})\n", f"data/share/{name}/{version}.txt": "x"}
        if number % 3 == 0
        else None,
    )


def plain(name: str) -> Built:
    files = {f"{name}/__init__.py": "", f"{name}/data.txt": f"{name}\n" * 50, f"shared_space/{name}.py": "y = 2\n"}
    return wheel(name, "1.0", files=files, entry_points={"console_scripts": {f"run-{name}": f"{name}:main"}})


KEPT = [plain(f"kept{number}") for number in range(4)]
OLD = [*KEPT, *(updated(n, "1.0") for n in range(8)), *(plain(f"removed{n}") for n in range(6))]
NEW = [*KEPT, *(updated(n, "2.0") for n in range(8)), *(plain(f"added{n}") for n in range(6))]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended."""

    code: int
    """Negative: the signal that killed it."""
    err: str
    calls: tuple[str, ...]
    """Each counted call; or the one that was struck."""


class Scene:
    """A directory with a project in it; the index at `index` serves `old` and `new` while the scene is in use."""

    def __init__(self, directory: Path, index: str, old: Sequence[Built] = OLD, new: Sequence[Built] = NEW) -> None:
        self.directory = directory / "work"
        self.project = self.directory / "project"
        self.cache = self.directory / "project.cache"
        self.venv = self.project / ".venv"
        self._saved = directory / "saved"
        self._project_of(old, index)
        self._must("lock")
        self._must("sync", "--python", sys.executable)
        self._project_of(new, index)
        self._save("stale")
        self._must("lock", "-U")
        self.old = self.tree()
        self.old_fingerprint = self.fingerprint()
        self._save("cold")
        self._must("sync", "--venv", "other")
        shutil.rmtree(self.project / "other")
        self._save("warm")
        for built in new:
            if built in old:
                continue
            shutil.rmtree(self.cache / f"store-v1/{built.sha256[:2]}/{built.sha256}")
        self._save("unpack")
        self.reset("warm")
        shutil.rmtree(self.venv)
        self._save("fresh")
        self._must("sync", "--python", sys.executable)
        shutil.rmtree(self.venv)
        self._save("known")
        self.reset("warm")
        self._must("sync")
        self._save("done")
        self.new = self.tree()
        self.new_fingerprint = self.fingerprint()

    def _project_of(self, wheels: Sequence[Built], index: str) -> None:
        requires = [f"{built.name}=={built.version}" for built in wheels]
        write_project(self.project, requires, index=index)

    def _must(self, *args: str) -> None:
        ran = self.run(*args)
        if ran.code != 0:
            raise AssertionError(ran.err)

    def _save(self, start: Saved) -> None:
        link_tree(self.directory, self.saved(start))

    def saved(self, start: Saved) -> Path:
        """Return where what was there before the change is kept."""
        return self._saved / start

    def reset(self, start: Saved) -> None:
        """Bring back what was there before the change."""
        if self.directory.exists():
            shutil.rmtree(self.directory)
        link_tree(self.saved(start), self.directory)

    def keep(self) -> None:
        """Remember what is there now, whatever it is."""
        shutil.rmtree(self._saved / "now", ignore_errors=True)
        link_tree(self.directory, self._saved / "now")

    def back(self) -> None:
        """Bring back what was there when `keep` was called."""
        shutil.rmtree(self.directory)
        link_tree(self._saved / "now", self.directory)

    def run(self, *args: str, strike: Strike = QUIET, record: Recording | None = None) -> Ran:
        """Run `lockenv ARGS` in a forked process, in which a call is intercepted; or record its calls beside `err`."""
        err, struck = self.directory.with_name("err"), self.directory.with_name("struck")
        code = exit_code(_be_program, args, self.project, str(err), str(struck), record or strike)
        calls = () if record else tuple(struck.read_text("utf-8", "replace").splitlines())
        return Ran(code, err.read_text(encoding="utf-8", errors="replace"), calls)

    # Looking

    def tree(self) -> Tree:
        """Return everything in the environment but the lock file and the record of the last sync."""
        memory = (".lockenv/lock", ".lockenv/state", ".lockenv/state.new")
        return {path: what for path, what in snapshot(self.venv).items() if path not in memory}

    def files(self, tree: Tree) -> Tree:
        """Return what a user sees of `tree`: the files, without lockenv's own."""
        return {
            path: what
            for path, what in tree.items()
            if not path.startswith(".lockenv") and what[0] & 0o170000 != 0o040000
        }

    def fingerprint(self) -> str:
        """Return the environment's fingerprint; empty when there is no environment."""
        found = open_environment(str(self.venv))
        return "" if found is None else fingerprint(found)

    def recovered(self) -> Tree:
        """Return what the environment is after the next command has seen it."""
        found = open_environment(str(self.venv))
        if found is None:
            return {}
        recover(found)
        return self.tree()

    def damaged(self) -> list[str]:
        """Return the distributions that are listed as installed while one of their files is missing or another.

        None of an environment that is not finished: without its pyvenv.cfg, no one looks for distributions there.
        """
        if not (self.venv / "pyvenv.cfg").exists():
            return []
        return sorted({name for site in self.venv.glob("lib/python*/site-packages") for name in _damaged(site)})


def _damaged(site: Path) -> Iterator[str]:
    for distribution in importlib.metadata.distributions(path=[str(site)]):
        files = distribution.files
        if files is None:
            yield distribution.metadata["Name"]
            continue
        for file in files:
            try:
                content = file.read_binary()
            except OSError:
                yield distribution.metadata["Name"]
                break
            if file.hash and _urlsafe(content) != file.hash.value:
                yield distribution.metadata["Name"]
                break


def _urlsafe(content: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _be_program(args: Sequence[str], project: Path, err: str, struck: str, watch: Strike | Recording) -> int:
    """Be the program in this process, which was forked, and return its exit code; 70 for an error that escapes it."""
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
    os.chdir(project)
    variables = environment(project) | {"LOCKENV_TRACEBACK": "1"}
    if isinstance(watch, Recording):
        # What copies of this process do would not be noted.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        seam: Seam | Recorder = Recorder(*watch)
    else:
        seam = Seam(watch, os.open(struck, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644))
    code = 70
    try:
        seam.install()
        code = int(main(list(args), variables))
        if isinstance(seam, Recorder):
            seam.save(f"{err}.calls")
    except BaseException:  # noqa: BLE001 - what is wrong is read by the test
        traceback.print_exc()
    sys.stderr.flush()
    # What was intercepted stays so: nothing more may run in this process.
    os._exit(code)


@contextlib.contextmanager
def served(wheels: Sequence[Built]) -> Iterator[str]:
    """Serve `wheels` from a process of its own, so that the one that forks has no threads; return the index's URL."""
    from tests.support.server import LoopbackIndex

    reading, telling = os.pipe()
    waiting, ending = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ending)
        with LoopbackIndex() as index:
            index.add_all(*wheels)
            os.write(telling, index.url.encode())
            os.close(telling)
            # The pipe ends when the parent does, however that happens.
            os.read(waiting, 1)
        os._exit(0)
    os.close(waiting)
    os.close(telling)
    try:
        with open(reading, encoding="utf-8") as stream:
            yield stream.read()
    finally:
        os.close(ending)
        os.waitpid(child, 0)
