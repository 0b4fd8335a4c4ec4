"""An answer that stays the same when it is locked again.

Duty: solve again, beginning with the answer, until that changes nothing. In: a Problem, and what solves one. Out: its
answer. Never: a search.

What is left out of an answer depends on where the search began, and locking again begins with the answer.

Explained in docs/resolver.md, "The driver".
"""

from __future__ import annotations

from lockenv.resolve import closure
from lockenv.resolve.problem import relocking
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.pin import Effort, Resolution, Unsolvable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final

    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.pin import NeedsPermission, Pin

    Answer = Resolution | Unsolvable | NeedsPermission

_MOST_TURNS: Final = 8


class KnownProof:
    """The last pins that were checked, and the verdict: locking an answer again mostly finds the same pins."""

    def __init__(self) -> None:
        self._last: tuple[tuple[Pin, ...], Marker, closure.Proof | tuple[closure.Fault, ...]] | None = None

    def check(
        self, pins: tuple[Pin, ...], problem: Problem, universe: Marker
    ) -> closure.Proof | tuple[closure.Fault, ...]:
        """Return what `closure.check` does; `problem` differs between calls only in what was locked before."""
        if self._last is None or self._last[1] is not universe or self._last[0] != pins:
            self._last = (pins, universe, closure.check(pins, problem, universe=universe))
        return self._last[2]


def stable(problem: Problem, solved: Callable[[Problem], Answer]) -> Answer:
    """Return the answer to `problem` that is also the answer when it is locked; the last of some where none is.

    Where nothing is found that begins with an answer, it is the one: locking it again finds nothing either, and then
    begins without it.
    """
    answers: list[Resolution] = []
    spent = Effort()
    for _ in range(_MOST_TURNS):
        found = solved(problem)
        if isinstance(found, Resolution):
            spent = spent.plus(found.effort)
            found = replace(found, effort=spent)
        if isinstance(found, Unsolvable) and answers:
            return answers[-1]
        if not isinstance(found, Resolution) or not found.uncovered or _is_kept(problem, found):
            return found
        same = next((number for number, answer in enumerate(answers) if _is_same(answer, found)), None)
        if same is not None:
            return _settled(answers[same:])
        answers.append(found)
        problem = relocking(problem, found)
    return answers[-1]


def stable_from_anywhere(problem: Problem, solved: Callable[[Problem], Answer]) -> Answer:
    """Return the same; where that is a refusal, what is answered without what was locked.

    What is left out depends on where the search began, and no old pin may be why there is no answer.
    """
    found = stable(problem, solved)
    if isinstance(found, Unsolvable) and problem.preferred:
        return stable(replace(problem, locked=(), left_out=markers.NEVER), solved)
    return found


def _is_same(one: Resolution, other: Resolution) -> bool:
    """Return whether locking again begins with the same after two answers."""
    return one.universe is other.universe and one.uncovered == other.uncovered and one.pins == other.pins


def _settled(answers: Sequence[Resolution]) -> Resolution:
    """Return the one of answers each of which is the next one's beginning: of the widest ones, the first by text.

    Whichever of them locking again begins with, it finds the others, and returns the same.
    """
    widest = [
        one
        for one in answers
        if not any(one.universe is not other.universe and one.universe.implies(other.universe) for other in answers)
    ]
    return min(
        widest,
        key=lambda one: [
            marker_text(one.universe),
            *(f"{pin.name} {pin.version} {marker_text(pin.marker)}" for pin in one.pins),
        ],
    )


def _is_kept(problem: Problem, found: Resolution) -> bool:
    """Return whether an answer is what the search began with, and what locking it again begins with."""
    again = relocking(problem, found)
    if again.left_out is not problem.left_out & problem.universe:
        return False
    inside = [(pin.name, pin.version, pin.marker & found.universe) for pin in problem.locked]
    if inside != [(pin.name, pin.version, pin.marker) for pin in found.pins]:
        return False
    # In what is left out, the search begins with what is locked right below; what that was before is of no account.
    begun = [pin.marker & problem.universe for pin in problem.locked]
    return begun == [pin.marker & problem.universe for pin in again.locked]
