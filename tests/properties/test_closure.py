"""The checker against the judge, on sound locks that something happened to."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING

import pytest

from lockenv.resolve.closure import Proof, check
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.markers import marker_text
from tests.properties.random_universes import MARKERS, answer, case, posed
from tests.support.exhaustive import exhaust
from tests.support.oracle import environments, lock_faults
from tests.support.universe import MemoryCatalog

if TYPE_CHECKING:
    from lockenv.vocabulary.pin import Pin
    from tests.properties.random_universes import Case


def damaged(pins: tuple[Pin, ...], case: Case, dice: random.Random) -> list[Pin]:
    """Return the pins with one of them left out, twice there, moved to another version, or elsewhere."""
    rest = list(pins)
    victim = rest.pop(dice.randrange(len(rest)))
    other = markers.parse(dice.choice(MARKERS))
    releases = MemoryCatalog(case.universe).releases(victim.name)
    assert releases is not None
    version = dice.choice(list(releases.versions))
    position = list(releases.versions).index(version)
    metadata = MemoryCatalog(case.universe).metadata(victim.name, position)
    moved = replace(
        victim,
        version=version,
        wheels=tuple(releases.wheels(position)),
        sdist=releases.sdist(position),
        requires=getattr(metadata, "requires", ()),
        requires_python=getattr(metadata, "requires_python", ""),
    )
    changed = dice.choice(
        (
            [],
            [moved],
            [victim, replace(moved, marker=other)],
            [replace(victim, marker=victim.marker & other)],
            [replace(victim, marker=victim.marker | other)],
            [replace(victim, marker=victim.marker & other), replace(moved, marker=victim.marker & ~other)],
        )
    )
    return [*rest, *(pin for pin in changed if pin.marker is not markers.NEVER)]


@pytest.mark.parametrize("batch", range(8))
def test_checker_finds_fault_exactly_where_the_judge_does(batch: int) -> None:
    for seed in range(batch * 60, batch * 60 + 60):
        given = case(seed)
        problem = posed(given)
        found = answer(given, exhaust)
        if found is None or not found.pins or found.universe is not problem.universe:
            continue
        pins = damaged(found.pins, given, random.Random(seed))
        entries = [(pin.name, pin.version, marker_text(pin.marker, assuming=problem.universe)) for pin in pins]
        world = dataclasses.replace(given.world(), has_caps=False)

        verdict = check(pins, problem)

        faults = () if isinstance(verdict, Proof) else verdict
        assert {
            (number, selection)
            for number in world.covered()
            for selection in world.selections()
            if any(
                fault.where.evaluate(
                    environments()[number],
                    extras=[name for kind, name in selection if kind == "extra"],
                    groups=[name for kind, name in selection if kind == "group"],
                )
                for fault in faults
            )
        } == lock_faults(world, entries).keys(), f"seed {seed}"
