"""Make every single change of every file of an environment of 52 distributions, and count those that verify finds.

`python -m tests.benchmarks.changes` prints `FOUND of MADE` for each kind of change. It fails when one is not found,
when anything is named beside it, or when the environment is not sound before and after.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from lockenv.environment.verify import Sound
from tests.support.changes import changes
from tests.support.crowd import COUNT, lock_crowd
from tests.support.judging import Judge
from tests.support.program import lockenv_here
from tests.support.server import LoopbackIndex


def _main() -> int:
    with tempfile.TemporaryDirectory() as directory, LoopbackIndex() as index:
        project = lock_crowd(Path(directory, "project"), index)
        done = lockenv_here("sync", "--python", sys.argv[1] if sys.argv[1:] else "3.11", cwd=project)
        if done.code:
            raise SystemExit(done.err)
        judge = Judge(project, project / ".venv")
        before = judge.answer()
        found: Counter[str] = Counter()
        tried: Counter[str] = Counter()
        wrong: list[str] = []
        for change in [*changes(project / ".venv", judge.tag)]:
            tried[change.kind] += 1
            named = judge.named(change)
            if named == {change.path}:
                found[change.kind] += 1
            else:
                wrong.append(f"{change}: {sorted(named)}")
        is_sound = isinstance(before, Sound) and judge.answer() == before
    lines = [f"{kind}: {found[kind]} of {count}" for kind, count in tried.items()]
    lines.append(f"{COUNT} distributions, {before}: {found.total()} of {tried.total()}")
    sys.stdout.write("\n".join([*lines, *wrong, "sound before and after" if is_sound else "NOT SOUND", ""]))
    return 0 if is_sound and not wrong else 1


if __name__ == "__main__":
    sys.exit(_main())
