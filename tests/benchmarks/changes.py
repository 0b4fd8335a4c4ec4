"""Make every single change of an environment of more than fifty distributions, and count those that `verify` finds.

`python -m tests.benchmarks.changes [K/N]` prints `FOUND of MADE` for each kind of change; with K/N, of every N-th. Each
is checked by the whole program and counts as found only if it alone is reported, with its problem. Fails when one is
not found, or when the environment is not intact before and after.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.changes import Bench
from tests.support.crowd import COUNT, lock_crowd
from tests.support.program import lockenv_here
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from tests.support.changes import Finding

SOUND: tuple[int, frozenset[Finding]] = (0, frozenset())


def settle(directory: Path) -> Bench:
    """Return a bench with an environment that holds every wheel of the crowd; its index is gone."""
    with LoopbackIndex() as index:
        project = lock_crowd(directory / "project", index)
        done = lockenv_here("sync", "--python", sys.executable, cwd=project)
    if done.code:
        raise AssertionError(done.err)
    return Bench(project / ".venv", directory / "pristine")


def verified(bench: Bench) -> tuple[int, frozenset[Finding]]:
    """Return the exit code of `verify --json`, and each problem with its path."""
    result = lockenv_here("verify", "--json", "--venv", str(bench.root), cwd=bench.root.parent)
    findings = json.loads(result.out).get("findings", ()) if result.out else ()
    return result.code, frozenset((found["problem"], found["path"]) for found in findings)


def _main() -> int:
    part, parts = map(int, sys.argv[1].split("/")) if sys.argv[1:] else (0, 1)
    found, made = Counter[str](), Counter[str]()
    wrong = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        bench = settle(Path(directory).resolve())
        is_sound = verified(bench) == SOUND
        for change in list(bench.changes())[part::parts]:
            made[change.kind] += 1
            answer = bench.answer(change, verified)
            if answer == (change.code, change.expected):
                found[change.kind] += 1
            else:
                wrong.append(f"{change.kind}: {change.path}: {answer}")
        is_sound = verified(bench) == SOUND and is_sound
    lines = [f"{kind}: {found[kind]} of {made[kind]}" for kind in sorted(made)]
    seconds = time.monotonic() - begun
    lines.append(f"{COUNT} distributions, {seconds:.0f} s: {found.total()} of {made.total()}")
    sys.stdout.write("\n".join([*lines, *wrong, "sound before and after" if is_sound else "NOT SOUND", ""]))
    return 0 if is_sound and not wrong else 1


if __name__ == "__main__":
    sys.exit(_main())
