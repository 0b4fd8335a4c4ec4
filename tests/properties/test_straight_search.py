"""The search that never goes back has the answer of resolvelib, or none, in random universes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.resolve.engine_interface import PATIENCE, Region, SearchGaveUp, Split
from lockenv.resolve.model import Model
from lockenv.resolve.provider import ChangedMetadata, Provider, UnreadableSdist
from lockenv.resolve.resolvelib_engine import Search
from lockenv.resolve.straight_search import StraightSearch
from lockenv.vocabulary.progress import SILENT
from tests.properties.random_universes import posed, widened

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


def straight(provider: Provider) -> Any:
    search = StraightSearch(provider, SILENT)
    found = search.run()
    if found is None:
        raise SearchGaveUp
    return sorted(found.items()), search.rounds


def resolvelib(provider: Provider) -> Any:
    search = Search(provider, SILENT, PATIENCE, keeps_direct=True)
    return sorted((name, choice.position) for name, choice in search.run().items()), search.budget.rounds


def test_answers_are_those_of_resolvelib() -> None:
    found = {seed: outcomes(seed, straight) for seed in range(600)}
    answered = {seed: outcome for seed, outcome in found.items() if "none" not in outcome}

    assert {seed: outcomes(seed, resolvelib) for seed in answered} == answered
    assert len(answered) > 100
    assert sum(len(outcome) > 2 for outcome in answered.values()) > 20
