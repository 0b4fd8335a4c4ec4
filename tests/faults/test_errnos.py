"""A call that the system refuses ends a command in a sentence; `python -m tests.faults.errnos` tries all of them."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.errnos import Scene, failures

_SAMPLE = 12


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    if shutil.which("strace") is None:
        pytest.skip("there is no strace here")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    return Scene(Path(tmp_path_factory.mktemp("errnos")))


def test_refused_call_ends_in_a_sentence(scene: Scene) -> None:
    tried = random.Random(7).sample(failures(scene, (("check",), ("sync",), ("run", "mug"))), _SAMPLE)

    assert {failure: reported for failure in tried if (reported := scene.fails(failure))} == {}


def test_thread_that_cannot_be_started_does_not_end_a_lock(scene: Scene) -> None:
    refused = [each for each in failures(scene, (("lock",),)) if each.call in ("clone", "clone3")]

    assert {failure: reported for failure in refused if (reported := scene.fails(failure))} == {}
