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

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, cast

from resolvelib import BaseReporter
from resolvelib.resolvers import RequirementsConflicted, Resolution, ResolutionImpossible, ResolutionTooDeep
from resolvelib.resolvers.criterion import Criterion
from resolvelib.structs import RequirementInformation, State, build_iter_view

from lockenv.resolve.engine_interface import SearchGaveUp, most_rounds
from lockenv.resolve.persistent_dict import PersistentDict
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lockenv.resolve.provider import Preference, Provider
    from lockenv.resolve.resolvelib_types import Choice, Need
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Progress

_PROMOTED_AFTER = 5
_MOST_REJECTED = 4
_MOST_ROUNDS = 50_000


class Search(Resolution["Need", "Choice", "NormalizedName"]):
    """One run of resolvelib over one region."""

    def __init__(self, provider: Provider, progress: Progress, patience: int, *, keeps_direct: bool = False) -> None:
        self.budget = Budget(provider, progress, patience)
        # It asks of a provider what this one has; a class of resolvelib would load it for every lock.
        super().__init__(cast("Any", provider), self.budget)
        self._provider = provider
        self._keeps_direct = keeps_direct
        self.has_kept = False
        """Whether a release was rejected for the sake of a direct requirement alone."""
        self._checked: dict[NormalizedName, tuple[object, object, bool]] = {}
        self._open: set[NormalizedName] = set()
        """The projects that are wanted and have no pin that satisfies all requirements."""
        self._queue: list[tuple[Preference, NormalizedName]] = []
        """The open projects as a heap, the preferred first; entries that are out of date are among them."""

    def run(self) -> dict[NormalizedName, Choice]:
        """Return the choices, some of which may turn out not to be needed.

        Raises SearchGaveUp, and Split and ChangedMetadata as the provider does.
        """
        try:
            state = self.resolve(self._provider.roots(), max_rounds=_MOST_ROUNDS)
        except (ResolutionImpossible, ResolutionTooDeep) as error:
            raise SearchGaveUp from error
        return dict(state.mapping)

    def resolve(self, requirements: Iterable[Need], max_rounds: int) -> State[Need, Choice, NormalizedName]:
        """Pin one project after the other until every requirement is met.

        As resolvelib does, which looks at each project twice in each round; here, at those that a pin concerns.
        """
        self._begin(requirements)
        self._look_at_all()
        for index in range(max_rounds):
            self._r.starting_round(index=index)
            name = self._preferred()
            if name is None:
                return self.state
            causes = self._attempt_to_pin_criterion(name)
            if causes:
                self._go_back(self._extract_causes(causes))
                self._look_at_all()
            else:
                self._look_at_pinned(name)
                self._push_new_state()
        raise ResolutionTooDeep(max_rounds)

    def _begin(self, requirements: Iterable[Need]) -> None:
        """Make the first state, in which only what the project requires is known."""
        mapping: PersistentDict[NormalizedName, Choice] = PersistentDict()
        criteria: PersistentDict[NormalizedName, Criterion[Need, Choice]] = PersistentDict()
        # To resolvelib these are dictionaries; it copies, reads and changes them, and `popitem` takes the last pin.
        self._states = [State(cast("Any", mapping), cast("Any", criteria), [])]
        for requirement in requirements:
            try:
                self._add_to_criteria(self.state.criteria, requirement, parent=None)
            except RequirementsConflicted as error:
                raise ResolutionImpossible(error.criterion.information) from error
        # The first state stays as it is, so that the first pin can be taken back.
        self._push_new_state()

    def _go_back(self, causes: list[RequirementInformation[Need, Choice]]) -> None:
        """Take back pins after a conflict, as resolvelib does. Raises ResolutionImpossible where none is left."""
        self._r.resolving_conflicts(causes=causes)
        try:
            is_back = self._backjump(causes)
        except ResolutionImpossible:
            if not self._save_states:
                raise
            is_back = False
        if not is_back and self._save_states:
            # It went back too far in the hope of a shorter way; from here on it goes back step by step.
            self._rollback_states()
            return
        self.state.backtrack_causes[:] = causes
        if not is_back:
            raise ResolutionImpossible(causes)

    def _look_at_all(self) -> None:
        self._open = {name for name, criterion in self.state.criteria.items() if not self._is_met(name, criterion)}
        self._queue = [(self._provider.preference(name, self.state.criteria[name]), name) for name in self._open]
        heapify(self._queue)

    def _look_at_pinned(self, name: NormalizedName) -> None:
        """Note what a pin changes: for its own project, those that it requires, and those whose pins it unseats."""
        mapping, criteria, _ = self._states[-1]
        wanted = {need.name for need in mapping[name].needs or ()}
        unseated = [
            each
            for each in wanted
            if each not in self._open and each in mapping and not self._is_met(each, criteria[each])
        ]
        changed = {name, *wanted}
        for each in unseated:
            changed.update(need.name for need in mapping[each].needs or ())
        self._remove_information_from_criteria(criteria, unseated)
        for each in changed:
            self._look_at(each)

    def _look_at(self, name: NormalizedName) -> None:
        criterion = self._states[-1].criteria[name]
        if self._is_met(name, criterion):
            self._open.discard(name)
        else:
            self._open.add(name)
            heappush(self._queue, (self._provider.preference(name, criterion), name))

    def _preferred(self) -> NormalizedName | None:
        """Return the project to decide next; None where all are decided."""
        queue, criteria = self._queue, self.state.criteria
        while queue:
            preference, name = queue[0]
            if name in self._open and preference == self._provider.preference(name, criteria[name]):
                return name
            heappop(queue)
        return None

    def _add_to_criteria(
        self, criteria: dict[NormalizedName, Criterion[Need, Choice]], requirement: Need, parent: Choice | None
    ) -> None:
        """Add a requirement to those on its project, as resolvelib does, without its views of all of them."""
        name = requirement.name
        known, added = criteria.get(name), RequirementInformation(requirement, parent)
        information = [*known.information, added] if known else [added]
        refused = known.incompatibilities if known else []
        needs = tuple([each.requirement for each in information])
        found = Criterion(build_iter_view(self._provider.matches(name, needs, refused)), information, refused)
        has_match = self._provider.has_match(name, needs, refused)
        if not has_match or (parent is not None and self._unseats_direct(requirement, parent)):
            raise RequirementsConflicted(found)
        criteria[name] = found

    def _unseats_direct(self, requirement: Need, parent: Choice) -> bool:
        """Return whether a release that the project does not require itself would lower one that it does require."""
        name, provider = requirement.name, self._provider
        if not self._keeps_direct or name not in provider.direct or parent.name in provider.direct:
            return False
        pin = self.state.mapping.get(name)
        if pin is None or requirement.mask >> pin.position & 1 or name in provider.region.locked:
            return False
        self.has_kept = True
        return True

    def _remove_information_from_criteria(
        self, criteria: dict[NormalizedName, Criterion[Need, Choice]], parents: Collection[NormalizedName]
    ) -> None:
        """Forget pins that were unseated, and what they require: resolvelib keeps the pins, and looks at everything."""
        for parent in parents:
            for name in _needed(self.state.mapping[parent]):
                known = criteria[name]
                left = [each for each in known.information if each.parent is None or each.parent.name != parent]
                criteria[name] = Criterion(known.candidates, left, known.incompatibilities)
        for parent in parents:
            del self.state.mapping[parent]

    def _is_met(self, name: NormalizedName, criterion: Criterion[Need, Choice]) -> bool:
        """Return whether a project has a pin that satisfies all requirements."""
        pin = self._states[-1].mapping.get(name)
        if pin is None:
            return False
        known = self._checked.get(name)
        if known is not None and known[0] is criterion and known[1] is pin:
            return known[2]
        fits = self._provider.holds(tuple([each.requirement for each in criterion.information]), pin)
        self._checked[name] = (criterion, pin, fits)
        return fits


def _needed(choice: Choice) -> dict[NormalizedName, None]:
    """Return the projects that a release requires, each once."""
    return dict.fromkeys(need.name for need in choice.needs or ())


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
        if self.rounds > most_rounds(len(self._provider.seen)):
            raise SearchGaveUp

    def pinning(self, candidate: Choice) -> None:
        """Report what was chosen."""
        if self._progress is not SILENT:
            packages = counted(len(self._provider.seen), "package")
            self._progress.advance(note=f"{packages}: {self._title(candidate)}")
        if (report := self._provider.model.report) is not None:
            report(f"chose {self._title(candidate)}")

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
