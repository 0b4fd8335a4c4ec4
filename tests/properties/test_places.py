"""Random universes in which projects have another source in some environments: each is served by its own."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary import markers
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Resolution
from tests.support.oracle import environments
from tests.support.universe import PlacedCatalog, manifest

NAMES = "abcd"
MARKERS = (
    "sys_platform == 'linux'",
    "sys_platform == 'win32'",
    "sys_platform == 'darwin'",
    "python_version < '3.11'",
    "platform_machine == 'arm64'",
)
Tables = dict[str, dict[str, Any]]


def world(seed: int) -> tuple[PlacedCatalog, list[str]]:
    dice = random.Random(seed)

    def requirement(name: str) -> str:
        operator, marker = dice.choice(("", "", ">=", "<", "==")), dice.choice(("", "", "", dice.choice(MARKERS)))
        return f"{name}{operator}{dice.randint(1, 3) if operator else ''}" + (f" ; {marker}" if marker else "")

    def releases(name: str) -> Tables:
        return {
            str(version): {
                "requires": [requirement(other) for other in NAMES if other != name and dice.random() < 0.25]
            }
            for version in dice.sample((1, 2, 3), dice.randint(1, 3))
        }

    universe = {name: releases(name) for name in NAMES}
    placed = {}
    for name in dice.sample(NAMES, dice.randint(1, 2)):
        where = markers.parse(dice.choice(MARKERS))
        placed[name] = [(where, releases(name)), (~where, releases(name))]
    return PlacedCatalog(universe, placed), [requirement(name) for name in dice.choices(NAMES, k=3)]


def lock(catalog: PlacedCatalog, roots: list[str], patience: int, old: Resolution | None = None) -> Resolution | None:
    posed = problem(
        manifest(*roots, requires_python=">=3.9,<3.14"),
        locked=old.pins if old else (),
        left_out=old.uncovered if old else (),
    )
    found = solve(posed, catalog, patience=patience)
    return found if isinstance(found, Resolution) else None


def entries(found: Resolution | None) -> set[tuple[str, str, str, str]]:
    pins = found.pins if found else ()
    return {
        (pin.name, pin.version, pin.index, marker_text(pin.marker, assuming=found.universe)) for pin in pins if found
    }


@pytest.mark.parametrize("patience", [-1, 20])
def test_each_environment_is_served_by_its_own_source(patience: int) -> None:
    locked = 0
    for seed in range(100):
        catalog, roots = world(seed)
        found = lock(catalog, roots, patience)
        if found is None:
            continue
        locked += 1
        for pin in found.pins:
            for number, (where, _) in enumerate(catalog.tables.get(pin.name, ())):
                at = [one for one in environments() if where.evaluate(one) and pin.marker.evaluate(one)]
                assert not at or pin.index == f"https://index.example/{number}/", seed
        assert entries(lock(catalog, roots[::-1], patience)) == entries(found), seed
        assert entries(lock(catalog, roots, patience, found)) == entries(found), seed
    assert locked > 20
