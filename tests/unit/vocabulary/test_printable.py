from __future__ import annotations

import json

import pytest

from lockenv.vocabulary.printable import json_text, line, printable, sentence


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
