"""A search that never goes back: it pins one project after the other, and stops at the first conflict.

Duty: find the answer of the first engine where that meets no conflict, as in most projects. In: a Provider. Out: the
choices by name, or None. Never: another answer than `resolvelib_engine` has, more than one region.

It does what that engine does, in the same order, without the states and the views that resolvelib needs to go back. So
where it stops, the engine begins again and meets the same conflict. What is reported of a run that was stopped is not
reported: the engine reports it. Only where one release after the other was rejected, the engine would stop, too.

Explained in docs/resolver.md, "The first engine".
"""

from __future__ import annotations

try:
    from _bisect import insort_right  # where `bisect` has it from: one module less
except ImportError:
    from bisect import insort_right

from lockenv.resolve.engine_interface import most_rounds
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.progress import SILENT

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockenv.resolve.provider import Provider
    from lockenv.resolve.resolvelib_types import Choice, Demand, Need
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Progress

_MOST_REJECTED = 4


class _Wanted:
    """What is required of a project at some moment. Never changed but for what is remembered of its pin."""

    __slots__ = ("checked", "demand", "fits", "learned", "listing", "parents", "preference")

    def __init__(self, demand: Demand, parents: tuple[NormalizedName | None, ...], listing: Demand) -> None:
        self.demand = demand
        self.parents = parents
        """Whose release has each of the needs in `demand`; None for the project that is locked."""
        self.listing = listing
        """The needs by which releases are listed: after a pin was unseated, still with what that required."""
        self.preference = 0
        """The least is decided next."""
        self.learned = -1
        """How much metadata had said otherwise than pages when a release was last found to match."""
        self.checked: Choice | None = None
        """The pin that was compared with `demand`, and whether it `fits`."""
        self.fits = False


