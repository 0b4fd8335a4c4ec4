"""The provider that resolvelib asks: thin, on masks and markers.

Duty: candidates in the order of preference, what they require, where the region must be split. In: a Region and the
Model. Out: Choices and Needs; `Split`, `ChangedMetadata` and `UnreadableSdist` are raised through resolvelib. Never:
metadata while candidates are listed, a decision about more than one region.

Explained in docs/resolver.md, "The first engine".
"""

from __future__ import annotations

from itertools import chain

from lockenv.resolve.engine_interface import Split
from lockenv.resolve.resolvelib_types import Choice, Demand, Need
from lockenv.resolve.unsupported import counted_edges
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.light_library import partial
from lockenv.vocabulary.markers import cofactor

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from resolvelib.resolvers.criterion import Criterion

    from lockenv.resolve.edges import Edge
    from lockenv.resolve.engine_interface import Region
    from lockenv.resolve.model import Model
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


Preference = tuple[bool, bool, bool, bool, int]
"""False first: promoted, pinned, required by the project, bounded from above; then who was met first."""


class ChangedMetadata(Exception):  # noqa: N818  # it is an order to the driver, not an error
    """A release's metadata stated another Requires-Python than its page: the region is to be solved again."""


class UnreadableSdist(Exception):  # noqa: N818  # it is an order to the driver, not an error
    """The source distribution of a release cannot be used: the second engine leaves it out, and can explain that."""


