"""What disks, caches, servers and other processes do to a sync leaves the environment old or new, and says which.

`python -m tests.faults.trouble` does the same, more often.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.trouble import TARGETS, CannotMountError, outcomes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files and mounts")

POINTS = {
    "flips": 8,
    "rot": 8,
    "full": 3,
    "rivals": 4,
    "crowd": 8,
    "holders": 4,
    "readers": 4,
    "pruners": 4,
    "lockers": 4,
    "signals": 6,
    "histories": 5,
}


@pytest.mark.parametrize("target", [name for name in TARGETS if name != "servers"])
def test_trouble_leaves_the_environment_old_or_new(target: str, tmp_path: Path) -> None:
    try:
        found = outcomes(target, tmp_path, POINTS.get(target, 0), seed=7)
    except CannotMountError as error:
        pytest.skip(str(error))

    assert found
    assert [one for one in found if one.fault] == []
