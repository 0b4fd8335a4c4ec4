"""What trying hints costs."""

from __future__ import annotations

import pytest

from lockenv.resolve.bounded_catalog import SearchBudget, TooMuchAsked
from lockenv.resolve.hint import Advice, Hint, Question
from lockenv.resolve.problem import problem
from lockenv.resolve.tried_hints import tried
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.pin import Unsolvable
from tests.support.universe import MemoryCatalog, manifest


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
