"""What trying hints costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.resolve.bounded_catalog import SearchBudget, TooMuchAsked
from lockenv.resolve.hint import Advice, Hint, Question, Remedy
from lockenv.resolve.problem import problem
from lockenv.resolve.tried_hints import tried
from lockenv.vocabulary import markers
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.pin import Resolution, Unsolvable
from tests.support.universe import MemoryCatalog, manifest

if TYPE_CHECKING:
    from collections.abc import Callable


def test_two_changes_are_tried_together_once_whichever_comes_first() -> None:
    made: list[str] = []

    def hint(text: str) -> Hint:
        def change(question: Question) -> Question:
            made.append(text)
            return question

        return Hint.of(f"relax {text}", change)

    def ask(_question: Question, _report: object) -> tuple[Unsolvable, Advice]:
        return Unsolvable(environment="", reasons=("no",)), Advice((hint("b" if made[-1] == "a" else "a"),))

    hints = tried(Advice((hint("a"), hint("b"))), Question(problem(manifest("lib")), MemoryCatalog({})), ask)

    assert hints == ()
    # Each alone, then `a` again with `b`; `b` with `a` would be the same.
    assert made == ["a", "b", "a", "b", "b"]


def test_a_page_that_a_search_has_read_costs_the_next_one_little() -> None:
    budget, name = SearchBudget(7), NormalizedName("a")

    budget.read(name)
    budget.read(name)
    budget.read(name)

    with pytest.raises(TooMuchAsked):
        budget.read(name)


class Recorded:
    """Keeps what it hears of an activity."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def begin(self, activity: str, total: int | None = None, unit: str = "") -> None:
        self.heard.append(f"{activity} {total} {unit}")

    def advance(self, amount: int = 1, note: str = "") -> None:
        self.heard.append(f"+{amount} {note}")

    def end(self) -> None:
        self.heard.append("over")


QUESTION = Question(problem(manifest("lib")), MemoryCatalog({}))
LOCK = Resolution(universe=markers.ALWAYS, environments=(), pins=())


def after(steps: int) -> Callable[[Question, Callable[[str], None]], tuple[Resolution, Advice]]:
    """Return who finds a lock after so many decisions, whatever is asked."""

    def ask(_question: Question, decided: Callable[[str], None]) -> tuple[Resolution, Advice]:
        for _ in range(steps):
            decided("chose")
        return LOCK, Advice()

    return ask


def unchanged(question: Question) -> Question:
    return question


def test_progress_says_which_change_is_tried() -> None:
    progress = Recorded()
    remedies = tuple(Remedy(f"`{name}<2`", (unchanged,)) for name in ("a", "b"))

    tried(Advice((Hint(remedies, "relax"), Hint.of("wait", unchanged))), QUESTION, after(1), progress)

    assert progress.heard == [
        "trying what may help None changes",
        "+1 relax `a<2`",
        "+1 relax `b<2`",
        "+1 wait",
        "over",
    ]


def test_nothing_is_tried_where_there_is_no_hint() -> None:
    progress = Recorded()

    assert tried(Advice(steps=9), QUESTION, after(1), progress) == ()
    assert progress.heard == []


def test_trials_take_little_more_steps_than_the_search_that_failed() -> None:
    advice = Advice((Hint.of("relax a", unchanged),), steps=500)

    assert [tried(advice, QUESTION, after(steps)) for steps in (6500, 6501)] == [("relax a",), ()]


def test_all_trials_together_have_these_steps() -> None:
    hints = tuple(Hint.of(f"relax {name}", unchanged) for name in ("a", "b", "c"))

    assert tried(Advice(hints, steps=1000), QUESTION, after(3500)) == ("relax a", "relax b")
