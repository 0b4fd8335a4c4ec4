from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from lockenv.console import Console, visible
from lockenv.console.terminal import columns, wants_color
from lockenv.errors import InputError, RefusedError
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.progress import SILENT

if TYPE_CHECKING:
    from lockenv.console.terminal import Following


def console(*, quiet: bool = False, width: int = 0, follows: Following = "nothing") -> tuple[Console, io.StringIO]:
    err = io.StringIO()
    return Console(out=io.StringIO(), err=err, quiet=quiet, width=lambda: width, follows=follows), err


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


def test_line_of_source_without_end_is_shown_in_part_in_a_log() -> None:
    terminal, err = console()
    line = f"{'a' * 100_000}!{'b' * 100_000}"

    terminal.error(InputError("bad", origin=Origin(file="x", line=1, column=100_001, source=line)))

    _, shown, caret = err.getvalue().splitlines()
    assert (len(shown), shown[caret.index("^")]) == (500, "!")


def test_path_has_the_name_that_it_was_given_and_the_lines_of_that_file() -> None:
    terminal, err = console()
    terminal.name("cache/x/pyproject.toml", "pie.py", 2)
    terminal.name("cache/x", "the cache", 0)
    origin = Origin(file="cache/x/pyproject.toml", line=4, column=1, source="a")

    terminal.say("wrote cache/x/pyproject.toml and cache/x")
    terminal.error(InputError("bad", origin=origin))

    assert err.getvalue() == "wrote pie.py and the cache\nerror: pie.py:6: bad\n  6 | a\n    | ^\n"


def test_brief_console_leaves_out_steps_and_reasons_in_hidden_places() -> None:
    terminal, err = console()
    brief = terminal.brief("cache/x")

    brief.say("created")
    brief.note("noted")
    brief.change("+", "one")
    brief.warn("careful")
    brief.answer_no("no versions", [("because of one", None), ("required at cache/x/a.in:1", None)], "see cache/x/a.in")
    terminal.say("done")

    assert err.getvalue() == "warning: careful\nno: no versions\n  because of one\ndone\n"


def test_an_error_is_printed_even_when_quiet() -> None:
    terminal, err = console(quiet=True)

    terminal.say("nothing")
    terminal.error(RefusedError("hash-mismatch", "a.whl: wrong bytes"))

    assert err.getvalue() == "refused[hash-mismatch]: a.whl: wrong bytes\n"


def test_control_characters_of_an_input_are_escaped() -> None:
    assert visible("a\x1b[2Jb\r\tc\u202e\nd") == "a\\x1b[2Jb\\r\\tc\\u202e\\nd"


def test_no_color_wins_over_force_color() -> None:
    assert wants_color({"NO_COLOR": "1", "FORCE_COLOR": "1"}, io.StringIO()) is False
    assert wants_color({"FORCE_COLOR": "1"}, io.StringIO()) is True
    assert wants_color({}, io.StringIO()) is False


def test_choice_of_the_user_wins_over_the_environment() -> None:
    assert wants_color({"NO_COLOR": "1"}, io.StringIO(), "always") is True
    assert wants_color({"FORCE_COLOR": "1"}, io.StringIO(), "never") is False


def test_ascii_alone_is_written_where_nothing_else_is_shown() -> None:
    err = io.StringIO()

    Console(out=io.StringIO(), err=err, is_ascii=True).change("~", "naïve 1.0 → 2.0")

    assert err.getvalue() == "  ~ na\\xefve 1.0 -> 2.0\n"


def test_quiet_console_follows_nothing() -> None:
    terminal, _ = console(quiet=True, follows="terminal")

    assert terminal.progress() is SILENT


def test_file_that_a_message_begins_with_is_reported_once() -> None:
    terminal, err = console()

    terminal.error(InputError("a.toml is not valid TOML", origin=Origin(file="a.toml", key="", line=3, source="")))

    assert err.getvalue() == "error: a.toml:3 is not valid TOML\n"


def test_messages_are_as_wide_as_the_terminal() -> None:
    terminal, err = console(width=24)
    origin = Origin(file="a.toml", key="", line=7, column=31, source="name = " + "x" * 23 + "!" + "y" * 30)

    terminal.error(InputError("there is something wrong here", hint="write another thing", origin=origin))

    *lines, caret, hint, more = err.getvalue().splitlines()
    assert (lines[:2], hint, more) == (
        ["error: a.toml:7: there", "  is something wrong"],
        "  hint: write another",
        "    thing",
    )
    assert lines[-1][caret.index("^")] == "!"
    assert max(map(len, lines)) <= 24


def test_line_written_while_something_goes_on_is_alone_and_an_error_ends_it() -> None:
    terminal, err = console(follows="terminal")
    progress = terminal.progress()
    progress.begin("working", 3)

    terminal.say("half way")
    progress.advance(2)
    terminal.error(InputError("it broke"))
    progress.end()

    assert {"half way", "error: it broke"} <= set(err.getvalue().splitlines())


def test_what_is_no_terminal_has_no_width() -> None:
    assert (columns({"COLUMNS": "40"}, io.StringIO()), columns({}, None)) == (0, 0)


def test_one_is_counted_in_the_singular() -> None:
    counts = [counted(0, "file"), counted(1, "file"), counted(2, "entry", "entries")]

    assert counts == ["0 files", "1 file", "2 entries"]


def test_what_a_run_does_is_one_line_with_its_time_and_nothing_when_quiet() -> None:
    terminal, err = console()
    silent, nothing = console(quiet=True)

    terminal.trace("cache: https://index.example/\x1b[2J\n\u202eevil: 200")
    silent.trace("unheard")

    assert re.fullmatch(r" *\d+\.\d{3}s  cache: https://index\.example/\\x1b\[2J\\n\\u202eevil: 200\n", err.getvalue())
    assert nothing.getvalue() == ""


def test_what_a_run_does_is_written_above_the_line_of_progress() -> None:
    terminal, err = console(follows="terminal")
    progress = terminal.progress()
    progress.begin("resolving")

    terminal.trace("chose idna 3.7")
    progress.end()

    assert err.getvalue().splitlines()[0].strip().endswith("chose idna 3.7")
