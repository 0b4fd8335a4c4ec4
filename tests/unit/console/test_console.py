from __future__ import annotations

import io

from lockenv.console import Console, visible, wants_color
from lockenv.errors import InputError, RefusedError
from lockenv.vocabulary.origin import Origin


def console(*, quiet: bool = False) -> tuple[Console, io.StringIO]:
    err = io.StringIO()
    return Console(out=io.StringIO(), err=err, quiet=quiet), err


def test_an_error_points_at_the_character_with_a_caret() -> None:
    terminal, err = console()
    origin = Origin(file="pyproject.toml", key="project.dependencies[0]", line=4, column=9, source='  "idna >>1",')

    terminal.error(InputError("bad specifier", hint="write a version", origin=origin))

    assert err.getvalue() == (
        "error: pyproject.toml:4 (project.dependencies[0]): bad specifier\n"
        '  4 |   "idna >>1",\n'
        "    |         ^\n"
        "  hint: write a version\n"
    )


def test_an_error_is_printed_even_when_quiet() -> None:
    terminal, err = console(quiet=True)

    terminal.say("nothing")
    terminal.error(RefusedError("hash-mismatch", "a.whl: wrong bytes"))

    assert err.getvalue() == "refused[hash-mismatch]: a.whl: wrong bytes\n"


def test_control_characters_of_an_input_are_escaped() -> None:
    assert visible("a\x1b[2Jb\r\tc\u202e\nd") == "a\\x1b[2Jb\\r\\tc\\u202e\nd"


def test_no_color_wins_over_force_color() -> None:
    assert wants_color({"NO_COLOR": "1", "FORCE_COLOR": "1"}, io.StringIO()) is False
    assert wants_color({"FORCE_COLOR": "1"}, io.StringIO()) is True
    assert wants_color({}, io.StringIO()) is False
