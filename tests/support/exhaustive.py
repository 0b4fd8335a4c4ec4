"""A second engine that tries everything: exponential, complete, for universes of a few releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve.engine_interface import Assignment, NoSolution, Region
from lockenv.resolve.environment_forks import UnmetRequirement, propagate, stays
from lockenv.resolve.version_sets import positions
from tests.support.plain import explain

if TYPE_CHECKING:
    from lockenv.resolve.model import Model
    from lockenv.vocabulary.names import NormalizedName


def exhaust(region: Region, model: Model) -> Assignment | NoSolution:
    """Return the first choice that holds in the region, newest versions first; where none does, where to divide it."""
    found = _search(region, model, {})
    return explain(region, model) if found is None else Assignment(positions=found)


def _search(region: Region, model: Model, chosen: dict[NormalizedName, int]) -> dict[NormalizedName, int] | None:
    reaches = propagate(region.roots, chosen, model)
    if not isinstance(reaches, UnmetRequirement):
        return {name: chosen[name] for name in reaches} if stays(region, reaches, chosen, model) else None
    if not reaches.is_missing:
        return None
    for position in positions(model.candidates(reaches.name).full):
        found = _search(region, model, {**chosen, reaches.name: position})
        if found is not None:
            return found
    return None
