"""A run of the system is distinguished from the one before, by its identifier or by its start."""

from __future__ import annotations

import pytest

from lockenv.files import boot


@pytest.fixture(autouse=True)
def _is_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKENV_TEST", "1")


def test_this_run_is_the_current_one() -> None:
    word = boot.current()

    assert (word.split(), boot.is_current(word)) == ([word], True)


@pytest.mark.parametrize(
    ("noted", "now", "is_same"),
    [
        ("3f2a", "3f2a", True),
        ("3f2a", "77b0", False),
        ("~1000", "~1004", True),
        ("~1000", "~1006", False),
        ("~1000", "3f2a", False),
        ("~", "~1000", False),
        ("", "3f2a", False),
    ],
)
def test_noted_run_is_compared(noted: str, now: str, is_same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKENV_TEST_BOOT", now)

    assert boot.is_current(noted) == is_same


def test_run_is_given_by_a_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKENV_TEST_BOOT", "another")
    monkeypatch.setenv("LOCKENV_TEST", "")

    assert boot.current() != "another"
