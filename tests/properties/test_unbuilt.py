"""Random universes some releases of which must be built; `fuzz_universes` runs more of them."""

from __future__ import annotations

import pytest

from tests.properties.unbuilt import disagreement


@pytest.mark.parametrize("batch", range(4))
def test_releases_that_must_be_built_are_chosen_as_if_they_required_nothing(batch: int) -> None:
    seeds = range(batch * 40, batch * 40 + 40)

    assert {seed: found for seed in seeds if (found := disagreement(seed))} == {}


@pytest.mark.parametrize("seed", [304001921, 420001051, 700000473])
def test_what_locking_again_finds_makes_no_difference_to_what_is_chosen(seed: int) -> None:
    assert disagreement(seed) == ""
