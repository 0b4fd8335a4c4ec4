"""Random universes some releases of which must be built: chosen as if they required nothing, and all asked for."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lockenv.resolve.problem import meant
from lockenv.resolve.solve import solve
from lockenv.vocabulary.pin import NeedsPermission, Resolution
from lockenv.vocabulary.wheeltags import covered_by
from tests.properties.random_universes import Case, case, posed
from tests.support.universe import MemoryCatalog

if TYPE_CHECKING:
    from lockenv.vocabulary.markers import Marker

Releases = set[tuple[str, str]]


def unbuilt(seed: int) -> tuple[Case, Case, Releases]:
    """Return a case in which some releases must be built, the same where these require nothing, and which they are."""
    dice, found = random.Random(f"unbuilt {seed}"), case(seed)
    marked = {(name, version) for name, some in found.universe.items() for version in some if dice.random() < 0.3}

    def with_tables(table: dict[str, Any]) -> Case:
        universe = {
            name: {
                version: {"wheel": False, **({"yanked": True} if "yanked" in old else {}), **table}
                if (name, version) in marked
                else old
                for version, old in some.items()
            }
            for name, some in found.universe.items()
        }
        return replace(found, universe=universe)

    return with_tables({"needs_build": True}), with_tables({}), marked


def _without_wheel(found: Resolution, where: Marker) -> Releases:
    """Return what is needed in `where` and has wheels, but none for any environment that it is locked for."""
    return {
        (str(pin.name), pin.version)
        for pin in found.pins
        if pin.wheels and covered_by(wheel.filename for wheel in pin.wheels).disjoint(pin.marker & found.universe)
        if not pin.marker.disjoint(where)
    }


def disagreement(seed: int) -> str:
    """Return how the answers differ from what they should be; empty where they do not."""
    must_be_built, bare, marked = unbuilt(seed)
    problem = posed(must_be_built)
    found = solve(problem, MemoryCatalog(must_be_built.universe), patience=must_be_built.patience)
    expected = solve(posed(bare), MemoryCatalog(bare.universe), patience=bare.patience)
    if not isinstance(expected, Resolution):
        return "" if type(found) is type(expected) else "another kind of answer"
    chosen = {(str(pin.name), pin.version): pin.marker for pin in expected.pins}
    needed = {one for one in chosen if one in marked and not chosen[one].disjoint(meant(problem))}
    if isinstance(found, NeedsPermission):
        named = {(str(one.name), one.version) for one in found.packages}
        needed |= _without_wheel(expected, meant(problem))
        return "" if named == needed else f"asks for {sorted(named)}, needs {sorted(needed)}"
    if not isinstance(found, Resolution) or needed:
        return f"does not ask for {sorted(needed)}"
    locked = {(str(pin.name), pin.version) for pin in found.pins}
    if locked & marked or not locked <= set(chosen):
        return f"locks {sorted(locked)}, chosen are {sorted(chosen)}"
    lost = problem.universe & ~found.universe
    return "" if lost.disjoint(meant(problem)) or expected.universe.disjoint(lost & meant(problem)) else "loses usual"
