from __future__ import annotations

from typing import Any

from tests.benchmarks.environment_tables import Found, tables
from tests.benchmarks.reasons import Locks


def lock(*packages: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "requires-python": "==3.12.*",
        "packages": [{"name": name, "version": version, "sdist": {}} for name, version in packages],
        **more,
    }


def found(name: str, ours: dict[str, Any], theirs: dict[str, Any], said: str = "", **stated: str) -> Found:
    locks = Locks(ours=ours, theirs=theirs, graph={"package": []}, declared=())
    return Found(name=name, locks=locks, failed=(), said=said, stated=stated)


def test_each_environment_counts_what_is_the_same_better_and_worse() -> None:
    better = found("better", lock(("a", "2"), ("b", "1")), lock(("a", "1")))
    worse = found("worse", lock(("a", "1")), lock(("a", "2")), a="it is not")

    lines = list(tables([better, worse]))

    assert lines[5] == f"| 3.12 | {' | '.join(['2: 0, 2, 1'] * 6)} |"
    assert lines[2] == f"| 3.9 | {' | '.join(['0: 0, 0, 0'] * 6)} |"
    assert "| worse | a | 1 | 2 | all 3.12 | it is not |" in lines
    assert (better.is_explained, worse.is_explained) == (True, True)


def test_what_is_worse_and_has_no_reason_is_not_explained() -> None:
    assert not found("worse", lock(("a", "1")), lock(("a", "2"))).is_explained


def test_environments_that_are_left_out_have_the_note_of_lockenv_as_their_reason() -> None:
    ours = lock(environments=("sys_platform == 'linux'",))
    said = "note: Windows and macOS are not covered: a 1 has no wheel there\n"

    assert "| one | macos/windows 3.12 | Windows and macOS are not covered: a 1 has no wheel there |" in list(
        tables([found("one", ours, lock(), said)])
    )
    assert not found("one", ours, lock()).is_explained


def test_a_project_that_lockenv_alone_does_not_lock_is_not_explained() -> None:
    alone, uv = (Found(name="one", locks=None, failed=(tool,), said="", stated={}) for tool in ("lockenv", "uv"))

    assert (alone.is_explained, uv.is_explained) == (False, True)
    assert list(tables([alone, uv]))[-1] == "Not locked: one (lockenv), one (uv)."
