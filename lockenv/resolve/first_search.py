"""The runs of the first engine over one region: at first none may hold back what the project itself requires.

Duty: run the first engine once, or a second time without that rule, and say which answer counts. In: a Provider. Out:
positions. Never: more than one region.

Where nothing conflicts, `straight_search` has the answer of the first run, and resolvelib is not even loaded.

resolvelib takes a pin back when a later pin excludes it. So a release deep in the graph would hold back a direct
requirement, though an older release of it would not. At first, such a release is rejected, as if it could not be
chosen. Where that is the cause of conflicts, or of too many rejections, the search runs again without it: it may be
that one direct requirement gains what another one loses.

Explained in docs/resolver.md, "The first engine".
"""

from __future__ import annotations

from lockenv.resolve.engine_interface import SearchGaveUp
from lockenv.resolve.straight_search import StraightSearch
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockenv.resolve import resolvelib_engine
    from lockenv.resolve.provider import Provider
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Progress

    Choice = Mapping[NormalizedName, int]
    Spent = Callable[[int, int], None]
    """Hears how many rounds and conflicts a run took, also of one that was stopped."""
else:
    resolvelib_engine = late("lockenv.resolve.resolvelib_engine")


def chosen(provider: Provider, progress: Progress, patience: int, spent: Spent) -> Choice:
    """Return the position of the release chosen for each project, some of which may turn out not to be needed.

    Raises SearchGaveUp, Split, ChangedMetadata and UnreadableSdist as `Search.run` does.
    """
    straight = StraightSearch(provider, progress)
    found = _straight(straight, spent)
    if found is not None:
        return found
    kept: Choice | None = None
    if straight.is_rejecting:
        if not straight.has_kept:
            raise SearchGaveUp
    else:
        provider = provider.again()
        search = resolvelib_engine.Search(provider, progress, patience, keeps_direct=True)
        try:
            kept = _run(search, spent)
        except SearchGaveUp:
            if not search.has_kept:
                raise
        if kept is not None and not (search.has_kept and search.budget.conflicts):
            return kept
    if (report := provider.model.report) is not None:
        report("searching again: what the project itself requires may be held back")
    found = _run(resolvelib_engine.Search(provider.again(), progress, patience), spent)
    if kept is None or any(name in found and kept.get(name, 0) > found[name] for name in provider.direct):
        return found
    return kept


def _straight(search: StraightSearch, spent: Spent) -> Choice | None:
    """Run the search that never goes back; what it took counts where resolvelib does not begin again."""
    found = None
    begins_again = False
    try:
        found = search.run()
        begins_again = found is None and not search.is_rejecting
    finally:
        if not begins_again:
            spent(search.rounds, 0)
    return found


def _run(search: resolvelib_engine.Search, spent: Spent) -> Choice:
    try:
        return {name: choice.position for name, choice in search.run().items()}
    finally:
        spent(search.budget.rounds, search.budget.conflicts)
