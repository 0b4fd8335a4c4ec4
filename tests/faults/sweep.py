"""Kill `lockenv sync`, or make it fail, at every call that changes or reads a file, and count the correct outcomes.

`python -m tests.faults.sweep [TARGET ...] [--points N] [--part K/N] [--seed S] [--workers W]`. A target is `kill-START`
or `fail-START`; START is the state before the change (see `scene`). Prints a line for each: how many of how many points
ended correctly. After a kill, the next command finds the old environment or the new one; after a failed call, the
environment is the old or the new one at once, with a message that says why; the next sync produces the new one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn, get_args

from lockenv.environment.fingerprint import is_created
from lockenv.sync.store_check import damaged
from lockenv.sync.wheel_store import WheelStore
from tests.faults.scene import NEW, OLD, Scene, Start, served
from tests.faults.seam import Strike

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.scene import Ran, Tree

Kind = Literal["kill", "fail"]
_SENTENCE = re.compile(r"^(?:error|refused\[[a-z-]+\]): [^\n]+\n(?:  hint: [^\n]+\n)?\Z", re.MULTILINE)
_KILLED = -9
_UNFINISHED = (".lockenv/.token.", ".lockenv/.sealed.")
"""How the names begin of what is written when an environment is remembered."""
# Without an environment, the interpreter that has no trouble is chosen; here it must be this one.
_SYNC = ("sync", "--python", sys.executable)


class Target(NamedTuple):
    """Which calls are intercepted, and how."""

    kind: Kind
    start: Start

    def __str__(self) -> str:
        return f"{self.kind}-{self.start}"


class Point(NamedTuple):
    """What happened at one call."""

    call: str
    """Which it was; empty when the run ended before it."""
    faults: tuple[str, ...]
    """What was wrong afterwards; empty when all was well."""


TARGETS = tuple(Target(kind, start) for kind in get_args(Kind) for start in get_args(Start))


def count(scene: Scene, target: Target) -> int:
    """Return how many calls an undisturbed run makes."""
    scene.reset(target.start)
    return len(scene.run(*_SYNC, strike=Strike(target.kind)).calls)


def point(scene: Scene, target: Target, number: int, choice: int = 0) -> Point:
    """Intercept the call `number`; return what was wrong afterwards."""
    scene.reset(target.start)
    ran = scene.run(*_SYNC, strike=Strike(target.kind, number, choice))
    if not ran.calls:
        return Point("", ())
    judge = _after_kill if target.kind == "kill" else _after_failure
    return Point(ran.calls[0], (*judge(scene, target, ran), *_healed(scene)))


def _after_kill(scene: Scene, target: Target, ran: Ran) -> Iterator[str]:
    if ran.code != _KILLED:
        yield f"exit {ran.code} instead of a kill: {ran.err}"
    if damaged := scene.damaged():
        yield f"listed and not whole: {damaged}"
    before = scene.tree()
    verdict = scene.run("verify").code
    is_done = before == scene.new and not (scene.venv / ".lockenv/state.new").exists()
    if (verdict == 0) != is_done or verdict not in (0, 1, 2):
        yield f"verify says {verdict}"
    if scene.tree() != before:
        yield "verify changed something"
    scene.keep()
    # What was being remembered of the environment stays until the next sync removes it: see `_healed`.
    recovered = {path: one for path, one in scene.recovered().items() if not path.startswith(_UNFINISHED)}
    if not is_old_or_new(scene, target, recovered):
        yield "after the recovery neither old nor new"
    scene.back()


def _after_failure(scene: Scene, target: Target, ran: Ran) -> Iterator[str]:
    tree = scene.tree()
    if ran.code == 2:
        if not _SENTENCE.search(ran.err) or "Traceback" in ran.err:
            yield f"no clear sentence: {ran.err}"
    elif ran.code != 0 or tree != scene.new:
        yield f"exit {ran.code}, the environment is {'' if tree == scene.new else 'not '}new: {ran.err}"
    if damaged := scene.damaged():
        yield f"listed and not whole: {damaged}"
    if not is_old_or_new(scene, target, scene.files(tree)):
        yield "neither old nor new"


def is_old_or_new(scene: Scene, target: Target, tree: Tree) -> bool:
    """Return whether `tree` is the environment before or after the change; only its files count when it has no more."""
    if target.start in ("fresh", "known") and all(is_created(path) for path in scene.files(tree)):
        return True
    return tree in (scene.new, scene.old, scene.files(scene.new), scene.files(scene.old))


def _healed(scene: Scene) -> Iterator[str]:
    """Yield what is wrong after the same command ran again."""
    again = scene.run(*_SYNC)
    tree = scene.tree()
    if again.code != 0:
        yield f"the next sync ends with {again.code}: {again.err}"
    elif tree != scene.new:
        differing = sorted(path for path in {*tree, *scene.new} if tree.get(path) != scene.new.get(path))
        yield f"the next sync leaves another environment: {differing[:5]}"
    elif scene.fingerprint() != scene.new_fingerprint:
        yield "the next sync gives another fingerprint"
    if left := [path.name for path in (scene.venv / ".lockenv").glob("*.new")]:
        yield f"the next sync leaves {left}"
    if found := list(damaged(WheelStore(str(scene.cache)))):
        yield f"damaged in the store: {found}"


def chosen(total: int, points: int, seed: int) -> list[int]:
    """Return `points` numbers from 1 to `total`, spread evenly, moved by `seed`; all of them when they are not more."""
    if points <= 0 or points >= total:
        return list(range(1, total + 1))
    return sorted({1 + (index * total // points + seed) % total for index in range(points)})


# The program


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.sweep", description=__doc__)
    parser.add_argument("target", nargs="*", default=[], help=", ".join(map(str, TARGETS)))
    parser.add_argument("--points", type=int, default=0, help="of each target; 0 for all")
    parser.add_argument("--part", type=_part, default=(1, 1), help="such as 2/3: every third point, from the second on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    wanted = [target for target in TARGETS if not options.target or str(target) in options.target]
    # Hundreds of runs flush their journals; a filesystem in memory makes that cheap.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    is_well = True
    with tempfile.TemporaryDirectory(dir=memory) as directory, served([*OLD, *NEW]) as index:
        for target in wanted:
            is_well &= _sweep(target, Path(directory) / str(target), index, options)
    return 0 if is_well else 1


def _part(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    return int(number), int(of)


def _sweep(target: Target, directory: Path, index: str, options: argparse.Namespace) -> bool:
    """Run all chosen points of a target, and print a line with the result."""
    start = time.monotonic()
    found = list(_parallel(target, directory, index, options))
    reached = [one for one in found if one.call]
    well = [one for one in reached if not one.faults]
    for one in reached:
        for fault in one.faults:
            sys.stderr.write(f"  {target} at {one.call}: {fault}\n")
    took = time.monotonic() - start
    sys.stdout.write(f"{target}: {len(well)} of {len(reached)} (seed {options.seed}, {took:.0f} s)\n")
    sys.stdout.flush()
    return len(well) == len(reached)


def _parallel(target: Target, directory: Path, index: str, options: argparse.Namespace) -> Iterator[Point]:
    """Yield what happened at every chosen point, run by several processes, each with its own scene."""
    children = []
    for worker in range(options.workers):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _work(target, Scene(directory / str(worker), index), worker, writing, options)
        os.close(writing)
        children.append((child, reading))
    for child, reading in children:
        with open(reading, encoding="utf-8") as stream:
            lines = [json.loads(line) for line in stream]
        os.waitpid(child, 0)
        if lines[-1:] != [None]:
            raise SystemExit(f"{target}: a worker died")
        yield from (Point(call, tuple(faults)) for call, faults in lines[:-1])


def _work(target: Target, scene: Scene, worker: int, writing: int, options: argparse.Namespace) -> NoReturn:
    """Run every n-th chosen point in this worker, and print a line for each."""
    try:
        with open(writing, "w", encoding="utf-8") as stream:
            numbers = chosen(count(scene, target), options.points, options.seed)
            part, parts = options.part
            mine = numbers[part - 1 :: parts][worker :: options.workers]
            found = (point(scene, target, number, number + options.seed) for number in mine)
            stream.writelines(f"{json.dumps(one)}\n" for one in found)
            stream.write("null\n")
    except BaseException:  # noqa: BLE001 - the parent sees that the last line is missing
        traceback.print_exc()
    finally:
        # Nothing of the parent may run in this process.
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
