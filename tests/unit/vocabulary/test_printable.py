from __future__ import annotations

import json

import pytest

from lockenv.vocabulary.printable import duration, json_text, line, printable, sentence, sized


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢 text", "plain é 漢 text"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[2J\x9b2J\x85\x7f\0", "\\x1b[2J\\x9b2J\\x85\\x7f\\x00"),
        ("\u202eabc\u2066\u2028", "\\u202eabc\\u2066\\u2028"),
        ("\udc80", "\\udc80"),
        ("a ##[add-mask]b ##VSO[task.x]c", "a #\\x23[add-mask]b #\\x23VSO[task.x]c"),
        ("# comment, ## heading", "# comment, ## heading"),
    ],
)
def test_text_of_others_is_one_line(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_of_a_build_stay_lines() -> None:
    assert sentence("it failed:\n  | a\x1b[0m\n::b\n  | c") == "it failed:\n  | a\\x1b[0m\\n::b\n  | c"


@pytest.mark.parametrize(("text", "shown"), [("  ::set-output::x", "  \\x3a:set-output::x"), ("a::b", "a::b")])
def test_no_line_begins_with_a_command(text: str, shown: str) -> None:
    assert line(text) == shown


def test_json_is_the_same_json_without_what_cannot_be_printed() -> None:
    value = {"é\u202e": ["\x9b\x85", "##[x]", "\U000e0001", "a\nb"]}
    text = json_text(json.dumps(value, indent=2, ensure_ascii=False))

    assert json.loads(text) == value
    assert text == (
        '{\n  "é\\u202e": [\n    "\\u009b\\u0085",\n    "#\\u0023[x]",\n    "\\udb40\\udc01",\n    "a\\nb"\n  ]\n}'
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1ms"),
        (0.04, "40ms"),
        (0.0994, "99ms"),
        (0.0996, "0.1s"),
        (0.44, "0.4s"),
        (12.3, "12.3s"),
        (59.94, "59.9s"),
        (59.96, "1m 00s"),
        (125.4, "2m 05s"),
    ],
)
def test_duration_is_as_exact_as_people_read_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 bytes"), (2048, "2.0 KiB"), (5 << 20, "5.0 MiB"), (3 << 30, "3.0 GiB")]
)
def test_size_is_in_the_unit_that_suits_it(size: int, text: str) -> None:
    assert sized(size) == text
