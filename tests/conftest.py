"""The same examples in every run; `HYPOTHESIS_PROFILE=explore` looks for new ones. Skips are listed at the end."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


OUTSIDE = ("pdm", "pip", "pipenv", "poetry", "pwsh", "uv")
"""Programs that a Debian machine need not have: tests marked as `outside` are left out where theirs is not there."""
MISSING = frozenset(program for program in OUTSIDE if not shutil.which(program))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that meet a program which is not there."""
    left_out = [item for item in items if any(mark.args[0] in MISSING for mark in item.iter_markers("outside"))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


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
