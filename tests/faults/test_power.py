"""A few of the states that a loss of power may leave after a run: nothing false is claimed, and all is repaired.

`python -m tests.faults.power` creates all of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.power import AFTER, BEFORE, TARGETS, Cut, outcomes, restart
from tests.faults.scene import served

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="calls are noted by what /proc says of descriptors")

EVERY = {"fresh": 24, "known": 24, "upgrade": 24, "fetch": 40, "lock": 12, "declare": 12}
"""After which calls of each target a state is made; after the last, more."""


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    before = {name: os.environ.get(name) for name in ("LOCKENV_TEST", "LOCKENV_TEST_BOOT")}
    with served([*BEFORE, *AFTER]) as url:
        yield url
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.mark.parametrize("name", EVERY)
def test_whatever_a_loss_of_power_leaves_is_found_and_repaired(name: str, index: str) -> None:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as directory:
        restart("first")
        cut = Cut(Path(directory), index, TARGETS[name])
        part = slice(len(cut.changes) % EVERY[name], None, EVERY[name])
        found = list(outcomes(cut, 1, 7, part))

    assert len(found) >= 10
    assert [one for one in found if one.faults] == []
