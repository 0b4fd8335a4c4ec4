"""The second engine: PubGrub on masks.

Duty: solve one region, or prove that it has no solution and say why. In: Region, Model. Out: Assignment, Split or
NoSolution. Never: more than one region, a rule of choice that the first engine does not have.

PubGrub is conflict-driven clause learning over versions: whatever fails is resolved into an incompatibility that is
kept, so the same failure is not met twice, and a failure of everything comes with its derivation.

Explained in docs/resolver.md, "The second engine".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve.decision_limit import gave_up
from lockenv.resolve.decision_making import DecisionMaker
from lockenv.resolve.engine_interface import NoSolution, Split
from lockenv.resolve.explain import explain
from lockenv.resolve.incompatibility import DerivedCause, InadmissibleRelease, Incompatibility, leaves
from lockenv.resolve.incompatibility_store import IncompatibilityStore
from lockenv.resolve.partial_solution import PartialSolution
from lockenv.resolve.repeated_rounds import RepeatedRounds
from lockenv.vocabulary.dataclasses import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lockenv.resolve.engine_interface import Assignment, Region
    from lockenv.resolve.model import Model
    from lockenv.resolve.partial_solution import SolutionStep
    from lockenv.vocabulary.names import NormalizedName

_PROMOTED_AFTER = 5
_LOOKED_AT_AFTER = 3
"""How often releases of a project are excluded as prereleases or yanked before it is read what they require."""
_ASSUMED_AFTER = 12
"""How often they are, before it is assumed that no requirement admits them."""
_REPORTED_EACH = 16
_URGENT_AFTER = 2
_URGENT_AFTER_DIRECT = 5
"""Where nothing but direct requirements of the project is in the way, which may only be held back for a reason."""
_ALL_HOLD = -1
_NOTHING_FOLLOWS = -2


def engine(
    region: Region, model: Model, rounds_of: Callable[[IncompatibilityStore], RepeatedRounds] = RepeatedRounds
) -> Assignment | Split | NoSolution:
    """Return a version for each project needed in a region, or its division, or why there is no solution.

    `rounds_of` makes the memory of a search's rounds; the answer does not depend on what it keeps.

    Raises InputError where no answer is found within `Model.decisions_left`.
    """
    rounds = conflicts = 0
    is_repeated, is_assuming = False, True
    while True:
        search = _Search(region, model, rounds_of, is_assuming=is_assuming)
        try:
            found = search.run()
        except Split as split:
            return split
        rounds, conflicts = rounds + search.rounds, conflicts + search.conflicts
        if isinstance(found, Incompatibility):
            if not is_repeated:
                # Once more, with all that was looked at known from the start: the reasons come out shorter.
                is_repeated = True
                continue
            if any(isinstance(leaf.cause, InadmissibleRelease) and leaf.cause.is_assumed for leaf in leaves(found)):
                is_repeated = is_assuming = False
                continue
            return explain(found, search.encoding, rounds=rounds, conflicts=conflicts)
        if found is not None:
            return replace(found, rounds=rounds, conflicts=conflicts)


class _Search:
    def __init__(
        self,
        region: Region,
        model: Model,
        rounds_of: Callable[[IncompatibilityStore], RepeatedRounds],
        *,
        is_assuming: bool,
    ) -> None:
        self._is_assuming = is_assuming
        self.trail = PartialSolution()
        self.encoding = IncompatibilityStore(region, model, self.trail)
        self.rounds = 0
        self.conflicts = 0
        self._chooser = DecisionMaker(self.encoding)
        self._direct = frozenset(edge.name for edge in region.roots)
        self._blamed: dict[int, int] = {}
        self._promoted: dict[int, None] = {}
        self._preferred = 0
        """The keys that are urgent or promoted, by the bits of their numbers."""
        self._blocked: dict[int, int] = {}
        """How often a release of a project was about to be decided that did not fit what others had chosen."""
        self._excluded: dict[int, int] = {}
        """How often prereleases or yanked releases of a project were excluded, though nothing else was left."""
        self._restarted = False
        self._is_repeatable = False
        """Whether the present round comes out the same where all that it looked at is as it was."""
        self._waiting: dict[int, None] = {}
        """Projects of which nothing that is possible is admitted yet: a later requirement may admit it."""
        self._urgent: dict[NormalizedName, int] = {}
        """The keys of the urgent projects that were met, in the order in which they became urgent."""
        self._urgent_of = (0, 0)
        """How many urgent projects, and how many keys, there were when they were looked up."""
        self._repeated = rounds_of(self.encoding)

    def run(self) -> Assignment | Incompatibility | None:
        """Return the choice, or the incompatibility of everything; None where the model learned something on the way.

        Raises Split.
        """
        for root in self.encoding.roots():
            if not root.terms:
                return root
            for number in root.terms:
                if (failure := self._propagate({number: None})) is not None:
                    return failure
        return self._decide_all()

    def _decide_all(self) -> Assignment | Incompatibility | None:
        trail, encoding, model = self.trail, self.encoding, self.encoding.model
        while trail.open:
            self.rounds += 1
            model.decisions_left -= 1
            if model.decisions_left < 0:
                raise gave_up(self._most_blamed(), encoding.region.roots)
            number = self._next()
            if number is None:
                # Everything else is decided, so whatever might admit these releases is in force.
                number = next(iter(self._waiting))
                self._waiting.clear()
                self._decide(number, is_last=True)
            elif self._repeated.repeat(number):
                if model.report is not None:
                    self._report_choice(number)
                continue
            elif not self._decide(number):
                continue
            if encoding.is_stale:
                return None
            # What was derived from a release alone went away with the decisions; any key may derive it again.
            changed = dict.fromkeys(range(len(encoding.keys)) if self._restarted else (number,))
            self._restarted = False
            conflicts = self.conflicts
            if (failure := self._propagate(changed)) is not None:
                return failure
            if self._is_repeatable and conflicts == self.conflicts:
                self._repeated.keep(number)
        numbers = {encoding.keys[number].name: number for number in trail.chosen if number not in encoding.bases}
        chosen = {name: trail.chosen[number] for name, number in numbers.items()}
        return self._chooser.verified(chosen, numbers)

    def _next(self) -> int | None:
        """Return the key to decide: what conflicts are about, then what has no choice, then what was met first.

        A project comes before its extras. None when all that are open wait.
        """
        trail, waiting, bases = self.trail, self._waiting, self.encoding.bases
        urgent = self.encoding.model.urgent
        if len(self._urgent) < len(urgent) and self._urgent_of != (of := (len(urgent), len(trail.full))):
            found = {name: self.encoding.find_key(name) for name in urgent}
            self._urgent = {name: number for name, number in found.items() if number is not None}
            for number in self._urgent.values():
                self._preferred |= 1 << number
            self._urgent_of = of
        is_open = trail.open
        if is_open & self._preferred:
            for number in (*self._urgent.values(), *self._promoted):
                if is_open >> number & 1 and number not in waiting:
                    return number
        for number in trail.forced:
            base = bases.get(number, number)
            if base not in waiting:
                return number if base in trail.chosen else base
        while is_open:
            number = (is_open & -is_open).bit_length() - 1
            base = bases.get(number, number)
            if base not in waiting:
                return number if base in trail.chosen else base
            is_open &= is_open - 1
        return None

    def _report_choice(self, number: int) -> None:
        if (report := self.encoding.model.report) is not None and number not in self.encoding.bases:
            name = self.encoding.keys[number].name
            report(f"chose {name} {self.encoding.model.candidates(name).versions[self.trail.chosen[number]]}")

    def _decide(self, number: int, *, is_last: bool = False) -> bool:
        """Decide a key, or say why its releases cannot be chosen; False when it has to wait."""
        base = self.encoding.bases.get(number)
        self._is_repeatable = False
        self._repeated.begin(number)
        if base is not None:
            choice: int | Incompatibility = self.trail.chosen[base]
        else:
            choice = self._chooser.choose(number)
        if isinstance(choice, int):
            blocked = self.encoding.load(number, choice)
            if blocked is None:
                if base is None and self._is_urgent(number, choice):
                    self.trail.back_to(0)
                    self._waiting.clear()
                    self._restarted = True
                    return True
                self._is_repeatable = base is not None or self._chooser.is_settled
                self.trail.decide(number, choice, self._chooser.area if base is None else self.trail.areas[base])
                self._report_choice(number)
                return True
            choice = blocked
        elif isinstance(choice.cause, InadmissibleRelease):
            if not is_last:
                self._waiting[number] = None
                return False
            if self._is_looked_at(number, choice.terms[number]):
                return True
            choice = self._assumed(number, choice, choice.cause)
        self.encoding.add(choice)
        return True

    def _is_looked_at(self, number: int, mask: int) -> bool:
        """State what excluded releases require, where they were excluded again and again; False where it is known.

        That they are prereleases or yanked counts only beside all that requires their project, so each combination of
        those fails by itself. What they require may exclude them with one or two others.
        """
        self._excluded[number] = self._excluded.get(number, 0) + 1
        return self._excluded[number] > _LOOKED_AT_AFTER and self.encoding.look_at(number, mask)

    def _assumed(self, number: int, excluded: Incompatibility, fact: InadmissibleRelease) -> Incompatibility:
        """Return the same whatever is required, where it held often though other releases fit what is required."""
        if not self._is_assuming or not fact.is_usual or self._excluded[number] <= _ASSUMED_AFTER:
            return excluded
        return Incompatibility({number: excluded.terms[number]}, fact._replace(wanted=(), is_assumed=True))

    def _is_urgent(self, number: int, position: int) -> bool:
        """Return whether a project has to be decided before others, as soon as this is found out.

        When release after release does not fit what others chose, those probably chose too early. Their choice is
        looked at again at once, instead of every release of this one. Not where it requires newer releases than
        others leave: an older release of it will fit them, as none of theirs would fit its newest.
        """
        name, urgent = self.encoding.keys[number].name, self.encoding.model.urgent
        if name in urgent:
            return False
        if not self.encoding.is_blocked(number, position):
            return False
        self._chooser.is_settled = False
        if self.encoding.is_ahead(number, position):
            return False
        self._blocked[number] = self._blocked.get(number, 0) + 1
        is_kept = name not in self._direct and self._direct.issuperset(self.encoding.blockers(number, position))
        if self._blocked[number] < (_URGENT_AFTER_DIRECT if is_kept else _URGENT_AFTER):
            return False
        urgent[name] = None
        return True

    def _propagate(self, queue: dict[int, None]) -> Incompatibility | None:
        """Derive all that follows from changes of keys; return the incompatibility of everything if nothing is left."""
        while queue:
            changed, _ = queue.popitem()
            conflict = self._consequences(changed, queue)
            if conflict is None:
                continue
            self.conflicts += 1
            self._waiting.clear()
            learned = self._resolve(conflict)
            if (report := self.encoding.model.report) is not None:
                names = dict.fromkeys(self.encoding.keys[each].name for each in learned.terms)
                report(f"conflict over {', '.join(names) or 'all requirements'}")
            if not learned.terms:
                return learned
            self._blame(learned)
            self._report_progress()
            derived = self._unit(learned)
            queue = dict.fromkeys(learned.terms) if derived < 0 else {derived: None}
        return None

    def _consequences(self, changed: int, queue: dict[int, None]) -> Incompatibility | None:
        """Derive what follows directly from a change; return an incompatibility whose terms all hold, or None."""
        encoding, trail, possible = self.encoding, self.trail, self.trail.possible
        known: Iterable[Incompatibility] = reversed(encoding.by_key[changed])
        looked_at = self._repeated.looked_at
        if changed in encoding.bases or changed in encoding.extras:
            known = (*encoding.links(changed), *known)
            looked_at.update(encoding.linked(changed))
        left = possible[changed]
        for incompatibility in known:
            terms = incompatibility.terms
            if not left & terms[changed]:
                # Most are about other releases than those that are left: nothing follows.
                continue
            looked_at.update(terms)
            # As in `_unit`, without the call: this is the innermost loop of a long search.
            found = _ALL_HOLD
            for number, term in terms.items():
                states = possible[number]
                if not states & ~term:
                    continue
                if found >= 0 or not states & term:
                    break
                found = number
            else:
                if found < 0:
                    return incompatibility
                trail.derive(found, ~terms[found], incompatibility)
                queue[found] = None
                left = possible[changed]
        return None

    def _unit(self, incompatibility: Incompatibility) -> int:
        """Derive the opposite of the one open term, and return its key; a negative number where there is none."""
        possible = self.trail.possible
        found = _ALL_HOLD
        for number, term in incompatibility.terms.items():
            states = possible[number]
            if not states & ~term:
                continue
            if found >= 0 or not states & term:
                return _NOTHING_FOLLOWS
            found = number
        if found >= 0:
            self.trail.derive(found, ~incompatibility.terms[found], incompatibility)
        return found

    def _resolve(self, conflict: Incompatibility) -> Incompatibility:
        """Return what a conflict teaches, and go back to where it would have followed from it."""
        current = conflict
        while current.terms:
            latest, previous = self._latest(current)
            if latest.cause is None or previous < latest.level:
                self.trail.back_to(previous)
                if current is not conflict:
                    self.encoding.add(current)
                return current
            current = _resolved(current, latest.cause, latest.key, self.trail.full[latest.key])
        return current

    def _latest(self, current: Incompatibility) -> tuple[SolutionStep, int]:
        """Return the step that made the last term hold, and the level at which all that it needed held."""
        trail = self.trail
        steps = [trail.satisfier(number, term) for number, term in current.terms.items()]
        latest = max(steps)
        previous = max((step.level for step in steps if step is not latest), default=0)
        if latest.cause is not None:
            key, full = latest.key, trail.full[latest.key]
            rest = full & ~latest.cause.terms[key] & ~current.terms[key]
            if rest:
                # The step alone did not make the term hold: something earlier did its part.
                previous = max(previous, trail.satisfier(key, full & ~rest).level)
        return latest, previous

    def _blame(self, learned: Incompatibility) -> None:
        """Count who takes part in conflicts; who keeps doing so is decided before others."""
        for number in learned.terms:
            base = self.encoding.bases.get(number, number)
            self._blamed[base] = self._blamed.get(base, 0) + 1
            if self._blamed[base] == _PROMOTED_AFTER:
                self._promoted[base] = None
                self._preferred |= 1 << base

    def _most_blamed(self) -> list[NormalizedName]:
        """Return the projects that conflicts were about, the most frequent first."""
        keys = self.encoding.keys
        return [keys[each].name for each in sorted(self._blamed, key=lambda each: (-self._blamed[each], keys[each]))]

    def _report_progress(self) -> None:
        """Report now and then which projects most conflicts are about."""
        if self.conflicts % _REPORTED_EACH == 0:
            self.encoding.model.progress.advance(0, f"over {', '.join(self._most_blamed()[:3])}")


def _resolved(current: Incompatibility, cause: Incompatibility, number: int, full: int) -> Incompatibility:
    """Return what follows from two incompatibilities, one of which must be wrong about the key `number`."""
    terms = {other: term for other, term in current.terms.items() if other != number}
    for other, term in cause.terms.items():
        if other != number:
            terms[other] = terms.get(other, -1) & term
    either = current.terms[number] | cause.terms[number]
    if either != full:
        terms[number] = either
    return Incompatibility(terms, DerivedCause(current, cause))
