"""What `resolvelib_engine` overrides of resolvelib is what it was tested with, and is still needed."""

from __future__ import annotations

import inspect
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from resolvelib import AbstractProvider, BaseReporter, Resolver
from resolvelib.resolvers import Resolution

from lockenv.resolve.resolvelib_engine import Search

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TESTED = {"1.2.1": "dbfa94702e982e92"}
"""The digest of what the overrides replace and depend on, by the release of resolvelib."""
_PRIVATE = ("_is_current_pin_satisfying", "_remove_information_from_criteria", "_push_new_state", "resolve")


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

    assert sorted(overridden) == ["__init__", "_is_current_pin_satisfying", "_remove_information_from_criteria"]


def test_resolvelib_still_keeps_a_pin_that_was_unseated() -> None:
    roots = [Asked(name, 9) for name in ("x", "p", "q")]

    found = Resolver(Provider(), BaseReporter()).resolve(roots)

    # Where this fails, `d` is chosen: then resolvelib forgets such a pin itself, and the override can go.
    assert {name: chosen.number for name, chosen in found.mapping.items()} == {"x": 2, "p": 1, "q": 1}
