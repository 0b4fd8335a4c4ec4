"""The second engine's state: what is decided, what follows from it, and how to take it back.

Duty: keep, for each key, the states still possible. In: steps. Out: masks. Never: a choice.

Explained in docs/resolver.md, "The second engine".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import BugError
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from lockenv.resolve.incompatibility import Incompatibility
    from lockenv.vocabulary.markers import Marker


class SolutionStep(NamedTuple):
    """A decision or a derivation."""

    place: int
    """Counts the steps; steps compare by it."""
    key: int
    level: int
    """How many decisions had been made, this one included."""
    before: int
    after: int
    cause: Incompatibility | None
    """None for a decision."""


_new = tuple.__new__
"""Makes a step in half of the time that its own constructor takes."""


class KnownSteps:
    """A decision, and what was derived from it."""

    __slots__ = ("area", "forced", "opened", "position", "steps")

    def __init__(
        self, steps: list[SolutionStep], position: int, area: Marker | None, opened: int, forced: list[int]
    ) -> None:
        self.steps = steps
        """As they were made last: with another place or level, they are other ones."""
        self.position = position
        self.area = area
        self.opened = opened
        """The keys that must be chosen since then, by the bits of their numbers."""
        self.forced = forced
        """Those of them that have one release left."""


class PartialSolution:
    """What is known of each key, numbered from 0."""

    def __init__(self) -> None:
        self.full: list[int] = []
        """Every state of a key."""
        self.absent: list[int] = []
        """The state "not chosen" of a key."""
        self.possible: list[int] = []
        """The states of a key that nothing speaks against."""
        self.level = 0
        self.chosen: dict[int, int] = {}
        """The position decided for a key."""
        self.areas: list[Marker | None] = []
        """Where the project of a decided key is wanted, as far as was known; None for a key that is not decided."""
        self.open = 0
        """The keys that must be chosen and are not decided: the bit of each is that of its number."""
        self.forced: dict[int, None] = {}
        """Those of them that have one release left, in the order in which this was found."""
        self._steps: list[SolutionStep] = []
        self._history: list[list[SolutionStep]] = []
        self._decisions: list[int] = []
        """The place of each decision."""

    def add(self, releases: int) -> int:
        """Return the number of a new key with so many releases."""
        self.absent.append(1 << releases)
        self.full.append((2 << releases) - 1)
        self.possible.append(self.full[-1])
        self.areas.append(None)
        self._history.append([])
        return len(self.full) - 1

    def decide(self, key: int, position: int, area: Marker | None) -> None:
        """Choose a release for an open key."""
        self.level += 1
        self.open &= ~(1 << key)
        self.forced.pop(key, None)
        self.chosen[key] = position
        self.areas[key] = area
        self._decisions.append(len(self._steps))
        self._step(key, 1 << position, None)

    def derive(self, key: int, mask: int, cause: Incompatibility) -> None:
        """Leave only the states in `mask`, some of which are possible and not all, of a key that is not decided."""
        after = self.possible[key] & mask
        self._step(key, after, cause)
        if not after & self.absent[key]:
            self.open |= 1 << key
            if not after & (after - 1):
                self.forced[key] = None

    def _step(self, key: int, after: int, cause: Incompatibility | None) -> None:
        steps, possible = self._steps, self.possible
        step = _new(SolutionStep, (len(steps), key, self.level, possible[key], after, cause))
        steps.append(step)
        self._history[key].append(step)
        possible[key] = after

    def back_to(self, level: int) -> None:
        """Forget every step after `level` decisions."""
        if level >= self.level:
            return
        history, possible, chosen, areas = self._history, self.possible, self.chosen, self.areas
        place = self._decisions[level]
        changed: dict[int, None] = {}
        for _, key, _, before, _, cause in reversed(self._steps[place:]):
            history[key].pop()
            possible[key] = before
            if cause is None:
                del chosen[key]
                areas[key] = None
            changed[key] = None
        del self._steps[place:], self._decisions[level:]
        self.level = level
        for key in changed:
            mask = possible[key]
            if mask & self.absent[key]:
                self.open &= ~(1 << key)
                self.forced.pop(key, None)
                continue
            self.open |= 1 << key
            if mask & (mask - 1):
                self.forced.pop(key, None)
            else:
                self.forced[key] = None

    @property
    def places(self) -> int:
        """How many steps were made."""
        return len(self._steps)

    def repeat(self, known: KnownSteps) -> None:
        """Take a decision and what was derived from it again, where all of these keys are as they were before."""
        place, steps = len(self._steps), known.steps
        self.level = level = self.level + 1
        if steps[0].place != place or steps[0].level != level:
            steps = known.steps = [
                _new(SolutionStep, (place + number, key, level, before, after, cause))
                for number, (_, key, _, before, after, cause) in enumerate(steps)
            ]
        self._steps += steps
        self._decisions.append(place)
        history, possible = self._history, self.possible
        for step in steps:
            key = step[1]
            history[key].append(step)
            possible[key] = step[4]
        key = steps[0].key
        self.chosen[key] = known.position
        self.areas[key] = known.area
        self.open = self.open & ~(1 << key) | known.opened
        self.forced.pop(key, None)
        for key in known.forced:
            self.forced[key] = None

    def known_steps(self, place: int) -> KnownSteps | None:
        """Return the last decision, which has this place, and what was derived from it; None where there is none."""
        steps = self._steps[place:]
        if not steps or steps[0].cause is not None:
            return None
        key = steps[0].key
        opened, forced = 0, []
        for _, number, _, _, after, _ in steps[1:]:
            if not after & self.absent[number]:
                opened |= 1 << number
                if not after & (after - 1):
                    forced.append(number)
        return KnownSteps(steps, self.chosen[key], self.areas[key], opened, forced)

    def history(self, key: int) -> list[SolutionStep]:
        """Return the steps about a key, first to last."""
        return self._history[key]

    def satisfier(self, key: int, term: int) -> SolutionStep:
        """Return the first step after which a term that holds now held."""
        for step in self._history[key]:
            if not step.after & ~term:
                return step
        raise BugError("the search for versions lost track of what it had derived")
