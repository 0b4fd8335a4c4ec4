"""The fewest requirements of the project that exclude each other.

Duty: leave out, one by one, the requirements of the project without which a region fails as well. In: a failed region,
the answer about it, and the engine that gave it. Out: an answer of the same kind, about fewer requirements. Never: a
project that took no part in the failure, so that little more has to be read.

What fails although requirements are left out fails with them, too. So a search of a part of the question is proof
enough.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.resolve.bounded_catalog import BoundedCatalog, SearchBudget, TooMuchAsked
from lockenv.resolve.engine_interface import NoSolution, Region

if TYPE_CHECKING:
    from lockenv.resolve.engine_interface import Engine
    from lockenv.resolve.model import Model

_MOST_REQUIREMENTS: Final = 8
_MOST_STEPS: Final = 1000
"""What the searches may read that was not read yet, and decide: see SearchBudget."""


def with_fewest_requirements(region: Region, failure: NoSolution, model: Model, engine: Engine) -> NoSolution:
    """Return why `region` has no solution with as few requirements of the project as can be left.

    As far as little has to be read for it, no requirement that is left could be left out too. Which ones are left
    depends on their order alone.
    """
    if len(failure.roots) > _MOST_REQUIREMENTS:
        return failure
    budget = SearchBudget(_MOST_STEPS)
    catalog = BoundedCatalog(model.catalog, budget)
    try:
        return _reduced(region, failure, model.within(failure.names, catalog, budget.decided), engine)
    except TooMuchAsked:
        return failure


def _reduced(region: Region, failure: NoSolution, model: Model, engine: Engine) -> NoSolution:
    for root in failure.roots:
        rest = tuple(each for each in failure.roots if each is not root)
        if len(rest) == len(failure.roots) or not rest:
            continue  # an answer about fewer requirements has left it out already
        found = engine(Region(env=region.env, roots=rest, locked={}), model)
        if isinstance(found, NoSolution) and not found.separators and found.roots:
            failure = found
    return failure
