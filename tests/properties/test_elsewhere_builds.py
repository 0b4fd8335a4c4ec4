"""Random universes some releases of which must be built: what is left out of a lock for that changes nothing later."""

from __future__ import annotations

import pytest

from lockenv.resolve.solve import solve
from lockenv.vocabulary.pin import Resolution
from tests.properties.random_universes import posed
from tests.properties.unbuilt import unbuilt
from tests.support.universe import MemoryCatalog


def is_stable(seed: int) -> bool:
    case, _, _ = unbuilt(seed)
    found = solve(posed(case), MemoryCatalog(case.universe), patience=case.patience)
    if not isinstance(found, Resolution):
        return True
    again = solve(posed(case, old=found), MemoryCatalog(case.universe), patience=case.patience)
    return isinstance(again, Resolution) and again.pins == found.pins and again.universe is found.universe


@pytest.mark.parametrize("seeds", [range(120), (2469,)], ids=["many", "free elsewhere"])
def test_lock_that_leaves_out_what_must_be_built_elsewhere_is_the_same_when_locked_again(seeds: range) -> None:
    assert [seed for seed in seeds if not is_stable(seed)] == []