class Provider:
    """One region as resolvelib sees it: one identifier per project, extras folded into the candidate."""

    def __init__(
        self,
        region: Region,
        model: Model,
        *,
        used: Mapping[NormalizedName, Sequence[int]] | None = None,
    ) -> None:
        self.region = region
        self.model = model
        self.used = used or {}
        """Versions that solved regions chose; only under the `fewest` policy."""
        self.direct = frozenset(edge.name for edge in region.roots)
        """The projects that the project itself requires."""
        self.promoted: set[NormalizedName] = set()
        self.seen: dict[NormalizedName, int] = {}
        """The projects met, numbered in the order they were met."""
        self._policy = model.problem.policy
        self._splits_for_newest = self._policy.fork == "latest"
        self._demands: dict[tuple[Need, ...], Demand] = {}
        self._admissions: dict[Demand, tuple[int, int]] = {}
        """The releases that may be chosen for a demand, and how much metadata had said otherwise than pages then."""
        self._matched: set[tuple[NormalizedName, int, int, int, int, int]] = set()
        """What was asked for and has a match: all that decides whether there is one."""
        self._begun: dict[NormalizedName, tuple[Demand, int, Choice, Iterator[Choice]]] = {}
        """The last list of releases of a project that was begun: for what, and after which metadata; with its first."""
        self._preferences: dict[NormalizedName, tuple[object, Preference]] = {}

    def again(self) -> Provider:
        """Return a provider of the same region for another search."""
        return Provider(self.region, self.model, used=self.used)

    def roots(self) -> list[Need]:
        """Return what the project requires in the region."""
        self.model.catalog.expect((edge.name, edge.extras, edge.specifier) for edge in self.region.roots)
        needs = []
        for edge in self.region.roots:
            need = Need(edge, self.model.candidates(edge.name), edge.marker)
            need.is_root = True
            needs.append(need)
        return needs

    def identify(self, requirement_or_candidate: Need | Choice) -> NormalizedName:
        """Return the project."""
        return requirement_or_candidate.name

    def is_satisfied_by(self, requirement: Need, candidate: Choice) -> bool:
        """Return whether a choice fits a need, where it is needed."""
        eff, reach = requirement.eff, candidate.reach
        if not requirement.mask >> candidate.position & 1 or not eff.implies(reach[None]):
            return False
        return not requirement.extras or all(
            eff.implies(reach.get(extra, markers.NEVER)) for extra in requirement.extras
        )

    def holds(self, needs: tuple[Need, ...], candidate: Choice) -> bool:
        """Return whether a choice fits all needs, and what admitted it (exact pins, constraints) still holds."""
        return self.fits(self.demand(needs), candidate)

    def fits(self, demand: Demand, candidate: Choice) -> bool:
        """Return whether a choice fits a demand, and what admitted it still holds."""
        reach = candidate.reach
        if not self._admitted(candidate.name, demand) >> candidate.position & 1:
            return False
        return demand.reach is reach or all(
            where.implies(reach.get(extra, markers.NEVER)) for extra, where in demand.reach.items()
        )

    def find_matches(
        self,
        identifier: NormalizedName,
        requirements: Mapping[NormalizedName, Iterator[Need]],
        incompatibilities: Mapping[NormalizedName, Iterator[Choice]],
    ) -> Callable[[], Iterator[Choice]]:
        """Return the choices that fit, as late as resolvelib looks at them."""
        return self.matches(identifier, tuple(requirements[identifier]), incompatibilities[identifier])

    def matches(
        self, name: NormalizedName, needs: tuple[Need, ...], refused: Iterable[Choice]
    ) -> Callable[[], Iterator[Choice]]:
        """Return the choices that fit all needs and are not refused, as late as they are looked at."""
        if name not in self.seen:
            self.seen[name] = len(self.seen)
        return partial(self.listed, name, self.demand(needs), _mask_of(refused) if refused else 0)

    def has_match(self, name: NormalizedName, needs: tuple[Need, ...], refused: Iterable[Choice]) -> bool:
        """Return whether `matches` has any. Raises Split as it does."""
        return self.is_matched(name, self.demand(needs), _mask_of(refused) if refused else 0)

    def is_matched(self, name: NormalizedName, demand: Demand, banned: int) -> bool:
        """Return whether `listed` has any: most needs leave the matches as they are. Raises Split as it does."""
        # A marker is one object for the life of the process.
        key = (name, demand.mask, demand.exact, id(demand.total), banned, self.model.learned)
        if key in self._matched:
            return True
        listing = self.listed(name, demand, banned)
        first = next(listing, None)
        if first is not None:
            self._matched.add(key)
            if not banned:
                self._begun[name] = (demand, self.model.learned, first, listing)
        return first is not None

    def listed_again(self, name: NormalizedName, demand: Demand) -> Iterator[Choice]:
        """Return what `listed` does where none is refused; what `is_matched` looked at last is not looked at again."""
        begun = self._begun.pop(name, None)
        if begun is None or begun[0] is not demand or begun[1] != self.model.learned:
            return self.listed(name, demand, 0)
        return chain((begun[2],), begun[3])

    def get_dependencies(self, candidate: Choice) -> Iterable[Need]:
        """Return what a choice requires within its reach; waits for its metadata.

        Raises Split when the choice divides the region, and UnreadableSdist when its source distribution cannot be
        used.
        """
        if candidate.needs is None:
            if candidate.split is not None:
                raise self._split(candidate.split)
            if self.model.unusable(candidate.name, candidate.position):
                raise UnreadableSdist
            revision = self.model.coverage(candidate.name).revision
            self.model.edges(candidate.name, candidate.position)
            if self.model.coverage(candidate.name).revision != revision:
                raise ChangedMetadata
            candidate.needs = self._needs(candidate)
        return candidate.needs

    def _needs(self, choice: Choice) -> tuple[Need, ...]:
        """Return what a choice requires; the projects are on their way before the first is looked at."""
        model = self.model
        found = counted_edges(model, choice.name, choice.position, choice.reach, self._expect)
        return tuple([Need(edge, model.candidates(edge.name), eff, fault=edge.fault) for edge, eff in found])

    def _expect(self, met: Sequence[tuple[Edge, Marker]]) -> None:
        self.model.catalog.expect([(edge.name, edge.extras, edge.specifier) for edge, _ in met if not edge.fault])

    def promote(self, name: NormalizedName) -> None:
        """Decide `name` before others from now on: it keeps being part of conflicts."""
        self.promoted.add(name)
        self._preferences.pop(name, None)

    def preference(self, name: NormalizedName, criterion: Criterion[Need, Choice]) -> Preference:
        """Return when to decide a project: the one with the least is decided next."""
        known = self._preferences.get(name)
        # A criterion is never changed in place, so the same object means the same preference.
        if known is not None and known[0] is criterion:
            return known[1]
        is_pinned = is_root = is_bounded = False
        for information in criterion.information:
            need = information.requirement
            is_pinned = is_pinned or need.exact != 0
            is_root = is_root or need.is_root
            is_bounded = is_bounded or need.is_bounded
        found = (name not in self.promoted, not is_pinned, not is_root, not is_bounded, self.seen[name])
        self._preferences[name] = (criterion, found)
        return found

    def demand(self, needs: tuple[Need, ...]) -> Demand:
        """Return `needs` taken together; each is nearly always one already known and one need more."""
        known = self._demands.get(needs)
        if known is None:
            narrower = self._demands.get(needs[:-1])
            known = self._demands[needs] = narrower.also(needs[-1]) if narrower else Demand.of(needs)
        return known

    def _admitted(self, name: NormalizedName, demand: Demand) -> int:
        known = self._admissions.get(demand)
        if known is None or known[0] != self.model.learned:
            mask = self.model.admitted(name, demand, self.region.locked.get(name))
            # What is learned meanwhile may have counted.
            known = self._admissions[demand] = self.model.learned, mask
        return known[1]

    def listed(self, name: NormalizedName, demand: Demand, banned: int) -> Iterator[Choice]:
        """Yield the choices that fit a demand and are not in the mask `banned`, as late as they are looked at."""
        total = demand.total
        admitted = self._admitted(name, demand)
        locked = self.region.locked.get(name)
        self._divide_early(name, demand, admitted)
        coverage = self.model.coverage(name)
        unserved: Marker | None = None
        has_any = False
        partly: list[Choice] = []
        for position in self._ordered(name, admitted & ~banned):
            here = total & coverage.honest(position)
            if here is not total:
                if unserved is None:
                    unserved = self.model.unserved(name, admitted, total)
                here |= unserved & coverage.beyond(position)
            apart = coverage.elsewhere(position, admitted & ~banned)
            if apart is not markers.NEVER:
                here &= ~apart
            if here is markers.NEVER:
                continue
            choice = Choice(name, position, demand.reach)
            if here is not total:
                choice.split = cofactor(here, total)
                if self._policy.fork == "fewest":
                    partly.append(choice)
                    continue
            elif not has_any and position != locked:
                better = self._better(name, position, total)
                choice.split = self._kept_out(name, demand, better & ~banned, self.model.meant)
            has_any = True
            yield choice
        if not has_any and partly:
            has_any = True
            yield from partly
        if not has_any:
            split = self._kept_out(name, demand, ~banned, markers.ALWAYS)
            if split is not None:
                raise self._split(split)

    def _divide_early(self, name: NormalizedName, demand: Demand, admitted: int) -> None:
        """Raise Split where the project names a prerelease in a part of the region only; not for what is locked."""
        locked = self.region.locked.get(name)
        apart = self.model.early_apart(name, demand.total, demand.mask)
        if apart is not None and (locked is None or not admitted >> locked & 1):
            raise self._split(apart)

    def _better(self, name: NormalizedName, position: int, total: Marker) -> int:
        """Return the releases for which the region is divided, where only some of it keeps them out."""
        is_newest = self._splits_for_newest and name not in self.model.lowest
        return ((1 << position) - 1 if is_newest else 0) | self.model.reluctant(name, position, total)

    def _ordered(self, name: NormalizedName, mask: int) -> Iterator[int]:
        if name not in self.region.locked and name not in self.used:
            return self.model.ordered(name, mask)
        first: list[int] = []
        for position in (self.region.locked.get(name), *self.used.get(name, ())):
            if position is not None and mask >> position & 1:
                mask &= ~(1 << position)
                first.append(position)
        return chain(first, self.model.ordered(name, mask))

    def _kept_out(self, name: NormalizedName, demand: Demand, among: int, worth: Marker) -> Marker | None:
        """Return environments to split on: those free of the conditional needs that keep out a release in `among`.

        Some of those that are free are in `worth`. A division that no marker can say comes last: what is chosen in
        its parts may need no such marker.
        """
        if not among:
            return None
        total = demand.total
        needs = (*demand.needs, *self.model.constraining(name, total))
        conditional = [need for need in needs if need.eff is not total]
        if not conditional:
            return None
        mask = self.model.requested(name)
        for need in needs:
            if need.eff is total:
                mask &= need.mask
        allowed = self.model.choosable(name, mask, total, self._exact(needs))
        last: Marker | None = None
        for position in positions(allowed & among):
            blocked = markers.NEVER
            for need in conditional:
                if not need.mask >> position & 1:
                    blocked |= need.eff
            coverage = self.model.coverage(name)
            # A newer release is worth a split only where it has a file.
            free = total & ~blocked & coverage.honest(position) & coverage.wheels(position)
            if blocked is markers.NEVER or free.disjoint(worth):
                continue
            if self.model.can_write(blocked, self.region.env):
                return ~cofactor(blocked, total)
            if last is None and worth is markers.ALWAYS and not self.model.must_write:
                last = ~cofactor(blocked, total)
        return last

    @staticmethod
    def _exact(needs: Iterable[Need]) -> int:
        exact = 0
        for need in needs:
            exact |= need.exact
        return exact

    def _split(self, served: Marker) -> Split:
        """Return the order to solve the region in two parts, the one with more freedom first where newest wins."""
        env = self.region.env
        inside, outside = env & served, env & ~served
        return Split(inside, outside) if self._policy.fork == "latest" else Split(outside, inside)


def _mask_of(refused: Iterable[Choice]) -> int:
    mask = 0
    for choice in refused:
        mask |= 1 << choice.position
    return mask
