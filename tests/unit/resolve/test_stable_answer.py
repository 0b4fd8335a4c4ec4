from __future__ import annotations

from lockenv.resolve.problem import Problem, problem
from lockenv.resolve.stable_answer import stable
from lockenv.vocabulary import markers
from lockenv.vocabulary.pin import Resolution, UncoveredEnvironments
from tests.support.universe import manifest

QUESTION = problem(manifest("a", requires_python=">=3.11"))


def leaving_out(marker: str) -> Resolution:
    area = QUESTION.universe & markers.parse(marker)
    universe = QUESTION.universe & ~area
    left_out = (UncoveredEnvironments(marker=area, reason="no release runs there"),)
    return Resolution(universe=universe, environments=(universe,), pins=(), uncovered=left_out)


def test_of_answers_each_of_which_causes_the_next_the_widest_is_returned_whichever_comes_first() -> None:
    little, much = leaving_out("python_version >= '3.15'"), leaving_out("python_version >= '3.14'")

    def solved(posed: Problem) -> Resolution:
        return much if posed.left_out is little.uncovered[0].marker else little

    def solved_from_the_other(posed: Problem) -> Resolution:
        return little if posed.left_out is much.uncovered[0].marker else much

    assert [stable(QUESTION, one) for one in (solved, solved_from_the_other)] == [little, little]


def test_answer_that_redirects_to_itself_is_asked_for_twice() -> None:
    found, asked = leaving_out("python_version >= '3.15'"), []

    def solved(posed: Problem) -> Resolution:
        asked.append(posed.left_out)
        return found

    assert stable(QUESTION, solved) == found
    assert asked == [markers.NEVER, found.uncovered[0].marker]
