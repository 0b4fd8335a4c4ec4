"""A RECORD that is read by columns says what it says line by line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lockenv.sync.record import line, parse, paths

_cells = st.sampled_from(
    ["a.py", "a/b.py", "sha256=aa", "sha256=b=", "SHA512=c==", "sha256", "5", "", "x", "٣", "1" * 20, '"q"']
)
_ends = st.sampled_from(["\n", "\n", "\n", "\r\n", "\n\n", ",\n", ""])
_odd_rows = st.builds("{}{}".format, st.lists(_cells, min_size=1, max_size=4).map(",".join), _ends)
_names = st.from_regex(r"[a-c]{1,2}(/[a-c]{1,2})?\.py", fullmatch=True) | st.sampled_from(['a"b', "a,b", "../../bin/a"])
_rows = st.builds("{}\n".format, st.builds(line, _names, st.sampled_from(["", "aa", "b="]), st.integers(0, 9)))
_texts = st.lists(_rows | _odd_rows, max_size=4).map("".join) | st.lists(_rows, max_size=6).map("".join)


def _outcome(text: str) -> object:
    try:
        rows = parse(text)
    except ValueError as error:
        return str(error)
    return list(rows.items())


@given(_texts.map("{}\n".format))
@settings(deadline=None, max_examples=500)
def test_rows_do_not_depend_on_a_last_line_feed(text: str) -> None:
    # Without it, and with a line that is empty, a RECORD is read line by line.
    assert _outcome(text.rstrip("\n") + "\n") == _outcome(text.rstrip("\n"))


@given(_texts)
@settings(deadline=None, max_examples=300)
def test_paths_are_those_of_the_rows(text: str) -> None:
    try:
        found: object = list(paths(text))
    except ValueError as error:
        found = str(error)
    rows = _outcome(text)

    assert found == ([path for path, _ in rows] if isinstance(rows, list) else rows)
