from __future__ import annotations

from typing import Any

from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.pin import Unsolvable
from tests.support.universe import MemoryCatalog, Universe, manifest


def refusal(universe: Universe, *requires: str, **rest: Any) -> Unsolvable:
    found = solve(problem(manifest(*requires, **rest)), MemoryCatalog(universe))
    assert isinstance(found, Unsolvable), found
    return found


def releases(*versions: str, **table: Any) -> dict[str, Any]:
    return dict.fromkeys(versions, table)


def test_failure_of_every_environment_names_none_even_where_a_part_was_looked_at() -> None:
    universe = {"a": releases("1", "2"), "b": releases("1", requires=["c"]), "c": releases("1")}

    found = refusal(universe, "a<2", "a>=2", "b ; sys_platform == 'win32'", "c>1 ; sys_platform == 'linux'")

    assert found.environment in ("", "sys_platform == 'linux'")
    assert found.reasons[-1].endswith("your requirements cannot be satisfied")


def test_versions_are_reported_as_runs_over_those_that_exist() -> None:
    numbers = {str(number): {"requires": ["b"] if number in (2, 3, 4, 7, 9) else ["c"]} for number in range(1, 10)}

    found = refusal({"a": numbers}, "a")

    assert any("a 2 to 4, 7 and 9 require b (not found on any index)" in reason for reason in found.reasons), (
        found.reasons
    )


def test_prereleases_do_not_break_a_run() -> None:
    universe = {"a": {"1": {"requires": ["b"]}, "2rc1": {"requires": ["c"]}, "2": {"requires": ["b"]}}}

    assert refusal(universe, "a").reasons == (
        "Because every version of a requires b (not found on any index) and you require a, "
        "your requirements cannot be satisfied",
    )


def test_long_report_leaves_out_its_middle_and_says_how_much() -> None:
    universe: dict[str, Any] = {f"p{number}": {"1": {"requires": [f"p{number + 1}"]}} for number in range(200)}
    universe["p200"] = releases("1")

    found = refusal(universe, "p0", "p200>1 ; python_version >= '3'")

    assert len(found.reasons) <= 25
    assert found.reasons[-1].endswith("your requirements cannot be satisfied")


def test_branches_of_an_explanation_are_numbered_and_cited() -> None:
    universe = {
        "foo": {"1.0": {"requires": ["a<2", "b<2"]}, "1.1": {"requires": ["x<2", "y<2"]}},
        "a": releases("1", requires=["b>=2"]),
        "b": releases("1", "2"),
        "x": releases("1", requires=["y>=2"]),
        "y": releases("1", "2"),
    }

    assert refusal(universe, "foo").reasons == (
        "Because a 1 requires b>=2 and foo 1.0 requires a<2, foo 1.0 requires b 2",
        "And because foo 1.0 requires b<2, foo 1.0 cannot be used (1)",
        "Because x 1 requires y>=2 and foo 1.1 requires x<2, foo 1.1 requires y 2",
        "And because foo 1.1 requires y<2, foo 1.1 cannot be used",
        "And because foo 1.0 cannot be used (1), no version of foo can be used",
        "And because you require foo, your requirements cannot be satisfied",
    )


def test_near_names_are_suggested() -> None:
    assert refusal({"numpy": releases("1")}, "nunpy").hints == ("did you mean numpy instead of nunpy?",)


def test_override_is_named_as_the_user_s() -> None:
    universe = {"a": releases("1", requires=["b<2"]), "b": releases("1", "2")}

    found = refusal(universe, "a", "b<2", overrides=("b>5",))

    assert "b>5 (by your override) (which does not exist; available: 2 and 1)" in found.reasons[0]
