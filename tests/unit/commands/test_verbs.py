"""A verb is thin: options, request, operation, report, exit code."""

from __future__ import annotations

from pathlib import Path

import lockenv

LINES = {
    path.stem: len(path.read_text("utf-8").splitlines())
    for path in sorted((Path(lockenv.__path__[0]) / "commands").glob("*.py"))
}


def test_each_verb_is_short() -> None:
    assert {verb: count for verb, count in LINES.items() if count > 90} == {}


def test_all_verbs_together_are_short() -> None:
    assert len(LINES) > 20
    assert sum(LINES.values()) <= 2500
