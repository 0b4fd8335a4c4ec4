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
        self.open: dict[int, None] = {}
        """The keys that must be chosen and are not decided."""
        self.forced: dict[int, None] = {}
        """Those of them that have one release left."""
        self.reopened: list[int] = []
        """Each key that became open, for whoever keeps them in an order to take away."""
        self._steps: list[SolutionStep] = []
        self._history: list[list[SolutionStep]] = []

    def add(self, releases: int) -> int:
        """Return the number of a new key with so many releases."""
        self.absent.append(1 << releases)
        self.full.append((2 << releases) - 1)
        self.possible.append(self.full[-1])
        self._history.append([])
        return len(self.full) - 1

    def decide(self, key: int, position: int) -> None:
        """Choose a release for an open key."""
        self.level += 1
        self._close(key)
        self.chosen[key] = position
        self._step(key, 1 << position, None)

    def derive(self, key: int, mask: int, cause: Incompatibility) -> None:
        """Leave only the states in `mask`, some of which are possible."""
        self._step(key, self.possible[key] & mask, cause)
        if key not in self.chosen:
            self._open(key)

    def _open(self, key: int) -> None:
        """Note the state of a key that is not decided."""
        mask = self.possible[key]
        if mask & self.absent[key]:
            self._close(key)
            return
        if key not in self.open:
            self.open[key] = None
            self.reopened.append(key)
        if mask & (mask - 1):
            self.forced.pop(key, None)
        else:
            self.forced[key] = None

    def _close(self, key: int) -> None:
        self.open.pop(key, None)
        self.forced.pop(key, None)

    def _step(self, key: int, after: int, cause: Incompatibility | None) -> None:
        steps, possible = self._steps, self.possible
        step = _new(SolutionStep, (len(steps), key, self.level, possible[key], after, cause))
        steps.append(step)
        self._history[key].append(step)
        possible[key] = after

    def back_to(self, level: int) -> None:
        """Forget every step after `level` decisions."""
        steps, history, possible, chosen = self._steps, self._history, self.possible, self.chosen
        while steps and steps[-1].level > level:
            _, key, _, before, _, cause = steps.pop()
            history[key].pop()
            possible[key] = before
            if cause is None:
                del chosen[key]
            if key not in chosen:
                self._open(key)
        self.level = level

    def history(self, key: int) -> list[SolutionStep]:
        """Return the steps about a key, first to last."""
        return self._history[key]

    def satisfier(self, key: int, term: int) -> SolutionStep:
        """Return the first step after which a term that holds now held."""
        for step in self._history[key]:
            if not step.after & ~term:
                return step
        raise BugError("the search for versions lost track of what it had derived")
