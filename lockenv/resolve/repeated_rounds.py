"""Rounds of the second engine that come again as they were.

Duty: remember, for each key, what was decided last and what followed, and repeat it where all that was looked at for it
is as it was then. In: the IncompatibilityStore and its PartialSolution. Out: steps. Never: another decision than the
search would make, or another order of what follows.

After a conflict the search goes back, often far, and most of what it decides then it decided before. What a round
decides and derives follows from the states of the keys that it looks at, from the areas of the projects that require
its own, and from the incompatibilities of the keys that change.

Explained in docs/resolver.md, "The second engine".
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.resolve.incompatibility_store import IncompatibilityStore
    from lockenv.resolve.partial_solution import KnownSteps

    Look = Callable[[Sequence[Any]], object]


class _Round:
    """What was decided for a key, what followed, and all that both depended on."""

    __slots__ = ("areas", "changes", "learned", "seen_areas", "seen_changes", "seen_states", "states", "steps")

    def __init__(self, steps: KnownSteps, learned: int, states: Look, changes: Look, areas: Look | None) -> None:
        self.steps = steps
        self.learned = learned
        self.states = states
        self.changes = changes
        self.areas = areas
        self.seen_states: object = None
        self.seen_changes: object = None
        self.seen_areas: object = None


class RepeatedRounds:
    """The last round of each key."""

    def __init__(self, encoding: IncompatibilityStore) -> None:
        self._encoding = encoding
        self._trail = encoding.trail
        self._rounds: dict[int, _Round] = {}
        self.looked_at: set[int] = set()
        """The keys whose states the present round looked at."""
        self._place = 0
        """That of its first step."""

    def repeat(self, number: int) -> bool:
        """Repeat the last round of a key; False where something that it depended on is not as it was."""
        known, trail = self._rounds.get(number), self._trail
        if (
            known is None
            or known.states(trail.possible) != known.seen_states
            or known.changes(self._encoding.changes) != known.seen_changes
            or (known.areas is not None and known.areas(trail.areas) != known.seen_areas)
            or known.learned != self._encoding.model.learned
        ):
            return False
        trail.repeat(known.steps)
        return True

    def begin(self, number: int) -> None:
        """Begin a round in which a key is decided."""
        self.looked_at.clear()
        self.looked_at.add(number)
        self._place = self._trail.places

    def keep(self, number: int) -> None:
        """Remember the present round, which decided a key and ended without a conflict."""
        encoding, trail, parents = self._encoding, self._trail, self._encoding.parents[number]
        known = trail.known_steps(self._place)
        if known is None:
            return
        # What a release requires of its own project excludes it or says nothing: its choice does not depend on that.
        states = itemgetter(*self.looked_at, *parents)
        changes = itemgetter(*[step[1] for step in known.steps])
        found = _Round(known, encoding.model.learned, states, changes, itemgetter(*parents) if parents else None)
        possible = trail.possible
        for _, key, _, before, _, _ in reversed(known.steps):
            possible[key] = before
        found.seen_states = states(possible)
        for _, key, _, _, after, _ in known.steps:
            possible[key] = after
        found.seen_changes = found.changes(encoding.changes)
        found.seen_areas = None if found.areas is None else found.areas(trail.areas)
        self._rounds[number] = found
