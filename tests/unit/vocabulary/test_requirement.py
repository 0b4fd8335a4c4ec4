from __future__ import annotations

import pytest

from lockenv.vocabulary.requirement import parse, parse_marker


@pytest.mark.parametrize("text", ["a>={}", "a==1.0+{}", "a=={}!1", "a; python_full_version >= '{}'"])
def test_number_that_python_does_not_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number of more than 1000 digits"):
        parse(text.format("9" * 5000))


@pytest.mark.parametrize("written", [r"\u0000", r"a\\b", r"\n"])
def test_backslash_in_a_marker_is_refused_where_packaging_does_not_read_what_it_prints(written: str) -> None:
    marker = f'os_name == "{written}"'

    for read, text in ((parse, f"a; {marker}"), (parse, f"a @ https://h/x ; {marker}"), (parse_marker, marker)):
        with pytest.raises(ValueError, match="contains a backslash"):
            read(text)
