from __future__ import annotations

import pytest

from lockenv.console.wrapping import cells, window, wrapped


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("", [""]),
        ("one two three", ["one two", "  three"]),
        ("  one two three", ["  one two", "    three"]),
        ("a b\n" + "one two three", ["a b", "one two", "  three"]),
        ("/a/path/that/is/long then", ["/a/path/that/is/long", "  then"]),
        ("in /a/path/that/is/long", ["in", "  /a/path/that/is/long"]),
        ("sign  gap", ["sign  gap"]),
        ("\x1b[1;31mone\x1b[0m two three", ["\x1b[1;31mone\x1b[0m two", "  three"]),
        ("漢字 漢字 漢字", ["漢字 漢字", "  漢字"]),
        ("run then `a b`", ["run then", "  `a b`"]),
        ("`a command longer than that`", ["`a command", "  longer", "  than", "  that`"]),
    ],
)
def test_lines_are_broken_at_spaces_and_hang(text: str, lines: list[str]) -> None:
    assert wrapped(text, 10).split("\n") == lines


def test_styles_take_no_columns_and_wide_characters_two() -> None:
    assert (cells("\x1b[1mab\x1b[0m"), cells("漢")) == (2, 2)


@pytest.mark.parametrize("at", [0, 3, 10, 25])
def test_window_shows_what_is_pointed_at(at: int) -> None:
    source = "abcdefghijklmnopqrstuvwxyz"

    shown, before = window(source, source[:at], 12)

    assert len(shown) <= 12
    assert shown[len(before)] == source[at]
