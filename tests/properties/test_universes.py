"""Random universes against brute force; `fuzz_universes` runs more of them."""

from __future__ import annotations

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


@pytest.mark.parametrize("seed", [306001097, 314000510, 420001584])
def test_an_old_lock_is_never_why_there_is_no_answer(seed: int) -> None:
    assert list(verdicts(widened(seed), ENGINES["pubgrub"])) == ["locked"]