class StraightSearch:
    """One run over one region."""

    def __init__(self, provider: Provider, progress: Progress) -> None:
        self.rounds = 0
        self.is_rejecting = False
        """Whether it stopped where resolvelib stops, too: one release after the other was rejected."""
        self.has_kept = False
        """Whether a release was rejected for the sake of a direct requirement alone."""
        self._provider = provider
        self._progress = progress
        self._wanted: dict[NormalizedName, _Wanted] = {}
        self._pins: dict[NormalizedName, Choice] = {}
        self._open: set[NormalizedName] = set()
        """The projects that are wanted and have no pin that satisfies all requirements."""
        self._queue: list[tuple[int, NormalizedName]] = []
        """The open projects, the preferred first; entries that are out of date are among them."""
        self._rejected: dict[NormalizedName, int] = {}
        self._said: list[str] = []

    def run(self) -> dict[NormalizedName, int] | None:
        """Return the position of the release chosen for each project, some of which may turn out not to be needed.

        None where something conflicts. Raises Split, ChangedMetadata and UnreadableSdist as the provider does.
        """
        wanted = self._with(self._provider.roots(), None)
        if wanted is None:
            return None
        self._wanted = wanted
        self._open = set(wanted)
        self._queue = sorted((each.preference, name) for name, each in wanted.items())
        try:
            found = self._pinned()
        except Exception:
            self._report()  # Split and the like: the engine would have come here by the same way
            raise
        if found or self.is_rejecting:
            self._report()
        return {name: choice.position for name, choice in self._pins.items()} if found else None

    def _pinned(self) -> bool:
        """Pin one project after the other until every requirement is met; return whether none conflicts."""
        while True:
            self.rounds += 1
            if self.rounds > most_rounds(len(self._provider.seen)):
                return False
            name = self._preferred()
            if name is None:
                return True
            if not self._pin(name):
                return False

    def _preferred(self) -> NormalizedName | None:
        """Return the project to decide next; None where all are decided."""
        queue = self._queue
        while queue:
            preference, name = queue[0]
            if name in self._open and preference == self._wanted[name].preference:
                return name
            del queue[0]
        return None

    def _pin(self, name: NormalizedName) -> bool:
        """Choose the first release of a project whose requirements fit, and note what that changes."""
        provider = self._provider
        for choice in provider.listed_again(name, self._wanted[name].listing):
            changed = self._with(provider.get_dependencies(choice), name)
            if changed is not None:
                self._wanted.update(changed)
                self._pins[name] = choice
                self._note(choice)
                self._look_at_pinned(name, changed)
                return True
            if provider.model.report is not None:
                self._said.append(f"rejected {self._title(choice)}: what it requires does not fit what is chosen")
            rejected = self._rejected[name] = self._rejected.get(name, 0) + 1
            if rejected > _MOST_REJECTED:
                self.is_rejecting = True
                return False
        return False

    def _with(self, needs: Iterable[Need], parent: NormalizedName | None) -> dict[NormalizedName, _Wanted] | None:
        """Return what is required of the projects that `parent` needs, with `needs`; None where one conflicts."""
        changed: dict[NormalizedName, _Wanted] = {}
        provider, seen = self._provider, self._provider.seen
        for need in needs:
            name = need.name
            known = changed.get(name) or self._wanted.get(name)
            if name not in seen:
                seen[name] = len(seen)
            wanted = self._one_more(known, need, parent)
            learned = provider.model.learned
            if wanted.learned != learned:
                if not provider.is_matched(name, wanted.demand, 0):
                    return None
                wanted.learned = provider.model.learned
            if parent is not None and self._unseats_direct(need, parent):
                return None
            changed[name] = wanted
        return changed

    def _one_more(self, known: _Wanted | None, need: Need, parent: NormalizedName | None) -> _Wanted:
        """Return what is required of a project with one need more; what that leaves as it is stays known."""
        number = self._provider.seen[need.name]
        if known is None:
            demand = self._provider.demand((need,))
            found = _Wanted(demand, (parent,), demand)
            found.preference = _preference(demand.needs) | number
            return found
        before, demand = known.demand, known.demand.also(need)
        found = _Wanted(demand, (*known.parents, parent), demand)
        found.preference = known.preference & (_preference((need,)) | _NUMBER)
        is_same = demand.mask == before.mask and demand.exact == before.exact and demand.total is before.total
        if is_same and known.listing is before:
            found.learned = known.learned
            if demand.reach is before.reach:
                found.checked, found.fits = known.checked, known.fits
        return found

    def _unseats_direct(self, need: Need, parent: NormalizedName) -> bool:
        """Return whether a release that the project does not require itself would lower one that it does require."""
        provider, name = self._provider, need.name
        if name not in provider.direct or parent in provider.direct:
            return False
        pin = self._pins.get(name)
        if pin is None or need.mask >> pin.position & 1 or name in provider.region.locked:
            return False
        self.has_kept = True
        return True

    def _look_at_pinned(self, name: NormalizedName, wanted: Collection[NormalizedName]) -> None:
        """Note what a pin changes: for its own project, those that it requires, and those whose pins it unseats."""
        unseated = [each for each in wanted if each not in self._open and each in self._pins and not self._is_met(each)]
        changed = {name, *wanted}
        for each in unseated:
            changed.update(need.name for need in self._pins[each].needs or ())
        for each in unseated:
            self._forget(each)
        for each in changed:
            if self._is_met(each):
                self._open.discard(each)
            else:
                self._open.add(each)
                insort_right(self._queue, (self._wanted[each].preference, each))

    def _forget(self, parent: NormalizedName) -> None:
        """Forget a pin that was unseated, and what it requires."""
        for name in dict.fromkeys(need.name for need in self._pins[parent].needs or ()):
            known = self._wanted[name]
            left = [index for index, each in enumerate(known.parents) if each != parent]
            demand = self._provider.demand(tuple([known.demand.needs[index] for index in left]))
            found = _Wanted(demand, tuple([known.parents[index] for index in left]), known.listing)
            found.preference = _preference(demand.needs) | self._provider.seen[name]
            self._wanted[name] = found
        del self._pins[parent]

    def _is_met(self, name: NormalizedName) -> bool:
        """Return whether a project has a pin that satisfies all requirements."""
        pin = self._pins.get(name)
        if pin is None:
            return False
        wanted = self._wanted[name]
        if wanted.checked is not pin:
            wanted.checked, wanted.fits = pin, self._provider.fits(wanted.demand, pin)
        return wanted.fits

    def _note(self, choice: Choice) -> None:
        provider = self._provider
        if self._progress is not SILENT:
            packages = counted(len(provider.seen), "package")
            self._progress.advance(note=f"{packages}: {self._title(choice)}")
        if provider.model.report is not None:
            self._said.append(f"chose {self._title(choice)}")

    def _report(self) -> None:
        if (report := self._provider.model.report) is not None:
            for each in self._said:
                report(each)

    def _title(self, choice: Choice) -> str:
        return f"{choice.name} {self._provider.model.candidates(choice.name).versions[choice.position]}"


_NUMBER = (1 << 40) - 1
"""The bits of a preference that say which project was met first."""
_NOT_PINNED, _NOT_ROOT, _NOT_BOUNDED = 1 << 42, 1 << 41, 1 << 40


def _preference(needs: Iterable[Need]) -> int:
    """Return when to decide a project with these needs: pinned, required by the project, bounded from above first."""
    found = _NOT_PINNED | _NOT_ROOT | _NOT_BOUNDED
    for need in needs:
        if need.exact:
            found &= ~_NOT_PINNED
        if need.is_root:
            found &= ~_NOT_ROOT
        if need.is_bounded:
            found &= ~_NOT_BOUNDED
    return found
