from __future__ import annotations

from lockenv.report.shortened import MOST_LINES, cut, first_of_each


def test_items_of_one_kind_are_shown_up_to_a_number_and_counted() -> None:
    assert first_of_each(["a1", "b1", "a2", "a3", "a4"], lambda item: item[0], 2) == [("a1", 0), ("a2", 2), ("b1", 0)]
    assert first_of_each(["a1", "a2"], lambda item: item[0], 2) == [("a1", 0), ("a2", 0)]


def test_long_list_is_cut_and_names_the_command_that_shows_all() -> None:
    lines = [(str(number), None) for number in range(MOST_LINES + 2)]

    assert cut(lines[:-1], "lockenv check --json") == lines[:-1]
    assert cut(lines, "lockenv check --json") == [
        *lines[:MOST_LINES],
        ("... and 2 more; `lockenv check --json` lists all", None),
    ]
