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
from typing import TYPE_CHECKING, Final

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

    def __init__(self, fact: Demanded, parent: int | None, candidates: Candidates) -> None:
        self.fact = fact
        self.parent = parent
        """The key that requires; None for the project."""
        self.versions = 0
        """The releases of the parent that require it, as far as they were looked at."""
        self.mask = candidates.mask(fact.edge.specifier)
        self.exact = candidates.exact(fact.edge.specifier)


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
        self.extras: dict[int, list[int]] = {}
        """The keys of a project's extras."""
        self.bases: dict[int, int] = {}
        """The project's own key, for the key of an extra."""
        self.is_stale = False
        """Set when a release's metadata stated another Requires-Python than its page."""
        self._numbers: dict[Key, int] = {}
        self._merged: dict[tuple[int, int, str, Marker], tuple[KeyRequirement, Incompatibility]] = {}
        self._loaded: dict[int, int] = {}
        self._needs: dict[tuple[Key, int], list[tuple[NormalizedName, int, int]]] = {}
        """What releases require, once it was asked for; the metadata that is read later says nothing else of them."""

    def add(self, incompatibility: Incompatibility) -> None:
        """Take an incompatibility in."""
        for key in incompatibility.terms:
            self.by_key[key].append(incompatibility)

    def roots(self) -> list[Incompatibility]:
        """Return what the project requires."""
        self.model.catalog.expect((edge.name, edge.extras, edge.specifier) for edge in self.region.roots)
        found = []
        for edge in self.region.roots:
            found += self._wanted(None, 0, edge, RootDependency(edge, edge.marker))
        return found

    def number(self, name: NormalizedName, extra: ExtraName | None = None) -> int:
        """Return the number of a key; states what is known of the project the first time."""
        key = Key(name, extra)
        found = self._numbers.get(key)
        if found is None:
            base = None if extra is None else self.number(name)
            found = self._numbers[key] = self.trail.add(len(self.model.candidates(name).versions))
            self.keys.append(key)
            self.by_key.append([])
            self.wants.append([])
            if base is None:
                self._rules(found, name)
            else:
                self.bases[found] = base
                self.extras.setdefault(base, []).append(found)
        return found

    def find_key(self, name: NormalizedName) -> int | None:
        """Return the number of a project's own key, if it was met."""
        return self._numbers.get(Key(name, None))

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
        key, possible = self.keys[number], self.trail.possible
        needs = self._needs.get((key, position))
        if needs is None:
            if self.model.unusable(key.name, position):
                return True
            needs = self._needed(key, position)
        for _, mask, needed in needs:  # noqa: SIM110 - asked before each decision
            if not possible[needed] & mask:
                return True
        return False

    def is_ahead(self, number: int, position: int) -> bool:
        """Return whether a release is blocked, and by nothing but requirements on newer releases than are left.

        Older releases of its project probably require less; where others require older releases than are left, older
        ones of theirs probably require even older ones.
        """
        key = self.keys[number]
        if self.model.unusable(key.name, position):
            return False
        blocking = list(self._blocking(key, position))
        return bool(blocking) and all(wanted.bit_length() <= _newest(left) for _, wanted, left in blocking)

    def blockers(self, number: int, position: int) -> Iterator[NormalizedName]:
        """Return the projects of which nothing is left that a release requires."""
        return (name for name, _, _ in self._blocking(self.keys[number], position))

    def _blocking(self, key: Key, position: int) -> Iterator[tuple[NormalizedName, int, int]]:
        """Yield the requirements of a release that nothing left meets: the releases that one admits, and those left.

        Those left are none where the project was excluded altogether.
        """
        possible = self.trail.possible
        for name, mask, number in self._needed(key, position):
            left = possible[number]
            if not left & mask:
                yield name, mask, left & ~self.trail.absent[number]

    def _needed(self, key: Key, position: int) -> list[tuple[NormalizedName, int, int]]:
        """Return what a release requires in the region: each project, the releases that fit, and its key."""
        found = self._needs.get((key, position))
        if found is None:
            found = self._needs[key, position] = []
            for edge in self.model.edges(key.name, position):
                applies = edge.applies(key.extra)
                if applies is markers.NEVER:
                    continue
                where = counted(edge, self.region.env & applies, self.model)
                if not edge.fault and where is not markers.NEVER:
                    mask = self.model.candidates(edge.name).mask(edge.specifier)
                    found.append((edge.name, mask, self.number(edge.name)))
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
        # What the release requires without the extra as well is stated for the project's own key.
        for edge, applies in applying(self.model, key.name, position, key.extra):
            where = counted(edge, self.region.env & applies, self.model)
            if where is markers.NEVER:
                continue
            if edge.fault:
                self.add(Incompatibility({number: bit}, FaultyMetadata(key.name, edge, where)))
            else:
                self._wanted(number, bit, edge, ReleaseDependency(key, edge, where))
        self.is_stale = self.is_stale or coverage.revision != revision

    def _wanted(self, parent: int | None, bit: int, edge: Edge | RootEdge, fact: Demanded) -> list[Incompatibility]:
        """State a requirement: on the project, and that each of its extras comes along."""
        base = self.number(edge.name)
        candidates = self.model.candidates(edge.name)
        found = [self._stated(base, candidates.mask(edge.specifier), parent, bit, fact, edge.specifier)]
        for extra in edge.extras:
            number = self.number(edge.name, extra)
            found.append(self._stated(number, candidates.full, parent, bit, fact, ""))
        return [one for one in found if one is not None]

    def _stated(
        self, number: int, mask: int, parent: int | None, bit: int, fact: Demanded, specifier: str
    ) -> Incompatibility | None:
        """Return the incompatibility when it is new; where other releases require the same, theirs is widened."""
        merged = (-1 if parent is None else parent, number, specifier, fact.where)
        known = self._merged.get(merged)
        if known is not None:
            want, incompatibility = known
            want.versions |= bit
            if parent is not None:
                widened = bit & (self.trail.full[number] & ~mask if parent == number else -1)
                incompatibility.terms[parent] |= widened
            return None
        full = self.trail.full[number]
        # A term that every state meets says nothing; a requirement that nothing meets forbids the parent.
        terms = {number: full & ~mask} if mask else {}
        if parent is not None:
            terms[parent] = bit & terms[parent] if parent in terms else bit
            if not terms[parent]:
                return None
        incompatibility = Incompatibility(terms, fact)
        self.add(incompatibility)
        want = KeyRequirement(fact, parent, self.model.candidates(fact.edge.name))
        want.versions = bit
        self.wants[number].append(want)
        self._merged[merged] = (want, incompatibility)
        return incompatibility

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

    def _same(self, extra: int, mask: int, base: int) -> Incompatibility:
        return Incompatibility({extra: mask, base: self.trail.full[base] & ~mask}, SameRelease(self.keys[base].name))


def _newest(mask: int) -> int:
    """Return the position of the newest release in `mask`; -1 for none."""
    return (mask & -mask).bit_length() - 1
