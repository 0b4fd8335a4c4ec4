from __future__ import annotations

import pytest

from lockenv.resolve.caps import without_cap
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.manifest import StatedMetadata
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pin import Resolution, Unsolvable
from tests.support.universe import MemoryCatalog, Universe, manifest

PYTHON = ">=3.13,<3.14"


def capped(*requires: str, python: str = ">=3.9,<3.13") -> dict[str, dict[str, object]]:
    return {"1": {"requires": list(requires), "requires_python": python}}


def test_refusal_names_every_release_whose_cap_is_in_the_way_and_the_setting_for_all() -> None:
    universe: Universe = {
        "a": capped("b", "d"),
        "b": capped("c"),
        "c": capped(python="<3.13,>=3.9"),
        "d": capped(python=">=3.9"),
    }

    found = solve(problem(manifest("a", requires_python=PYTHON)), MemoryCatalog(universe))

    assert isinstance(found, Unsolvable)
    assert found.reasons[-1] == "b 1 and c 1 need Python <3.13,>=3.9 too"
    stated = ", ".join(f'{{ name = "{name}", version = "1", requires-python = ">=3.9" }}' for name in "abc")
    assert found.hints[-1].endswith(f"override it in [tool.lockenv]: `dependency-metadata = [{stated}]`")


def test_pythons_that_the_project_states_hold_whatever_newer_releases_declare() -> None:
    universe: Universe = {
        "a": {"1": {"requires": ["b<2"]}},
        "b": {"1": {"requires_python": ">=3.9"}, "2": {"requires_python": "<3.13"}},
    }
    asked = manifest("a", requires_python=PYTHON)
    stated = StatedMetadata(name=normalize("b"), version="1", requires_python=">=3")

    refused = solve(problem(asked), MemoryCatalog(universe))
    found = solve(problem(replace(asked, stated=(stated,))), MemoryCatalog(universe))

    assert isinstance(refused, Unsolvable)
    assert refused.hints[-1].endswith(
        '`dependency-metadata = [{ name = "b", version = "1", requires-python = ">=3.9" }]`'
    )
    assert isinstance(found, Resolution)
    assert [(pin.name, pin.version) for pin in found.pins] == [("a", "1"), ("b", "1")]


def test_cap_is_not_offered_to_be_stated_away_where_that_is_no_help() -> None:
    universe: Universe = {"a": capped("b>=2"), "b": {"1": {}}}

    found = solve(problem(manifest("a", requires_python=PYTHON)), MemoryCatalog(universe))

    assert isinstance(found, Unsolvable)
    assert "dependency-metadata" not in " ".join(found.hints)


@pytest.mark.parametrize(
    ("declared", "lifted"),
    [
        (">=3.9,<3.13", ">=3.9"),
        ("~=3.9", ">=3.9"),
        ("==3.9.*, !=3.9.2", ">=3.9,!=3.9.2"),
        ("<4", ">=3"),
        (">3.8, <=3.12", ">3.8"),
    ],
)
def test_only_upper_bounds_are_taken_away(declared: str, lifted: str) -> None:
    assert without_cap(declared) == lifted
