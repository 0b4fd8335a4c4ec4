from __future__ import annotations

from typing import Any

from tests.benchmarks.hard import is_wrong, remarks, summary

OLDER = {"name": "a", "ours": "1", "theirs": "2", "where": "all 3.11", "note": ""}
NOTED = {**OLDER, "note": "a 1 is chosen, not 2: b 1 requires a<2"}


def result(*older: dict[str, str], lockenv: str = "", uv: str = "", warm: float = 3.0) -> dict[str, Any]:
    figures = {"warm": 2.0, "offline": 1.0, "peak": 1.0}
    return {
        "lockenv": {**figures, "warm": warm, "failure": lockenv},
        "uv": {**figures, "failure": uv},
        "older": list(older),
    }


def test_what_uv_alone_locks_and_what_is_older_without_a_note_is_wrong() -> None:
    results = [result(NOTED), result(uv="exit 1", lockenv="exit 1"), result(lockenv="exit 1"), result(NOTED, OLDER)]

    assert [is_wrong(one) for one in results] == [False, False, True, True]


def test_note_is_the_remark_on_what_is_older() -> None:
    assert list(remarks(result(NOTED, OLDER, uv="exit 1"))) == [
        "uv: exit 1",
        "a 1 is chosen, not 2: b 1 requires a<2: a 1 (uv 2) on all 3.11",
        "no reason: a 1 (uv 2) on all 3.11",
    ]


def test_medians_are_of_what_both_locked_and_the_most_is_of_all() -> None:
    assert summary({"x": result(), "y": result(uv="exit 1", warm=9.0)}) == (
        "Medians of the quotients of 1 cases: CPU 1.50; offline CPU 1.00; peak memory 1.00. At most 9.0 s of CPU."
    )
