"""A pattern that is compiled late answers as one that is compiled at once."""

from __future__ import annotations

import re
from copy import copy

import pytest

from lockenv.vocabulary.patterns import lazy_pattern


@pytest.mark.parametrize(
    ("text", "flags", "same"), [("a.b", "", 0), ("^A.b$", "ims", re.IGNORECASE | re.MULTILINE | re.DOTALL)]
)
def test_answers_like_a_compiled_pattern(text: str, flags: str, same: int) -> None:
    late, early = lazy_pattern(text, flags), re.compile(text, same)

    for subject in ("axb", "a\nb", "x\nAXB\ny", ""):
        assert late.sub("-", subject) == early.sub("-", subject)
        assert late.split(subject) == early.split(subject)
        assert late.findall(subject) == early.findall(subject)
        for method in ("match", "search", "fullmatch"):
            found, expected = getattr(late, method)(subject), getattr(early, method)(subject)
            assert (found and found.span()) == (expected and expected.span())
        assert [found.span() for found in late.finditer(subject)] == [found.span() for found in early.finditer(subject)]
    assert (late.groups, late.flags) == (early.groups, early.flags)


def test_pattern_of_bytes_has_flags_too() -> None:
    assert lazy_pattern(rb"[a-z]+", "i").fullmatch(b"ABC")


def test_nothing_is_compiled_before_the_first_use() -> None:
    late = lazy_pattern("(")

    with pytest.raises(re.error):
        late.match("")


def test_copy_of_a_pattern_is_one() -> None:
    assert copy(lazy_pattern("a+")).fullmatch("aa")
