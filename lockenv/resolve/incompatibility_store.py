"""What the model knows of one region, as incompatibilities.

Duty: number the keys, and state each requirement, constraint and request when its project is first met. In: a Region
and the Model. Out: incompatibilities, by key. Never: a choice.

A requirement whose marker reaches into the region counts in all of it. That is too strict where the marker, or what
requires it, holds in a part only; a failure that rests on such a requirement divides the region, and in regions small
enough nothing is conditional any more.

Explained in docs/resolver.md, "The second engine".
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from lockenv.resolve.applying_edges import applying
from lockenv.resolve.incompatibility import (
    ConstrainedRelease,
    FaultyMetadata,
    Incompatibility,
    Key,
    ReleaseDependency,
    RequestedVersion,
    RootDependency,
    SameRelease,
    UnusableSdist,
)
from lockenv.resolve.unsupported import counted
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.resolve.edges import Edge, RootEdge
    from lockenv.resolve.engine_interface import Region
    from lockenv.resolve.incompatibility import Demanded
    from lockenv.resolve.model import Model
    from lockenv.resolve.partial_solution import PartialSolution
    from lockenv.resolve.version_sets import Candidates
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName

_TRIED: Final = 3
_MOST_READ: Final = 16
"""Of how many releases the metadata is read at once, before one of them is chosen."""


class KeyRequirement:
    """A requirement on one key, by the project or by some releases of another key."""

    __slots__ = ("exact", "fact", "mask", "parent", "versions")

    def __init__(self, fact: Demanded, parent: int | None, admitted: tuple[int, int]) -> None:
        self.fact = fact
        self.parent = parent
        """The key that requires; None for the project."""
        self.versions = 0
        """The releases of the parent that require it, as far as they were looked at."""
        self.mask, self.exact = admitted
        """The releases that fit, and those that an exact pin names: `Candidates.mask_and_exact`."""


class IncompatibilityStore:
    """The incompatibilities of one region, as far as the search has come."""

    def __init__(self, region: Region, model: Model, trail: PartialSolution) -> None:
        self.region = region
        self.model = model
        self.trail = trail
        self.keys: list[Key] = []
        self.by_key: list[list[Incompatibility]] = []
        """The incompatibilities in which a key takes part, oldest first."""
        self.wants: list[list[KeyRequirement]] = []
        """The requirements on a key."""
        self.parents: list[set[int]] = []
        """The keys that may require a key; for that of an extra, its project's own, too."""
        self.changes: list[int] = []
        """How often the requirements on a key changed, or the incompatibilities in which it takes part."""
        self.extras: dict[int, list[int]] = {}
        """The keys of a project's extras."""
        self.bases: dict[int, int] = {}
        """The project's own key, for the key of an extra."""
        self.is_stale = False
        """Set when a release's metadata stated another Requires-Python than its page."""
        self._numbers: dict[NormalizedName, int] = {}
        self._extra_numbers: dict[Key, int] = {}
        self._candidates: list[Candidates] = []
        """The releases of the project of each key."""
        self._merged: dict[tuple[int | None, int, str, int], tuple[KeyRequirement, Incompatibility]] = {}
        """What was stated, by the key that requires, the one that is required, the specifier and `id` of where."""
        self._counting: dict[int, Marker] = {}
        """The part of the region in which what applies somewhere counts, by `id` of that; not where it depends."""
        self._loaded: dict[int, int] = {}
        self._needs: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """What releases require, by key and position: the releases that fit, and their key.

        The metadata that is read later says nothing else of them.
        """

    def add(self, incompatibility: Incompatibility) -> None:
        """Take an incompatibility in."""
        for key in incompatibility.terms:
            self.by_key[key].append(incompatibility)
            self.changes[key] += 1

    def roots(self) -> list[Incompatibility]:
        """Return what the project requires."""
        self.model.catalog.expect((edge.name, edge.extras, edge.specifier) for edge in self.region.roots)
        found = []
        for edge in self.region.roots:
            found += self._wanted(None, 0, edge, edge.marker, [])
        return found

    def number(self, name: NormalizedName, extra: ExtraName | None = None) -> int:
        """Return the number of a key; states what is known of the project the first time."""
        if extra is None:
            found = self._numbers.get(name)
            if found is None:
                found = self._numbers[name] = self._add_key(Key(name, None))
                self._rules(found, name)
            return found
        key = Key(name, extra)
        found = self._extra_numbers.get(key)
        if found is None:
            base = self.number(name)
            found = self._extra_numbers[key] = self._add_key(key)
            self.bases[found] = base
            self.parents[found].add(base)
            self.extras.setdefault(base, []).append(found)
            self.changes[base] += 1
        return found

    def _add_key(self, key: Key) -> int:
        candidates = self.model.candidates(key.name)
        self.keys.append(key)
        self.by_key.append([])
        self.wants.append([])
        self.changes.append(0)
        self.parents.append(set())
        self._candidates.append(candidates)
        return self.trail.add(len(candidates.versions))

    def find_key(self, name: NormalizedName) -> int | None:
        """Return the number of a project's own key, if it was met."""
        return self._numbers.get(name)

    def _rules(self, number: int, name: NormalizedName) -> None:
        """State what the user's constraints and request exclude of a project."""
        candidates = self.model.candidates(name)
        for rule in self.model.problem.constraints:
            if rule.requirement.name != name:
                continue
            where = self.region.env & rule.where
            excluded = candidates.full & ~candidates.mask(rule.requirement.specifier)
            if excluded and where is not markers.NEVER:
                self.add(Incompatibility({number: excluded}, ConstrainedRelease(rule, where)))
        excluded = candidates.full & ~self.model.requested(name)
        if excluded:
            specifier = self.model.problem.requested[name]
            self.add(Incompatibility({number: excluded}, RequestedVersion(name, specifier)))

    def load(self, number: int, position: int) -> Incompatibility | None:
        """State what a release requires; waits for its metadata.

        An incompatibility is returned where the release cannot be chosen, because its sdist cannot be used.
        """
        loaded = self._loaded.get(number, 0)
        if loaded >> position & 1:
            return None
        key = self.keys[number]
        if reason := self.model.unusable(key.name, position):
            self._loaded[number] = loaded | 1 << position
            return Incompatibility({number: 1 << position}, UnusableSdist(key.name, 1 << position, reason))
        if not loaded:
            # What the first engine looked at costs nothing, and shows at once what many releases have in common.
            for other in positions(self.model.looked_at.of(key.name)):
                if not self.model.unusable(key.name, other):
                    self._load(number, other)
        self._load(number, position)
        self._ahead(number, loaded)
        return None

    def _ahead(self, number: int, loaded: int) -> None:
        """Look at the releases that come next, too, where one after the other was tried: as many again at most.

        What they have in common with those that failed then fails at once, and not in a conflict for each. Up to the
        first that could be chosen.
        """
        tried = loaded.bit_count()
        if tried < _TRIED:
            return
        name = self.keys[number].name
        possible = self.trail.possible[number] & ~self._loaded[number] & ~self.trail.absent[number]
        candidates = self.model.candidates(name)
        usual = possible & ~candidates.prereleases & ~candidates.yanked
        for position in islice(self.model.ordered(name, usual), min(tried, _MOST_READ)):
            if self.model.unusable(name, position):
                continue
            self._load(number, position)
            if not self.is_blocked(number, position):
                return

    def look_at(self, number: int, mask: int) -> bool:
        """State what the newest releases in `mask` require that are possible; False where all of that is known."""
        name, loaded = self.keys[number].name, self._loaded.get(number, 0)
        unknown = positions(mask & self.trail.possible[number] & ~self.trail.absent[number] & ~loaded)
        readable = [position for position in islice(unknown, _MOST_READ) if not self.model.unusable(name, position)]
        for position in readable:
            self._load(number, position)
        return bool(readable)

    def is_blocked(self, number: int, position: int) -> bool:
        """Return whether what is decided leaves nothing for one of the requirements of a release."""
        possible = self.trail.possible
        needs = self._needs.get((number, position))
        if needs is None:
            if self.model.unusable(self.keys[number].name, position):
                return True
            needs = self._needed(number, position)
        for mask, needed in needs:  # noqa: SIM110 - asked before each decision
            if not possible[needed] & mask:
                return True
        return False

    def is_ahead(self, number: int, position: int) -> bool:
        """Return whether a release is blocked, and by nothing but requirements on newer releases than are left.

        Older releases of its project probably require less; where others require older releases than are left, older
        ones of theirs probably require even older ones.
        """
        if self.model.unusable(self.keys[number].name, position):
            return False
        blocking = list(self._blocking(number, position))
        return bool(blocking) and all(wanted.bit_length() <= _newest(left) for _, wanted, left in blocking)

    def blockers(self, number: int, position: int) -> Iterator[NormalizedName]:
        """Return the projects of which nothing is left that a release requires."""
        return (name for name, _, _ in self._blocking(number, position))

    def _blocking(self, number: int, position: int) -> Iterator[tuple[NormalizedName, int, int]]:
        """Yield the requirements of a release that nothing left meets: the releases that one admits, and those left.

        Those left are none where the project was excluded altogether.
        """
        possible = self.trail.possible
        for mask, needed in self._needed(number, position):
            left = possible[needed]
            if not left & mask:
                yield self.keys[needed].name, mask, left & ~self.trail.absent[needed]

    def _needed(self, number: int, position: int) -> list[tuple[int, int]]:
        """Return what a release requires in the region: the releases that fit, and the key of their project."""
        found = self._needs.get((number, position))
        if found is None:
            found, key = [], self.keys[number]
            self._needs[number, position] = found
            for edge in self.model.edges(key.name, position):
                applies = edge.applies(key.extra)
                if applies is markers.NEVER:
                    continue
                where = counted(edge, self.region.env & applies, self.model)
                if not edge.fault and where is not markers.NEVER:
                    mask = self.model.candidates(edge.name).mask(edge.specifier)
                    found.append((mask, self.number(edge.name)))
        return found

    def _load(self, number: int, position: int) -> None:
        bit = 1 << position
        loaded = self._loaded.get(number, 0)
        if loaded & bit:
            return
        self._loaded[number] = loaded | bit
        key = self.keys[number]
        coverage = self.model.coverage(key.name)
        revision = coverage.revision
        needs: list[tuple[int, int]] = []
        # What the release requires without the extra as well is stated for the project's own key.
        for edge, applies in applying(self.model, key.name, position, key.extra):
            where = self._counting.get(id(applies))
            if where is None:
                where = self._counted(edge, applies)
            if where is markers.NEVER:
                continue
            if edge.fault:
                self.add(Incompatibility({number: bit}, FaultyMetadata(key.name, edge, where)))
            else:
                self._wanted(number, bit, edge, where, needs)
        if key.extra is None:
            self._needs[number, position] = needs
        self.is_stale = self.is_stale or coverage.revision != revision

    def _counted(self, edge: Edge, applies: Marker) -> Marker:
        """Return where in the region a requirement counts; NEVER where it does not."""
        where = self.region.env & applies
        if where is not markers.NEVER and where.disjoint(self.model.meant):
            return counted(edge, where, self.model)
        # A marker is one object for the life of the process.
        self._counting[id(applies)] = where
        return where

    def _wanted(
        self, parent: int | None, bit: int, edge: Edge | RootEdge, where: Marker, needs: list[tuple[int, int]]
    ) -> list[Incompatibility]:
        """State a requirement: on the project, and that each of its extras comes along. Return what is new."""
        base = self.number(edge.name)
        candidates = self._candidates[base]
        mask = candidates.mask(edge.specifier)
        needs.append((mask, base))
        asked = [(base, mask, edge.specifier)]
        if edge.extras:
            asked += [(self.number(edge.name, extra), candidates.full, "") for extra in edge.extras]
        found = []
        for number, mask, specifier in asked:
            known = self._merged.get((parent, number, specifier, id(where)))
            if known is not None:
                self._widen(*known, number, mask, bit)
            elif (one := self._stated(number, mask, parent, bit, edge, where, specifier)) is not None:
                found.append(one)
        return found

    def _widen(self, want: KeyRequirement, stated: Incompatibility, number: int, mask: int, bit: int) -> None:
        """Note that one release more requires what others do."""
        parent = want.parent
        want.versions |= bit
        self._note_change(number, parent)
        if parent is not None:
            stated.terms[parent] |= bit & (self.trail.full[number] & ~mask if parent == number else -1)

    def _stated(
        self, number: int, mask: int, parent: int | None, bit: int, edge: Edge | RootEdge, where: Marker, specifier: str
    ) -> Incompatibility | None:
        """Return a new requirement as an incompatibility; None where it says nothing."""
        full = self.trail.full[number]
        # A term that every state meets says nothing; a requirement that nothing meets forbids the parent.
        terms = {number: full & ~mask} if mask else {}
        if parent is not None:
            terms[parent] = bit & terms[parent] if parent in terms else bit
            if not terms[parent]:
                return None
        fact = self._fact(parent, edge, where)
        incompatibility = Incompatibility(terms, fact)
        self.add(incompatibility)
        want = KeyRequirement(fact, parent, self._candidates[number].mask_and_exact(edge.specifier))
        want.versions = bit
        self.wants[number].append(want)
        self._note_change(number, parent)
        self._merged[parent, number, specifier, id(where)] = (want, incompatibility)
        return incompatibility

    def _fact(self, parent: int | None, edge: Edge | RootEdge, where: Marker) -> Demanded:
        if parent is None:
            return RootDependency(cast("RootEdge", edge), where)
        return ReleaseDependency(self.keys[parent], cast("Edge", edge), where)

    def _note_change(self, number: int, parent: int | None) -> None:
        """Note that a requirement on a key is new, or one of more releases."""
        self.changes[number] += 1
        if parent is not None:
            self.changes[parent] += 1
            self.parents[number].add(parent)

    def active(self, number: int) -> list[KeyRequirement]:
        """Return the requirements on a key that are in force now."""
        possible = self.trail.possible
        return [
            want for want in self.wants[number] if want.parent is None or not possible[want.parent] & ~want.versions
        ]

    def links(self, number: int) -> Iterator[Incompatibility]:
        """Return what the state of a project means for its extras, and the reverse, where that is new."""
        trail = self.trail
        base = self.bases.get(number)
        if base is not None:
            mask = trail.possible[number]
            if not mask & trail.absent[number] and trail.possible[base] & ~mask:
                yield self._same(number, mask, base)
            return
        for extra in self.extras.get(number, ()):
            mask = trail.possible[extra] & ~trail.absent[extra] & ~trail.possible[number]
            if mask:
                yield self._same(extra, mask, number)

    def linked(self, number: int) -> Iterator[int]:
        """Return the keys that `links` looks at beside a project's or an extra's own."""
        yield from self.extras.get(number, ())
        if (base := self.bases.get(number)) is not None:
            yield base

    def _same(self, extra: int, mask: int, base: int) -> Incompatibility:
        return Incompatibility({extra: mask, base: self.trail.full[base] & ~mask}, SameRelease(self.keys[base].name))


def _newest(mask: int) -> int:
    """Return the position of the newest release in `mask`; -1 for none."""
    return (mask & -mask).bit_length() - 1
