"""A failing index, under the default limits: random faults, and responses that never come.

In: a directory to work in. Out: a name for each case, and what went wrong, empty for nothing. Takes minutes.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from tests.support.faults import Drip, Fault, Reset, Stall, Status, Truncate
from tests.support.program import lockenv
from tests.support.projects import write_project
from tests.support.server import LoopbackIndex
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import Request

PARTS, ROUNDS = 1000, 20
"""How many projects a storm befalls, and how often."""

MOST_IN_A_ROW = 3
"""A URL is asked for four times at most: more faults of one URL in a row than this are not to be weathered."""


class StormyIndex(LoopbackIndex):
    """An index that resets a tenth of the requests, and answers 500 to another, by chance."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.struck = 0
        self._chance = random.Random(seed)
        self._in_a_row: dict[str, int] = {}
        self._turn = threading.Lock()

    def received(self, request: Request) -> Fault | None:
        super().received(request)
        with self._turn:
            faults = self._in_a_row.get(request.path, 0)
            fault = self._chance.choices([None, Reset(), Status(500)], [8, 1, 1])[0]
            if fault is None or faults == MOST_IN_A_ROW:
                self._in_a_row[request.path] = 0
                return None
            self._in_a_row[request.path] = faults + 1
            self.struck += 1
            return fault


def storm(directory: Path, parts: int = PARTS, rounds: int = ROUNDS) -> Iterator[tuple[str, str]]:
    """Lock a tree of `parts` projects from an empty cache, in calm weather and then in `rounds` storms."""
    tree = [
        wheel(f"part{n}", requires=[f"part{child}" for child in range(10 * n + 1, min(10 * n + 11, parts))])
        for n in range(parts)
    ]
    with LoopbackIndex() as calm:
        calm.add_all(*tree)
        code, expected = _locked(directory / "calm", calm)
        yield "calm", "" if code == 0 else expected
    for seed in range(rounds):
        with StormyIndex(seed) as index:
            index.add_all(*tree)
            code, text = _locked(directory / f"storm-{seed}", index)
            wrong = "" if code == 0 and text.replace(index.origin, calm.origin) == expected else text[:200]
            yield f"storm {seed}", wrong if index.struck else "calm weather"


def _locked(project: Path, index: LoopbackIndex) -> tuple[int, str]:
    """Lock a new project; return the exit code, and the lock without its digests, or the error."""
    write_project(project, ["part0"], index=index.url)
    done = lockenv("lock", cwd=project, timeout=300)
    if done.code:
        return done.code, done.err
    lines = project.joinpath("pylock.toml").read_text().splitlines()
    return 0, "\n".join(line for line in lines if "digest" not in line)


class Silence(NamedTuple):
    """A fault that lasts, and what it may cost."""

    name: str
    fault: Fault
    seconds: int
    """Until the program must have given up."""
    word: str
    """What it then says."""
    requests: int = 4


SILENCES = (
    Silence("silent before the head", Stall(120), 45, "did not answer"),
    Silence("silent in the body", Stall(120, after=10), 45, "almost no data"),
    Silence("a byte a second", Drip(1), 45, "almost no data"),
    Silence("500 for ever", Status(500), 60, "500"),
    Silence("reset for ever", Reset(), 60, "closed the connection"),
    Silence("cut for ever", Truncate(), 60, "before the end of the body"),
    Silence("wait for an hour", Status(429, retry_after="3600"), 5, "3600", 1),
)


def patience(directory: Path) -> Iterator[tuple[str, str]]:
    """Run each fault on the page of a project to lock, and on the file of one to sync, all at once."""
    cases = [(silence, what) for silence in SILENCES for what in ("page", "file")]
    with ThreadPoolExecutor(len(cases)) as pool:
        waiting = [pool.submit(_given_up, directory, silence, what) for silence, what in cases]
        for (silence, what), one in zip(cases, waiting, strict=True):
            yield f"{what}: {silence.name}", one.result()


def _given_up(directory: Path, silence: Silence, what: str) -> str:
    project = directory / f"{silence.name} {what}".replace(" ", "-")
    with LoopbackIndex() as index:
        index.add(wheel("silent", files={"silent.py": "x" * 5000}))
        write_project(project, ["silent"], index=index.url)
        if what == "file" and lockenv("lock", cwd=project).code:
            return "cannot be locked"
        pattern = "/simple/silent/" if what == "page" else r"/files/silent-.*\.whl$"
        index.fail(pattern, silence.fault, times=None)
        before, start = len(index.requests), time.monotonic()
        done = lockenv("lock" if what == "page" else "sync", cwd=project, timeout=300)
        took = time.monotonic() - start
        asked = sum("silent" in path for path in index.paths[before:])
    if done.code != 2 or silence.word not in done.err.lower() or "Traceback" in done.err:
        return f"exit {done.code}: {done.err.strip()[:300]!a}"
    if project.joinpath(".venv/.lockenv/state").exists():
        return "an environment was made"
    if asked > silence.requests:
        return f"asked {asked} times"
    return "" if took <= silence.seconds else f"gave up after {took:.0f} s"
