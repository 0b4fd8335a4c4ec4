"""Try hints before they are printed: a change after which there is no lock is no help.

Duty: pose each question that a hint would leave, and keep the hints whose questions have an answer. Where none has,
because of another conflict, try two changes together. In: hints, the question, and what answers one.
Out: sentences. Never: a search of its own, much more effort than that of the first answer.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.errors import BugError, LockenvError
from lockenv.resolve.bounded_catalog import BoundedCatalog, SearchBudget, TooMuchAsked
from lockenv.resolve.failure_wording import listed
from lockenv.resolve.hint import Question
from lockenv.vocabulary import markers
from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
from lockenv.vocabulary.progress import SILENT, during

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lockenv.resolve.hint import Advice, Hint, Remedy
    from lockenv.vocabulary.pin import Resolution
    from lockenv.vocabulary.progress import Progress

    Answer = tuple[Resolution | Unsolvable | NeedsPermission, Advice]
    Ask = Callable[[Question, Callable[[str], None]], Answer]

_MOST_TRIALS: Final = 12
_STEPS: Final = 6000
"""How much all trials together may do: see SearchBudget. It is enough for two locks of 400 packages."""
_STEPS_A_STEP: Final = 1
"""How much more they may do for each step of the search that ended with the refusal: no one waits much longer for hints
than for the refusal itself."""


def tried(advice: Advice, question: Question, ask: Ask, progress: Progress = SILENT) -> tuple[str, ...]:
    """Return the hints after which there is a lock, in their order, a clause each.

    `ask` answers a question and reports its decisions; with a refusal comes the advice against that one. An answer that
    depends on a build of a project that the refusal is about is none. `progress` hears which change is tried.
    """
    if not advice.hints:
        return ()
    with during(progress, "trying what may help", unit="changes"):
        return _found(advice, question, _Trials(ask, advice, progress))


def _found(advice: Advice, question: Question, trials: _Trials) -> tuple[str, ...]:
    found = []
    further: list[tuple[Hint, Remedy, tuple[Hint, ...]]] = []
    for hint in advice.hints:
        kept = []
        for remedy in hint.remedies:
            outcome = trials.outcome(remedy, question, _sentence(hint, [remedy.text]))
            if outcome is None:
                kept.append(remedy.text)
                if hint.is_choice:
                    break
            elif outcome:
                further.append((hint, remedy, outcome))
        if kept:
            found.append(_sentence(hint, kept))
    return tuple(dict.fromkeys(found)) or tuple(_together(further, question, trials))


def _together(
    further: Sequence[tuple[Hint, Remedy, tuple[Hint, ...]]], question: Question, trials: _Trials
) -> Iterator[str]:
    """Yield the first two changes that are enough together, where no single one is; each two are tried once."""
    known: set[frozenset[str]] = set()
    for hint, remedy, more in further:
        if len(remedy.changes) != 1:
            continue
        changed = remedy.changes[0](question)
        for second in more:
            for other in second.remedies:
                one, two = _sentence(hint, [remedy.text]), _sentence(second, [other.text])
                if (both := frozenset((one, two))) in known:
                    continue
                known.add(both)
                # A line that two groups include is two requirements.
                together = one if one == two else f"{one}, and {two}"
                if trials.outcome(other, changed, together) is None:
                    yield together
                    return


def _sentence(hint: Hint, remedies: Sequence[str]) -> str:
    return f"{hint.verb} {listed(remedies, 'or')}{hint.end}".lstrip()


class _Trials:
    def __init__(self, ask: Ask, advice: Advice, progress: Progress) -> None:
        self._ask = ask
        self._progress = progress
        self._names = advice.names
        self._count = 0
        self._budget = SearchBudget(_STEPS + _STEPS_A_STEP * advice.steps)

    def outcome(self, remedy: Remedy, question: Question, sentence: str) -> tuple[Hint, ...] | None:
        """Return None where there is a lock after a change; else the hints against what still prevents one.

        `sentence` is what will be printed of it.
        """
        if not remedy.changes:
            return ()
        self._progress.advance(note=sentence)
        for change in remedy.changes:
            self._count += 1
            if self._count > _MOST_TRIALS:
                return ()
            try:
                changed = change(question)
                if changed.problem.universe is markers.NEVER:
                    return ()
                bounded = Question(changed.problem, BoundedCatalog(changed.catalog, self._budget))
                found, advice = self._ask(bounded, self._budget.decided)
            except BugError:
                raise
            except (LockenvError, TooMuchAsked):
                return ()
            if isinstance(found, Unsolvable):
                return advice.hints
            if isinstance(found, NeedsPermission) and any(each.name in self._names for each in found.packages):
                return ()
        return None
