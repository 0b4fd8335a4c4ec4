"""What a refusal says is true: random universes, and what is left of the problem when only what it names is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.resolve.pubgrub import engine
from lockenv.resolve.solve import solve
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Unsolvable
from tests.properties.random_universes import case, posed
from tests.support.universe import MemoryCatalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.resolve.problem import Problem
    from tests.properties.random_universes import Case

PARTS = ("sys_platform == 'linux'", "sys_platform == 'win32'", "python_version < '3.11'", "python_version >= '3.12'")


def refusals(seeds: range) -> Iterator[tuple[int, Case, Problem, Unsolvable]]:
    for seed in seeds:
        one = case(seed)
        problem = posed(one)
        found = solve(problem, MemoryCatalog(one.universe), engine=engine, patience=one.patience)
        if isinstance(found, Unsolvable) and not any("are not covered" in reason for reason in found.reasons):
            yield seed, one, problem, found


@pytest.mark.parametrize("batch", range(6))
def test_what_a_refusal_names_fails_by_itself_in_every_part_of_the_environments(batch: int) -> None:
    untrue = []
    for seed, one, problem, found in refusals(range(batch * 40, batch * 40 + 40)):
        where = problem.universe & (markers.parse(found.environment) if found.environment else markers.ALWAYS)
        named = replace(
            problem,
            roots=tuple(rule for rule in problem.roots if rule.origin in found.origins),
            constraints=tuple(rule for rule in problem.constraints if rule.origin in found.origins),
        )
        parts = (where, *(where & markers.parse(text) for text in PARTS))
        untrue += [
            (seed, marker_text(part))
            for part in parts
            if part is not markers.NEVER
            and not isinstance(solve(replace(named, universe=part), MemoryCatalog(one.universe)), Unsolvable)
        ]

    assert untrue == []


def test_refusals_end_in_their_conclusion_and_are_short() -> None:
    odd = [
        (seed, found.reasons)
        for seed, _, _, found in refusals(range(1000, 1100))
        if not found.reasons[-1].endswith("your requirements cannot be satisfied")
        or len(found.reasons) > 25
        or len(set(found.origins)) != len(found.origins)
        or not found.origins
    ]

    assert odd == []


def test_reasons_do_not_depend_on_the_order_of_requirements() -> None:
    reported = [(found.reasons, posed(one, reverse=True), one) for _, one, _, found in refusals(range(2000, 2060))]

    again = [
        solve(problem, MemoryCatalog(one.universe), engine=engine, patience=one.patience)
        for _, problem, one in reported
    ]

    assert [found.reasons for found in again if isinstance(found, Unsolvable)] == [
        reasons for reasons, _, _ in reported
    ]
