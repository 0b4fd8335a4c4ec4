"""Random universes against brute force; `fuzz_universes` runs more of them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.properties.fuzz_universes import verdicts
from tests.properties.random_universes import ENGINES, of_systems, widened


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("batch", range(8))
def test_answers_to_random_universes_are_sound_complete_and_stable(batch: int, engine: str) -> None:
    found = {
        f"{verdict}: seed {seed}"
        for seed in range(batch * 30, batch * 30 + 30)
        for verdict in verdicts(widened(seed), ENGINES[engine])
        if verdict not in ("locked", "refused")
    }

    assert found == set()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_answers_that_depend_on_the_release_of_a_system_are_sound_complete_and_stable(engine: str) -> None:
    found = {
        f"{verdict}: seed {seed}"
        for seed in range(60)
        for verdict in verdicts(of_systems(seed), ENGINES[engine])
        if verdict not in ("locked", "refused")
    }

    assert found == set()


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        # What is left out is looked at again from what is locked right below, in the first lock as in the second.
        (412000244, "locked"),
        # Above the newest wheel, a newer release fails for what it requires, and an older one is not dug up.
        (423000455, "locked"),
        # Locking an answer again looks at no more than what the search that begins with it looks at.
        (501000572, "locked"),
        # A machine that is neither of two that markers name.
        (422001596, "refused"),
    ],
)
def test_an_answer_is_the_right_one(seed: int, expected: str) -> None:
    assert list(verdicts(widened(seed), ENGINES["pubgrub"])) == [expected]


@pytest.mark.parametrize("seed", [306001097, 314000510, 420001584])
def test_an_old_lock_is_never_why_there_is_no_answer(seed: int) -> None:
    assert list(verdicts(widened(seed), ENGINES["pubgrub"])) == ["locked"]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_answer_depends_on_the_hash_seed(seed: int) -> None:
    command = [sys.executable, "-m", "tests.properties.fuzz_universes", "--digest", "--universes", "60"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    digests = {
        subprocess.run(
            [*command, "--seed", str(seed)],
            env={**environment, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "4321")
    }

    assert len(digests) == 1
