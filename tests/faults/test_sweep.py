"""Ten evenly spread points of each sweep: a sync interrupted there changes all of an environment or nothing.

`python -m tests.faults.sweep` runs all points.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.scene import NEW, OLD, Scene, served
from tests.faults.sweep import TARGETS, Target, chosen, count, point

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")

POINTS = 10


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    # Hundreds of runs flush their journals; a filesystem in memory makes that cheap.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as directory, served([*OLD, *NEW]) as index:
        yield Scene(Path(directory), index)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_struck_anywhere_the_environment_is_old_or_new(scene: Scene, target: Target) -> None:
    numbers = chosen(count(scene, target), POINTS, seed=7)
    found = [point(scene, target, number, choice=number) for number in numbers]

    assert len([one for one in found if one.call]) >= POINTS - 2
    assert [one for one in found if one.faults] == []
