"""The search that never goes back has the answer of resolvelib, or none, in random universes."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lockenv.resolve.engine_interface import PATIENCE, Region, SearchGaveUp, Split
from lockenv.resolve.model import Model
from lockenv.resolve.problem import problem
from lockenv.resolve.provider import ChangedMetadata, Provider, UnreadableSdist
from lockenv.resolve.resolvelib_engine import Search
from lockenv.resolve.straight_search import StraightSearch
from lockenv.vocabulary.progress import SILENT
from tests.properties.random_universes import posed, widened
from tests.support.universe import MemoryCatalog, manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.vocabulary.markers import Marker


def outcomes(seed: int, engine: Callable[[Provider], object]) -> list[object]:
    """Return how runs end over all environments of a universe, and over a part of each that is split; what they say."""
    case, found = widened(seed), list[object]()
    problem = posed(case)
    env: Marker | None = problem.universe
    while env is not None:
        said = list[str]()
        model = Model(problem, case.catalog(), said.append)
        provider = Provider(Region(env=env, roots=model.roots_in(env), locked={}), model)
        env = None
        try:
            found += [engine(provider), said]
        except Split as split:
            env = split.first
            found += [split.second, said]
        except (ChangedMetadata, UnreadableSdist) as error:
            found += [type(error), said]
        except SearchGaveUp:
            found.append("none")
    return found


def straight(provider: Provider) -> StraightSearch:
    return StraightSearch(provider, SILENT)


def resolvelib(provider: Provider) -> Search:
    return Search(provider, SILENT, PATIENCE, keeps_direct=True)


def straight_answer(provider: Provider) -> Any:
    search = straight(provider)
    found = search.run()
    if found is None:
        raise SearchGaveUp
    return sorted(found.items()), search.rounds


def resolvelib_answer(provider: Provider) -> Any:
    search = resolvelib(provider)
    return sorted((name, choice.position) for name, choice in search.run().items()), search.budget.rounds


def test_answers_are_those_of_resolvelib() -> None:
    found = {seed: outcomes(seed, straight_answer) for seed in range(600)}
    answered = {seed: outcome for seed, outcome in found.items() if "none" not in outcome}

    assert {seed: outcomes(seed, resolvelib_answer) for seed in answered} == answered
    assert len(answered) > 100
    assert sum(len(outcome) > 2 for outcome in answered.values()) > 20


def rejections(seed: int) -> list[tuple[bool, int, list[str]]]:
    """Return how the search stops at rejections, and how resolvelib does; nothing where the search does not.

    That is: whether a release was rejected for the sake of a direct requirement alone, the rounds, and what was said.
    """
    dice, names = random.Random(seed), [f"p{number:02d}" for number in range(12)]
    universe = {
        name: {
            f"{version}.0": {
                "requires": [
                    f"{other}{dice.choice(('<', '>=', '!=', '=='))}{dice.randint(2, 7)}"
                    for other in dice.sample(names[index + 1 :], min(3, len(names) - index - 1))
                ]
            }
            for version in range(1, 9)
        }
        for index, name in enumerate(names)
    }
    asked = problem(manifest(*names[:3], *names[-2:]))
    region = Region(env=asked.universe, roots=Model(asked, MemoryCatalog(universe)).roots_in(asked.universe), locked={})
    said, also_said = list[str](), list[str]()
    search = straight(Provider(region, Model(asked, MemoryCatalog(universe), said.append)))
    if search.run() is not None or not search.is_rejecting:
        return []
    other = resolvelib(Provider(region, Model(asked, MemoryCatalog(universe), also_said.append)))
    with suppress(SearchGaveUp):
        other.run()
    return [(search.has_kept, search.rounds, said), (other.has_kept, other.budget.rounds, also_said)]


def test_it_stops_at_rejections_where_resolvelib_does() -> None:
    found = [ends for ends in map(rejections, range(400)) if ends]

    assert [ends[0] for ends in found] == [ends[1] for ends in found]
    assert len(found) > 20
    assert {ends[0][0] for ends in found} == {True, False}
