"""The first engine: resolvelib, with its faults worked round and its effort bounded.

Duty: solve one region or stop early. In: a Provider. Out: the choices by name, or SearchGaveUp. Never: more than one
region, an explanation (resolvelib knows only the last failure, not the chain that led to it).

Three things differ from `resolvelib.Resolver`:

- A pin that is unseated is forgotten. resolvelib drops what it contributed and keeps the pin; when the requirement that
  unseated it goes away, such a pin counts as satisfied while its dependencies are missing.
- The pin check and the preference, asked for every name in every round, are memoised on the identity of the criterion.
- The graph is not built: its search for a route to the root does not end on some cycles.

docs/decisions/0033 says which private parts this depends on, and what holds them to the releases that were tested.

Explained in docs/resolver.md, "The first engine".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolvelib import BaseReporter
from resolvelib.resolvers import Resolution, ResolutionImpossible, ResolutionTooDeep

from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from resolvelib.resolvers.criterion import Criterion
    from resolvelib.structs import RequirementInformation

    from lockenv.resolve.provider import Provider
    from lockenv.resolve.resolvelib_types import Choice, Need
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Progress

PATIENCE = 20
"""As many conflicts as the first engine may meet in a region before the second is asked."""
_PROMOTED_AFTER = 5
_MOST_REJECTED = 4
_MOST_ROUNDS = 50_000


class SearchGaveUp(Exception):  # noqa: N818  # it is an answer to the driver, not an error
    """The first engine found no solution; whether there is one, it does not know."""


class Search(Resolution["Need", "Choice", "NormalizedName"]):
    """One run of resolvelib over one region."""

    def __init__(self, provider: Provider, progress: Progress, patience: int) -> None:
        self.budget = Budget(provider, progress, patience)
        super().__init__(provider, self.budget)
        self._provider = provider
        provider.criteria = lambda: self.state.criteria
        self._checked: dict[NormalizedName, tuple[object, object, bool]] = {}

    def run(self) -> dict[NormalizedName, Choice]:
        """Return the choices, some of which may turn out not to be needed.

        Raises SearchGaveUp, and Split and ChangedMetadata as the provider does.
        """
        try:
            state = self.resolve(self._provider.roots(), max_rounds=_MOST_ROUNDS)
        except (ResolutionImpossible, ResolutionTooDeep) as error:
            raise SearchGaveUp from error
        finally:
            # The states are large, and would otherwise live in a cycle with the provider.
            self._states, self._provider.criteria = [], dict
        return dict(state.mapping)

    def _remove_information_from_criteria(
        self, criteria: dict[NormalizedName, Criterion[Need, Choice]], parents: Collection[NormalizedName]
    ) -> None:
        super()._remove_information_from_criteria(criteria, parents)
        for name in parents:
            self.state.mapping.pop(name, None)

    def _is_current_pin_satisfying(self, name: NormalizedName, criterion: Criterion[Need, Choice]) -> bool:
        pin = self._states[-1].mapping.get(name)
        if pin is None:
            return False
        known = self._checked.get(name)
        if known is not None and known[0] is criterion and known[1] is pin:
            return known[2]
        fits = self._provider.holds(tuple(criterion.iter_requirement()), pin)
        self._checked[name] = (criterion, pin, fits)
        return fits


class Budget(BaseReporter["Need", "Choice", "NormalizedName"]):
    """Counts what a run costs, and stops it."""

    def __init__(self, provider: Provider, progress: Progress, patience: int) -> None:
        self.rounds = 0
        self.conflicts = 0
        self._provider = provider
        self._progress = progress
        self._patience = patience
        self._blamed: dict[NormalizedName, int] = {}
        self._rejected: dict[NormalizedName, int] = {}

    def rejecting_candidate(self, criterion: Criterion[Need, Choice], candidate: Choice) -> None:  # noqa: ARG002
        """Stop where one release after the other is rejected: the second engine learns what they have in common."""
        self._rejected[candidate.name] = self._rejected.get(candidate.name, 0) + 1
        if (report := self._provider.model.report) is not None:
            report(f"rejected {self._title(candidate)}: what it requires does not fit what is chosen")
        if self._rejected[candidate.name] > _MOST_REJECTED:
            raise SearchGaveUp

    def starting_round(self, index: int) -> None:
        """Stop pins that unseat each other for ever: that is no conflict, so only the rounds show it."""
        self.rounds = index + 1
        if index > 100 + 3 * len(self._provider.seen):
            raise SearchGaveUp

    def pinning(self, candidate: Choice) -> None:
        """Report what was chosen."""
        version = self._provider.model.candidates(candidate.name).versions[candidate.position]
        packages = counted(len(self._provider.seen), "package")
        self._progress.advance(note=f"{packages}: {candidate.name} {version}")
        if (report := self._provider.model.report) is not None:
            report(f"chose {candidate.name} {version}")

    def resolving_conflicts(self, causes: Collection[RequirementInformation[Need, Choice]]) -> None:
        """Count a conflict, and promote the projects that keep being blamed."""
        self.conflicts += 1
        if (report := self._provider.model.report) is not None:
            report(f"conflict over {', '.join(dict.fromkeys(map(self._cause, causes)))}")
        if self.conflicts > self._patience:
            raise SearchGaveUp
        blamed: Mapping[NormalizedName, None] = dict.fromkeys(cause.requirement.name for cause in causes)
        for name in blamed:
            self._blamed[name] = self._blamed.get(name, 0) + 1
            if self._blamed[name] == _PROMOTED_AFTER:
                self._provider.promote(name)

    def _title(self, choice: Choice) -> str:
        return f"{choice.name} {self._provider.model.candidates(choice.name).versions[choice.position]}"

    def _cause(self, cause: RequirementInformation[Need, Choice]) -> str:
        by = "the project" if cause.parent is None else self._title(cause.parent)
        return f"{cause.requirement.name} (required by {by})"
