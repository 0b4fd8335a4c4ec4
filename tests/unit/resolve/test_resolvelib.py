"""What `resolvelib_engine` overrides of resolvelib is what it was tested with, and is still needed."""

from __future__ import annotations

import inspect
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import Resolution

from lockenv.resolve.problem import problem
from lockenv.resolve.resolvelib_engine import Search
from lockenv.resolve.solve import solve
from lockenv.vocabulary.pin import Resolution as Answer
from tests.support.universe import MemoryCatalog, manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from resolvelib.resolvers.criterion import Criterion

    from lockenv.resolve.resolvelib_types import Choice, Need
    from lockenv.vocabulary.names import NormalizedName

TESTED = {"1.2.1": "dc0221a3583e4d5d"}
"""The digest of what the overrides replace and depend on, by the release of resolvelib."""
_PRIVATE = (
    "_add_to_criteria",
    "_attempt_to_pin_criterion",
    "_backjump",
    "_get_updated_criteria",
    "_is_current_pin_satisfying",
    "_patch_criteria",
    "_push_new_state",
    "_remove_information_from_criteria",
    "_rollback_states",
    "_save_state",
    "resolve",
)


class Asked(NamedTuple):
    name: str
    at_most: int


class Chosen(NamedTuple):
    name: str
    number: int


UNIVERSE: dict[str, dict[int, list[Asked]]] = {
    "x": {2: [Asked("d", 9)], 1: []},
    "p": {2: [Asked("x", 1)], 1: []},
    "q": {1: [Asked("p", 1)]},
    "d": {1: []},
}
"""`x 2` needs `d`, `p 2` forbids `x 2`, and `q` forbids `p 2`: the answer is `x 2`, `p 1`, `q 1` and `d 1`."""


class Provider(AbstractProvider[Asked, Chosen, str]):
    """The releases of `UNIVERSE`, newest first; what has no pin yet comes first, in the order of `UNIVERSE`."""

    def identify(self, requirement_or_candidate: Asked | Chosen) -> str:
        return requirement_or_candidate.name

    def get_preference(self, identifier: str, resolutions: Mapping[str, Chosen], *_: Any, **__: Any) -> Any:
        return identifier in resolutions, [*UNIVERSE].index(identifier)

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Asked]],
        incompatibilities: Mapping[str, Iterator[Chosen]],
    ) -> Sequence[Chosen]:
        most = min(each.at_most for each in requirements[identifier])
        refused = {each.number for each in incompatibilities[identifier]}
        return [Chosen(identifier, each) for each in UNIVERSE[identifier] if each <= most and each not in refused]

    def is_satisfied_by(self, requirement: Asked, candidate: Chosen) -> bool:
        return candidate.number <= requirement.at_most

    def get_dependencies(self, candidate: Chosen) -> Iterable[Asked]:
        return UNIVERSE[candidate.name][candidate.number]


def test_what_is_overridden_is_what_was_tested() -> None:
    sources = "".join(inspect.getsource(getattr(Resolution, name)) for name in _PRIVATE)

    # A change here asks for the module text of `resolvelib_engine` to be read beside the new release.
    assert sha256(sources.encode()).hexdigest()[:16] == TESTED.get(version("resolvelib"))


def test_each_override_has_something_to_override() -> None:
    overridden = [name for name, value in vars(Search).items() if callable(value) and hasattr(Resolution, name)]

    assert sorted(overridden) == ["__init__", "_add_to_criteria", "_remove_information_from_criteria", "resolve"]


def test_resolvelib_still_keeps_a_pin_that_was_unseated() -> None:
    roots = [Asked(name, 9) for name in ("x", "p", "q")]

    found = Resolver(Provider(), BaseReporter()).resolve(roots)

    # Where this fails, `d` is chosen: then resolvelib forgets such a pin itself, and the override can go.
    assert {name: chosen.number for name, chosen in found.mapping.items()} == {"x": 2, "p": 1, "q": 1}


@pytest.mark.parametrize("marker", ["", "; sys_platform == 'linux'"], ids=["plain", "widened"])
def test_looks_at_a_project_only_when_something_about_it_changes(monkeypatch: pytest.MonkeyPatch, marker: str) -> None:
    looked: list[NormalizedName] = []
    is_met = Search._is_met

    def counted(search: Search, name: NormalizedName, criterion: Criterion[Need, Choice]) -> bool:
        looked.append(name)
        return is_met(search, name, criterion)

    monkeypatch.setattr(Search, "_is_met", counted)

    def effort(count: int) -> tuple[int, int]:
        looked.clear()
        found = solve(problem(manifest("p0000")), MemoryCatalog(_ladder(count, marker)))
        assert isinstance(found, Answer)
        assert (len(found.pins), found.effort.conflicts) == (count, 0)
        return len(looked), found.effort.rounds

    short, long = effort(60), effort(120)

    assert [after <= 2.2 * before for before, after in zip(short, long, strict=True)] == [True, True]


def _ladder(count: int, marker: str) -> dict[str, Any]:
    """Return projects each of which requires the next one, and the third one after it under a marker.

    With a marker, most of them are pinned for a part of the environments before they are required everywhere.
    """
    names = [f"p{number:04}" for number in range(count)]
    ladder: dict[str, Any] = {}
    for at, name in enumerate(names):
        rungs = [*names[at + 1 : at + 2], *(f"{other}{marker}" for other in names[at + 3 : at + 4])]
        ladder[name] = {"1": {"requires": rungs}}
    return ladder
