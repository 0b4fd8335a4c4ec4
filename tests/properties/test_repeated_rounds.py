"""The second engine decides the same, in the same order, whether or not it remembers its rounds."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any

from lockenv.resolve.problem import problem
from lockenv.resolve.pubgrub import engine
from lockenv.resolve.repeated_rounds import RepeatedRounds
from lockenv.resolve.solve import solve
from tests.properties.random_universes import MARKERS, posed, widened
from tests.support.universe import MemoryCatalog, manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.resolve.incompatibility_store import IncompatibilityStore
    from lockenv.resolve.problem import Problem
    from tests.support.universe import Universe


class Forgetful(RepeatedRounds):
    """Keeps no round."""

    def keep(self, number: int) -> None:
        """Keep nothing."""


def conflicting(seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a graph of 24 projects whose releases exclude each other here and there; some require themselves."""
    dice, names = random.Random(seed), [f"p{number:02d}" for number in range(24)]

    def bound(version: int) -> str:
        other = dice.randint(1, 6)
        usual = (f"<{other + 1}", f">={min(other, version)}", "")
        return dice.choice((*usual, f"=={other}.0", f"=={other}.0rc1", f">={other}.0rc1") if often(0.2) else usual)

    def often(share: float) -> bool:
        return dice.random() < share

    universe: dict[str, dict[str, dict[str, Any]]] = {}
    for index, name in enumerate(names):
        later = names[index + 1 : index + 10]
        needed = dice.sample(later, min(len(later), dice.randint(0, 4)))
        universe[name] = {}
        for version in range(1, dice.randint(3, 8)):
            text = f"{version}.0{'rc1' if often(0.2) else ''}"
            requires = [
                f"{other}{'[e]' if often(0.15) else ''}{bound(version)}"
                f"{f' ; {dice.choice(MARKERS)}' if often(0.3) else ''}"
                for other in needed
            ]
            extras = {"e": [dice.choice(later) if later else name, f"{name}[f]"], "f": later[-1:]}
            own = [f"{name}{dice.choice(('<=', '=='))}{text}"] if often(0.1) else []
            universe[name][text] = {"requires": [*own, *requires], "extras": extras, "yanked": often(0.1)}
    return universe


def said(posed: Problem, universe: Universe, rounds_of: Callable[[IncompatibilityStore], RepeatedRounds]) -> list[str]:
    """Return each decision and each conflict of a search by the second engine alone, and the answer."""
    log = list[str]()
    asked = partial(engine, rounds_of=rounds_of)
    found = solve(posed, MemoryCatalog(universe), engine=asked, patience=-1, report=log.append, has_hints=False)
    return [*log, repr(found)]


def test_a_search_that_remembers_its_rounds_decides_the_same() -> None:
    repeated = 0

    class Counting(RepeatedRounds):
        def repeat(self, number: int) -> bool:
            nonlocal repeated
            found = super().repeat(number)
            repeated += found
            return found

    # Of all of them, 27 and 526 alone depend on where a project is wanted, and on what does not require it yet.
    for seed in (*range(30), 526):
        asked, universe = problem(manifest("p00", "p01", "p02", "p03", requires_python=">=3.10")), conflicting(seed)
        assert said(asked, universe, Counting) == said(asked, universe, Forgetful), seed
    for seed in range(100):
        case = widened(seed)
        if not case.placed:
            assert said(posed(case), case.universe, Counting) == said(posed(case), case.universe, Forgetful), seed
    assert repeated > 1000
