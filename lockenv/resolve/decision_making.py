"""Which release the second engine takes next, by the same rules as the first.

Duty: for one project, the release to decide; or why there is none; or where the region must be divided. In: the
IncompatibilityStore and the PartialSolution. Out: a position or an Incompatibility; Split is raised. Never: a step.

Where a project is wanted (its area) is known only as far as the search has come. It serves to prefer and to divide;
what was chosen is looked at again when everything is (`verified`).

Explained in docs/resolver.md, "The second engine".
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from lockenv.resolve.engine_interface import Assignment, Split
from lockenv.resolve.environment_forks import UnmetRequirement, propagate
from lockenv.resolve.incompatibility import (
    ConstrainedRelease,
    InadmissibleRelease,
    Incompatibility,
    ReleaseDependency,
    RootDependency,
    UnsupportedRelease,
    conditions,
)
from lockenv.resolve.resolvelib_types import Demand
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.markers import cofactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.resolve.incompatibility import Fact
    from lockenv.resolve.incompatibility_store import IncompatibilityStore, KeyRequirement
    from lockenv.resolve.partial_solution import SolutionStep
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


class DecisionMaker:
    """The rules of choice in one region."""

    def __init__(self, encoding: IncompatibilityStore) -> None:
        self._encoding = encoding
        self._model = encoding.model
        self._region = encoding.region
        self._trail = encoding.trail
        self._policy = encoding.model.problem.policy
        self.area: Marker = encoding.region.env
        """Where the project is wanted for which a release was chosen last."""
        self.is_settled = False
        """Whether it follows from the requirements in force and where they apply alone."""
        self._settled: dict[tuple[object, ...], int] = {}
        """What was chosen without a look at what else could be, by all that decides it."""

    def choose(self, number: int) -> int | Incompatibility:
        """Return the release to take for a project's own key, or why none of the possible ones can be taken.

        Raises Split where the best one serves a part of the region only.
        """
        wants = self._encoding.active(number)
        name = self._encoding.keys[number].name
        area = self.area = self._area(wants)
        self.is_settled = True
        possible = self._trail.possible[number]
        demanded, exact = _together(wants)
        # After a conflict, most projects are decided again as before.
        known = (number, possible, demanded, exact, id(area), self._model.learned)  # equal markers are one object
        if (settled := self._settled.get(known)) is not None:
            return settled
        admitted = self._admitted(name, area, demanded, exact)
        self._early(name, area, demanded, admitted)
        among = possible & admitted
        if not among:
            mask = (possible | demanded & ~admitted) & ~self._trail.absent[number]
            facts = tuple(want.fact for want in wants)
            return self._given(number, mask, wants, InadmissibleRelease(name, mask, facts, bool(admitted)))
        found = self._serving(name, among, admitted, area)
        if found is None:
            return self._unserved(number, among, wants, area)
        newer = reluctant = 0
        if self._region.locked.get(name) != found:
            reluctant = self._model.reluctant(name, found, area)
            if self._policy.fork == "latest" and name not in self._model.lowest:
                newer = (1 << found) - 1
        if not newer and not reluctant:
            self._settled[known] = found
            return found
        self.is_settled = False
        self._free(number, wants, area, demanded, reluctant)
        self._free(number, wants, area, demanded, newer)
        self._apart(number, admitted & ~possible & newer)
        return found

    def verified(self, chosen: Mapping[NormalizedName, int], numbers: Mapping[NormalizedName, int]) -> Assignment:
        """Return what is needed of a complete choice.

        Raises Split where a release turns out to be wanted in environments that it does not serve.
        """
        reaches = propagate(self._region.roots, chosen, self._model)
        if isinstance(reaches, UnmetRequirement):
            return Assignment(positions=dict(chosen))
        self._set_areas({numbers[name]: reach[None] for name, reach in reaches.items()})
        for name in sorted(reaches):
            total, position = reaches[name][None], chosen[name]
            wants = self._encoding.active(numbers[name])
            demanded, exact = _together(wants)
            admitted = self._admitted(name, total, demanded, exact)
            self._early(name, total, demanded, admitted)
            if self._region.locked.get(name) != position:
                self._free(numbers[name], wants, total, demanded, self._model.reluctant(name, position, total))
            coverage = self._model.coverage(name)
            here = total & coverage.honest(position)
            if here is not total:
                here |= self._model.unserved(name, admitted, total) & coverage.beyond(position)
            if (apart := coverage.elsewhere(position, admitted)) is not markers.NEVER:
                here &= ~apart
            if here is not total:
                self._divide(here if here is not markers.NEVER else total)
        return Assignment(positions={name: chosen[name] for name in sorted(reaches)}, reaches=reaches)

    def _set_areas(self, areas: Mapping[int, Marker]) -> None:
        """Note where the projects of a complete choice are wanted; the others turned out not to be needed."""
        for number in self._trail.chosen:
            self._trail.areas[number] = areas.get(self._encoding.bases.get(number, number), self._region.env)

    def _area(self, wants: Sequence[KeyRequirement]) -> Marker:
        """Return where a project is wanted, as far as is known."""
        env, areas = self._region.env, self._trail.areas
        area = markers.NEVER
        for want in wants:
            eff = want.fact.where
            if want.parent is not None and (parents := areas[want.parent]) is not None and parents is not env:
                eff &= parents
            if eff is env:
                return env
            area |= eff
        # Wanted only beside what requires it: it will turn out not to be needed.
        return env if area is markers.NEVER else area

    def _eff(self, want: KeyRequirement) -> Marker:
        area = None if want.parent is None else self._trail.areas[want.parent]
        return want.fact.where if area is None else want.fact.where & area

    def _admitted(self, name: NormalizedName, area: Marker, demanded: int, exact: int) -> int:
        """Return the releases in `demanded` that may be chosen for `area`; an exact pin names those in `exact`."""
        demand = Demand.within(area)
        demand.mask, demand.exact = demanded, exact
        return self._model.admitted(name, demand, self._region.locked.get(name))

    def _early(self, name: NormalizedName, area: Marker, demanded: int, admitted: int) -> None:
        """Divide the region where the project names a prerelease in a part of `area`; not for what is locked."""
        locked = self._region.locked.get(name)
        apart = self._model.early_apart(name, area, demanded)
        if apart is not None and (locked is None or not admitted >> locked & 1):
            self._divide(apart)

    def _serving(self, name: NormalizedName, among: int, admitted: int, area: Marker) -> int | None:
        """Return the best release in `among` that serves some of `area`; None when none does."""
        coverage = self._model.coverage(name)
        lacking: Marker | None = None
        partly: Marker | None = None
        for position in self._ordered(name, among):
            here = area & coverage.honest(position)
            if here is not area:
                if lacking is None:
                    lacking = self._model.unserved(name, admitted, area)
                here |= lacking & coverage.beyond(position)
            if (apart := coverage.elsewhere(position, among)) is not markers.NEVER:
                here &= ~apart
            if here is area:
                return position
            if here is not markers.NEVER:
                if self._policy.fork == "latest":
                    self._divide(here)
                partly = here if partly is None else partly
        if partly is not None:
            self._divide(partly)
        return None

    def _ordered(self, name: NormalizedName, mask: int) -> Iterator[int]:
        locked = self._region.locked.get(name)
        if locked is not None and mask >> locked & 1:
            mask &= ~(1 << locked)
            yield locked
        yield from self._model.ordered(name, mask)

    def _unserved(self, number: int, among: int, wants: Sequence[KeyRequirement], area: Marker) -> Incompatibility:
        """Return why none of the releases in `among` serves the area in which they are wanted."""
        env, name = self._region.env, self._encoding.keys[number].name
        self._divide(area)
        coverage = self._model.coverage(name)
        mask = 0
        for position in positions(self._model.candidates(name).full):
            if (coverage.honest(position) | coverage.beyond(position)).disjoint(env):
                mask |= 1 << position
        if not among & ~mask:
            return Incompatibility({number: mask}, UnsupportedRelease(name, mask))
        return self._given(number, among, wants, UnsupportedRelease(name, among, tuple(want.fact for want in wants)))

    def _given(self, number: int, mask: int, wants: Sequence[KeyRequirement], fact: Fact) -> Incompatibility:
        """Return that releases cannot be chosen under the requirements in force."""
        terms = {number: mask}
        for want in wants:
            if want.parent is not None and want.parent != number:
                terms[want.parent] = terms.get(want.parent, -1) & want.versions
        return Incompatibility(terms, fact)

    def _free(self, number: int, wants: Sequence[KeyRequirement], area: Marker, demanded: int, newer: int) -> None:
        """Divide the region where only conditional requirements keep out a newer release.

        Raises Split so that the environments free of them can have it, where those are some that people mean.
        """
        newer &= ~demanded
        if not newer:
            return
        name = self._encoding.keys[number].name
        needs = [(want.mask, self._eff(want)) for want in wants]
        needs += [(need.mask, need.eff) for need in self._model.constraining(name, area)]
        for mask, eff in needs:
            if eff is area:
                newer &= mask
        if not newer:
            return
        exact = reduce(or_, (want.exact for want in wants), 0)
        newer = self._model.choosable(name, newer & ~self._learned(number), area, exact)
        for position in positions(newer):
            blocked = markers.NEVER
            for mask, eff in needs:
                if not mask >> position & 1:
                    blocked |= eff
            coverage = self._model.coverage(name)
            # A newer release is worth a split only where it has a file.
            free = area & ~blocked & coverage.honest(position) & coverage.wheels(position)
            if blocked is markers.NEVER or free.disjoint(self._model.meant):
                continue
            if self._model.can_write(blocked, self._region.env):
                self._divide(~cofactor(blocked, area))

    def _learned(self, number: int) -> int:
        """Return the releases that something else than a requirement or a constraint keeps out."""
        kept_out = 0
        for step in self._trail.history(number):
            if step.cause is not None and not isinstance(
                step.cause.cause, (RootDependency, ReleaseDependency, ConstrainedRelease)
            ):
                kept_out |= step.cause.terms[number]
        return kept_out

    def _apart(self, number: int, newer: int) -> None:
        """Divide the region where a newer release fails for what it requires in different parts of it.

        As with `b<2` on one platform and `b>=2` on another, or `b` on one platform that requires what does not exist:
        counted in the whole region they exclude the release; in each part by itself some do not. Raises Split so that
        environments that people mean can have it.
        """
        if not newer:
            return
        coverage, env = self._model.coverage(self._encoding.keys[number].name), self._region.env
        for step in self._trail.history(number):
            excluded = newer & step.before & ~step.after
            if step.level or not excluded or step.cause is None:
                continue
            served = reduce(or_, (coverage.honest(one) & coverage.wheels(one) for one in positions(excluded)))
            for where in conditions(self._behind(step), env):
                if not (env & served & ~where).disjoint(self._model.meant) and self._model.can_write(where, env):
                    self._divide(~where)

    def _behind(self, step: SolutionStep) -> list[Incompatibility]:
        """Return what a step before all decisions follows from: its cause, and those of what the cause rests on."""
        found: dict[int, Incompatibility] = {}
        # How many steps about a key were taken up: they are in the order of their places.
        taken: dict[int, int] = {}
        agenda = [step]
        while agenda:
            step = agenda.pop()
            if step.cause is None:
                continue
            found[id(step.cause)] = step.cause
            for key in step.cause.terms:
                history = self._trail.history(key)
                begin = end = taken.get(key, 0)
                while end < len(history) and history[end].place < step.place and not history[end].level:
                    end += 1
                agenda += history[begin:end]
                taken[key] = end
        return list(found.values())

    def _divide(self, served: Marker) -> None:
        """Divide the region where `served` holds in a part of it only; the freer part first where newest wins."""
        env = self._region.env
        inside, outside = env & served, env & ~served
        if inside is markers.NEVER or outside is markers.NEVER:
            return
        raise Split(inside, outside) if self._policy.fork == "latest" else Split(outside, inside)


def _together(wants: Sequence[KeyRequirement]) -> tuple[int, int]:
    """Return the releases that fit all requirements, -1 for none, and those that an exact pin in one names."""
    demanded, exact = -1, 0
    for want in wants:
        demanded &= want.mask
        exact |= want.exact
    return demanded, exact
