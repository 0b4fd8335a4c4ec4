"""An edit changes the requirements it is about; comments, other values and the order of all else stay."""

from __future__ import annotations

import tomllib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lockenv.project.edit import EditedList, added, removed
from lockenv.project.requested import read_requested

_NAMES = ("alpha", "Beta", "gam-ma", "delta")
_SPECIFIERS = ("", ">=1", ">=1,<2", "==1.*", "~=2.0")
_MARKERS = ("", "; python_version < '3.12'", "; sys_platform == 'win32' and extra != 'x'")


@st.composite
def requirements(draw: st.DrawFn) -> str:
    extras = draw(st.sampled_from(("", "[x]", "[y, X]")))
    return (
        f"{draw(st.sampled_from(_NAMES))}{extras}{draw(st.sampled_from(_SPECIFIERS))}{draw(st.sampled_from(_MARKERS))}"
    )


@st.composite
def arrays(draw: st.DrawFn) -> str:
    """Return an array as a person might write it, with comments that begin with `#:`."""
    elements = draw(st.lists(requirements(), max_size=4))
    end = draw(st.sampled_from((", ", ",", " ,", ",\n  ", ",  #: a comment\n\t", "\n, ", ",\n\n    #: alone\n    ")))
    first = draw(st.sampled_from(("", " ", "\n    ", "\n  #: first\n  ", "\n\t")))
    last = draw(st.sampled_from(("", " ", "\n", ",\n" if elements else "\n", "  #: last\n", "\n    #: end\n")))
    inside = end.join(f'"{element}"' for element in elements)
    return f"[{first}{inside}{last}]"


@st.composite
def documents(draw: st.DrawFn) -> str:
    before = draw(st.sampled_from(("", "#: top\n", "[tool.a]\nb = 1 #: b\n\n")))
    other = draw(st.sampled_from(("", "description = 'd'  #: d\n", "\n")))
    after = draw(st.sampled_from(("", "\n[project.scripts]\nx = 'x:y'\n", "\n\n[tool.c]\n#: c\nd = [1,\n  2]\n")))
    text = f"{before}[project]\nname = 'example'\n{other}dependencies = {draw(arrays())}  #: tail\n{after}"
    return text.replace("\n", draw(st.sampled_from(("\n", "\r\n"))))


def _rest(text: str) -> tuple[object, int, list[str]]:
    """Return the values but for the requirements, how many comments there are, and the requirements."""
    values = tomllib.loads(text)
    listed = values["project"].pop("dependencies")
    return values, text.count("#:"), listed


def _without(listed: list[str], some: Counter[str]) -> list[str]:
    left = list(listed)
    for one in some.elements():
        left.remove(one)
    return left


@given(documents(), requirements())
def test_addition_keeps_the_rest(text: str, wanted: str) -> None:
    edited = added(text, "pyproject.toml", EditedList(), read_requested([wanted])).text

    (values, comments, before), (new_values, new_comments, after) = _rest(text), _rest(edited)
    assert (values, comments) == (new_values, new_comments)
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    assert len(after) - len(before) in (0, 1)
    assert gone.total() <= 1 >= come.total()
    assert _without(after, come) == _without(before, gone)
    assert added(edited, "pyproject.toml", EditedList(), read_requested([wanted])).text == edited
    assert ("\r\n" in edited) == ("\r\n" in text)
    assert "\n" not in edited.replace("\r\n", "") or "\r\n" not in text


@given(documents(), st.sampled_from(_NAMES))
def test_removal_undoes_an_addition(text: str, name: str) -> None:
    unknown = f"zz-{name}"
    edited = added(text, "pyproject.toml", EditedList(), read_requested([unknown])).text

    assert _rest(removed(edited, "pyproject.toml", EditedList(), [unknown]).text)[::2] == _rest(text)[::2]
