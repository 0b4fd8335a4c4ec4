"""Simulate a loss of power at every call of a run, with every state of the disk it may leave, and check lockenv.

`python -m tests.faults.power [TARGET ...] [--states N] [--seed S] [--workers W]`. Prints a line for each
target: in how many of how many different states `run` and `sync` claimed nothing that `verify` denies, the next command
repaired the damage, and no file was lost that must not be. Content and names that no flush covers may be lost (see
`disk`); the inodes, sizes and times that lockenv compares are the same as before, as far as a disk keeps them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pickle
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn, get_args

from lockenv.sync.store_check import entries
from lockenv.sync.stored_wheel import StoredWheel
from lockenv.sync.wheel_store import WheelStore
from tests.faults.disk import Disk, Loss, Model, Recording, changes, put, state
from tests.faults.scene import KEPT, Scene, plain, served, updated
from tests.support.trees import link_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.disk import State
    from tests.faults.scene import Ran, Saved

BEFORE = [KEPT[0], updated(0, "1.0"), updated(1, "1.0"), plain("removed0")]
AFTER = [KEPT[0], updated(0, "2.0"), updated(1, "2.0"), plain("added0")]
_SYNC = ("sync", "--python", sys.executable)
_STATES = 12
"""Of each call, unless said otherwise."""


class Target(NamedTuple):
    """What runs until the power fails."""

    start: Saved
    commands: tuple[tuple[str, ...], ...]
    is_cache_empty: bool = False


TARGETS = {
    "fresh": Target("fresh", (_SYNC,)),
    "known": Target("known", (_SYNC,)),
    "upgrade": Target("warm", (_SYNC,)),
    "looked": Target("warm", (_SYNC, _SYNC)),
    "unpack": Target("unpack", (_SYNC,)),
    "fetch": Target("cold", (_SYNC,)),
    "lock": Target("stale", (("lock", "-U"),), is_cache_empty=True),
    "declare": Target("done", (("remove", "added0"),)),
}


class Outcome(NamedTuple):
    """What was wrong after one state."""

    digest: int
    case: str
    faults: tuple[str, ...]


def restart(word: str) -> None:
    """Let the processes that are forked from now on find the system in the run `word`."""
    os.environ["LOCKENV_TEST"] = "1"
    os.environ["LOCKENV_TEST_BOOT"] = word


class Cut:
    """A recorded run, from which every state can be created."""

    def __init__(self, directory: Path, index: str, target: Target) -> None:
        restart("first")
        self.scene = Scene(directory, index, BEFORE, AFTER)
        self.target = target
        self.loss = Loss()
        self.scene.reset(target.start)
        if target.is_cache_empty:
            for entry in self.scene.cache.iterdir():
                if not entry.name.startswith(("store", "archives")):
                    shutil.rmtree(entry, ignore_errors=True)
        base, vault = directory / "base", directory / "vault"
        vault.mkdir()
        link_tree(self.scene.directory, base)
        self.before = self._project()
        self.disk = Disk.of(self.scene.directory, base)
        calls = []
        for command in target.commands:
            ran = self.scene.run(*command, record=Recording(self.scene.directory, vault, self.disk.first))
            assert ran.code == 0, ran.err
            found, self.disk.first = pickle.loads((directory / "err.calls").read_bytes())
            calls += found
        self.disk.places |= {int(entry.name): entry for entry in vault.iterdir()}
        self.after = self._project()
        self.changes = changes(self.disk, calls)

    def _project(self) -> dict[str, bytes]:
        return {name: (self.scene.project / name).read_bytes() for name in ("pyproject.toml", "pylock.toml")}

    def states(self, states: int, seed: int, part: slice) -> Iterator[tuple[int, Model, State]]:
        """Return what the disk may hold after each call, `states` of them, those of the last call more often."""
        models = get_args(Model)
        for number in list(range(len(self.changes) + 1))[part]:
            count = states if number < len(self.changes) else 10 * states
            for choice in range(count):
                chance = random.Random(f"{seed} {number} {choice}")
                # Of the first two there is one state each.
                model = models[choice] if choice < 2 else models[2 + choice % 3]
                yield number, model, state(self.disk, self.changes[:number], model, chance)

    def outcome(self, number: int, model: Model, found: State) -> Outcome:
        """Make the state, start the system again, and say what is wrong."""
        if self.scene.directory.exists():
            shutil.rmtree(self.scene.directory)
        try:
            put(self.disk, found, self.loss)
            _keep_times(self.scene.venv)
            restart("second")
            done = self.changes[number - 1].call if number else None
            case = f"{number} {model} after {f'{done.name} {done.path}' if done else 'nothing'}"
            return Outcome(found.digest(), case, tuple(self._judged(number)))
        finally:
            self.loss.undo()
            restart("first")

    def _judged(self, number: int) -> Iterator[str]:
        project = self._project()
        for name, content in project.items():
            allowed = [self.after[name]] if number == len(self.changes) else [self.before[name], self.after[name]]
            if content not in allowed:
                yield f"{name} is neither what it was nor what was written"
        if self.target.commands[0][0] == "sync":
            yield from self._after_sync()
        else:
            yield from self._after_lock()
        yield from self._in_store()

    def _after_sync(self) -> Iterator[str]:
        ran = self.scene.run("run", "--", "true")
        yield from _crashed(ran)
        if ran.code == 0 and (verdict := self.scene.run("verify", "--fetch")).code != 0:
            yield f"run claims what verify denies: {verdict.err}"
        yield from self._healed()

    def _after_lock(self) -> Iterator[str]:
        ran = self.scene.run(*self.target.commands[0])
        yield from _crashed(ran)
        ran = self.scene.run("lock")
        if ran.code != 0:
            yield f"the next lock ends with {ran.code}: {ran.err}"
        if self._project() != self.after:
            yield "the next lock gives another lock"
        ran = self.scene.run(*_SYNC)
        if ran.code != 0 or (ran := self.scene.run("verify", "--fetch")).code != 0:
            yield f"sync or verify ends with {ran.code}: {ran.err}"

    def _healed(self) -> Iterator[str]:
        again = self.scene.run(*_SYNC)
        yield from _crashed(again)
        if again.code != 0:
            yield f"the next sync ends with {again.code}: {again.err}"
            return
        verdict = self.scene.run("verify", "--fetch")
        if verdict.code != 0:
            yield f"sync claims what verify denies: {verdict.err}"
        tree = self.scene.tree()
        if tree != self.scene.new:
            differing = sorted(path for path in {*tree, *self.scene.new} if tree.get(path) != self.scene.new.get(path))
            yield f"the next sync leaves another environment: {differing[:5]}"

    def _in_store(self) -> Iterator[str]:
        store = WheelStore(str(self.scene.cache))
        for sha256 in entries(store):
            if isinstance(store.find(sha256), StoredWheel) and not isinstance(
                store.find(sha256, every_byte=True), StoredWheel
            ):
                yield f"the store claims {sha256}, of which bytes are lost"


def _crashed(ran: Ran) -> Iterator[str]:
    if ran.code not in (0, 1, 2) or "Traceback" in ran.err:
        yield f"exit {ran.code}: {ran.err}"


def _keep_times(venv: Path) -> None:
    """Let directories have the times that lockenv remembered of them: a disk may have kept these and not the names."""
    with contextlib.suppress(OSError):
        for line in (venv / ".lockenv/state").read_bytes().split(b"\n"):
            kind, _, rest = line.partition(b" ")
            words = rest.split(b" ", 2)
            if kind == b"d" and len(words) == 3 and words[0].isdigit():
                with contextlib.suppress(OSError):
                    os.utime(os.path.join(os.fsencode(venv), words[2]), ns=(int(words[0]), int(words[0])))


# The program


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.power", description=__doc__)
    parser.add_argument("target", nargs="*", default=[], help=", ".join(TARGETS))
    parser.add_argument("--states", type=int, default=_STATES, help=f"after each call; {_STATES} unless given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    is_well = True
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as directory, served([*BEFORE, *AFTER]) as index:
        for name in options.target or TARGETS:
            start = time.monotonic()
            found = {one.digest: one for one in _parallel(name, Path(directory) / name, index, options)}
            wrong = [one for one in found.values() if one.faults]
            for one in wrong:
                for fault in one.faults:
                    sys.stderr.write(f"  {name} {one.case}: {fault}\n")
            took = time.monotonic() - start
            sys.stdout.write(f"{name}: {len(found) - len(wrong)} of {len(found)} (seed {options.seed}, {took:.0f} s)\n")
            sys.stdout.flush()
            is_well &= not wrong
    return 0 if is_well else 1


def outcomes(cut: Cut, states: int, seed: int, part: slice) -> Iterator[Outcome]:
    """Return what is wrong after each different state."""
    seen: set[int] = set()
    for number, model, found in cut.states(states, seed, part):
        digest = found.digest()
        if digest not in seen:
            seen.add(digest)
            yield cut.outcome(number, model, found)


def _parallel(name: str, directory: Path, index: str, options: argparse.Namespace) -> Iterator[Outcome]:
    children = []
    for worker in range(options.workers):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _work(TARGETS[name], directory / str(worker), index, worker, writing, options)
        os.close(writing)
        children.append((child, reading))
    for child, reading in children:
        with open(reading, encoding="utf-8") as stream:
            lines = [json.loads(line) for line in stream]
        os.waitpid(child, 0)
        if lines[-1:] != [None]:
            raise SystemExit(f"{name}: a worker died")
        yield from (Outcome(digest, case, tuple(faults)) for digest, case, faults in lines[:-1])


def _work(
    target: Target, directory: Path, index: str, worker: int, writing: int, options: argparse.Namespace
) -> NoReturn:
    try:
        with open(writing, "w", encoding="utf-8") as stream:
            cut = Cut(directory, index, target)
            found = outcomes(cut, options.states, options.seed, slice(worker, None, options.workers))
            stream.writelines(f"{json.dumps(one)}\n" for one in found)
            stream.write("null\n")
    except BaseException:  # noqa: BLE001 - the parent sees that the last line is missing
        traceback.print_exc()
    finally:
        # Nothing of the parent may run in this process.
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
