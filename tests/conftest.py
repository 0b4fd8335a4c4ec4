"""The same examples in every run, and how the tests are shared out. Skips are listed at the end.

`HYPOTHESIS_PROFILE=explore` looks for new examples, twenty times as many.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections import Counter
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

# A shell starts what it leaves in the background with SIGINT ignored, and every program below would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The process is large and lives long: a collector that runs often finds nothing.
gc.set_threshold(20_000, 20, 20)

settings.register_profile("steady", derandomize=True, deadline=None, database=None, max_examples=50)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


UNIT = Path(__file__).with_name("unit")
LONGEST = frozenset({UNIT.with_name("faults"), UNIT.with_name("hostile")})
OUTSIDE = ("pdm", "pip", "pipenv", "poetry", "pwsh", "twine", "uv")
"""Programs that a Debian machine need not have: tests marked as `outside` are left out where theirs is not there."""
MISSING = frozenset(program for program in OUTSIDE if not shutil.which(program))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that meet a program which is not there."""
    left_out = [item for item in items if any(mark.args[0] in MISSING for mark in item.iter_markers("outside"))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        left = set(left_out)
        items[:] = [item for item in items if item not in left]
    if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
        items[:] = _dealt(items, workers)


def _dealt(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return `items` so that each of the equal parts that the workers begin with has long tests first, short ones last.

    All but the unit tests are dealt out file by file, as some share what they work with; then the unit tests fill up.
    The longest of all come first, so that at the end none is left to one worker while the others have nothing to do.
    """
    long = [item for item in items if UNIT not in item.path.parents]
    long.sort(key=lambda item: LONGEST.isdisjoint(item.path.parents))
    files = [list(group) for _, group in groupby(long, lambda item: item.path)]
    quick = iter([item for item in items if UNIT in item.path.parents])
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        part = [item for file in files[worker::workers] for item in file]
        # Just as many as xdist sends to the worker.
        size = (len(items) - len(dealt)) // (workers - worker)
        dealt += [*part, *islice(quick, max(0, size - len(part)))]
    return [*dealt, *quick]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over all that has been loaded."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Let the collector pass over all that is there: it looks at everything four times while a process ends."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write each reason for which tests were skipped once, with how many were."""
    reports = terminalreporter.stats.get("skipped", ())
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    if reasons:
        terminalreporter.section(f"{reasons.total()} skipped")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count:5}  {reason}")
    if MISSING:
        terminalreporter.write_line(f"left out, as they are not on the PATH: {', '.join(sorted(MISSING))}")
