"""Random universes in which projects have another source in some environments: each is served by its own."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.index.placed import Part, PlacedReleases
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary import markers
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Resolution
from tests.support.oracle import environments
from tests.support.universe import MemoryCatalog, MemoryReleases, manifest

if TYPE_CHECKING:
    from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName

NAMES = "abcd"
MARKERS = (
    "sys_platform == 'linux'",
    "sys_platform == 'win32'",
    "sys_platform == 'darwin'",
    "python_version < '3.11'",
    "platform_machine == 'arm64'",
)
Tables = dict[str, dict[str, Any]]


class PlacedCatalog(MemoryCatalog):
    """A universe in which some projects have two sources, each where its marker holds."""

    def __init__(self, universe: dict[str, Tables], placed: dict[str, list[tuple[Marker, Tables]]]) -> None:
        super().__init__(universe)
        self.tables = placed
        self.merged = {
            name: PlacedReleases([Part(where, self._source(name, at, own)) for at, (where, own) in enumerate(sources)])
            for name, sources in placed.items()
        }

    @staticmethod
    def _source(name: str, number: int, tables: Tables) -> Any:
        return MemoryReleases(name, tables, index=f"https://index.example/{number}/")

    def releases(self, name: NormalizedName) -> Any:
        return self.merged.get(name) or super().releases(name)

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        if name not in self.merged:
            return super().metadata(name, position)
        part, inner = self.merged[name].row(position)
        own = next(tables for where, tables in self.tables[name] if where is part.where)
        return MemoryCatalog({name: own}).metadata(name, inner)


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
