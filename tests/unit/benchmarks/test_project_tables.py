from __future__ import annotations

from typing import Any

from tests.benchmarks.project_tables import explanations, medians, unexplained

LOWER = {"name": "a", "kind": "lower", "ours": "1", "theirs": "2", "where": "all 3.11"}
HIGHER = {"name": "b", "kind": "higher", "ours": "2", "theirs": "1", "where": "all 3.11"}


def tool(failure: str = "", **figures: float) -> dict[str, Any]:
    return {"failure": failure, "cold": 1.0, "warm": 1.0, "offline": 1.0, "peak": 1.0, **figures}


def result(*differences: dict[str, str], lockenv: str = "", uncovered: tuple[str, ...] = ()) -> dict[str, Any]:
    compared = {"differences": list(differences), "uncovered": list(uncovered)}
    return {"lockenv": tool(lockenv, warm=3.0), "uv": tool(warm=2.0), "compared": compared}


def test_what_is_lower_left_out_or_not_locked_needs_a_reason() -> None:
    found = result(LOWER, HIGHER, uncovered=("linux 3.14",), lockenv="exit 1")

    assert unexplained({}, found) == 3
    assert unexplained({"differences": {"a": "why", "not covered": "why", "not locked": "why"}}, found) == 0


def test_differences_of_one_reason_are_one_row() -> None:
    declared = {"x": {"differences": {"a": "a cap"}}, "y": {"differences": {"not covered": "a cap"}}, "z": {}}
    results = {"x": result(LOWER, HIGHER), "y": result(uncovered=("linux 3.14",)), "z": result(LOWER)}

    assert explanations(declared, results)[2:] == [
        "| a cap | x: `a` 1 (uv 2); y: 1 environments |",
        "| no reason known | z: `a` 1 (uv 2) |",
    ]


def test_medians_leave_out_what_one_tool_did_not_lock() -> None:
    assert medians({"x": result(), "y": result(lockenv="exit 1")}) == (
        "Medians of the quotients of 1 projects: cold 1.00; warm 1.50; offline 1.00; peak memory 1.00."
    )
