"""Every value of a generated TOML document is found where it is written."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lockenv.project.positions import Path, spots


@dataclass
class Draft:
    """A document being written, which remembers where each value begins."""

    text: str = ""
    places: dict[Path, int] = field(default_factory=dict)


texts = st.text("ab\"'#,[]{}=.\\\n é-", max_size=8)
bare = st.text("abZ09_-", min_size=1, max_size=3)
keys = bare | texts
blanks = st.sampled_from(("", " ", "\t", "  "))
breaks = st.sampled_from(("", "", " ", "\n", "\r\n", ' # a ] comment, "with" \'quotes\n', "\n\n  "))
numbers = st.sampled_from(("1", "-1.5e3", "true", "inf", "0xff", "1979-05-27", "1979-05-27 07:32:00Z", "07:32:00"))


def basic(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def spell_string(draw: st.DrawFn, text: str) -> str:
    """Return one of the ways in which TOML may write `text`."""
    ways = [basic(text), '"""\n' + text.replace("\\", "\\\\").replace('"', '\\"') + '"""']
    if "'" not in text and "\n" not in text:
        ways.append(f"'{text}'")
    if "'''" not in text:
        ways.append(f"'''\n{text}'''" if not text.endswith("'''") else basic(text))
    if '"""' not in text and "\\" not in text:
        ways.append(f'"""\n{text}"""')
    return draw(st.sampled_from(ways))


def spell_key(draw: st.DrawFn, key: str) -> str:
    ways = [basic(key)]
    if "'" not in key and "\n" not in key:
        ways.append(f"'{key}'")
    if key and all(letter in "abZ09_-" for letter in key):
        ways.append(key)
    return draw(st.sampled_from(ways))


def write_value(draw: st.DrawFn, draft: Draft, path: Path, depth: int) -> None:
    draft.places[path] = len(draft.text)
    kind = draw(st.sampled_from(("string", "number") if depth == 0 else ("string", "number", "array", "table")))
    if kind == "string":
        draft.text += spell_string(draw, draw(texts))
    elif kind == "number":
        draft.text += draw(numbers)
    elif kind == "array":
        draft.text += "["
        count = draw(st.integers(0, 3))
        for position in range(count):
            draft.text += draw(breaks)
            write_value(draw, draft, (*path, position), depth - 1)
            draft.text += draw(breaks)
            if position < count - 1 or draw(st.booleans()):
                draft.text += ","
        draft.text += draw(breaks) + "]"
    else:
        draft.text += "{"
        names = draw(st.lists(keys, max_size=3, unique=True))
        for position, name in enumerate(names):
            draft.text += draw(blanks)
            write_pair(draw, draft, path, name, depth - 1)
            draft.text += draw(blanks) + ("," if position < len(names) - 1 else "")
        draft.text += "}"


def write_pair(draw: st.DrawFn, draft: Draft, path: Path, name: str, depth: int) -> None:
    draft.text += spell_key(draw, name)
    path = (*path, name)
    if draw(st.integers(0, 3)) == 0:
        last = draw(keys)
        draft.text += f"{draw(blanks)}.{draw(blanks)}{spell_key(draw, last)}"
        path = (*path, last)
    draft.text += f"{draw(blanks)}={draw(blanks)}"
    write_value(draw, draft, path, depth)


@st.composite
def documents(draw: st.DrawFn) -> Draft:
    draft = Draft()
    arrays: dict[str, int] = {}
    names = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    for pair in draw(st.lists(st.text("rst", min_size=4, max_size=5), max_size=2, unique=True)):
        write_pair(draw, draft, (), pair, 2)
        draft.text += "\n"
    for name in names:
        is_array = draw(st.booleans())
        for _ in range(draw(st.integers(1, 3)) if is_array else 1):
            inner = f"{draw(blanks)}{spell_key(draw, name)}{draw(blanks)}"
            draft.text += draw(breaks)
            draft.text += f"\n{draw(blanks)}" + (f"[[{inner}]]" if is_array else f"[{inner}]")
            draft.text += f"{draw(blanks)}# [not] a = header\n"
            table: Path = (name, arrays.get(name, 0)) if is_array else (name,)
            arrays[name] = arrays.get(name, 0) + 1
            for pair in draw(st.lists(keys, max_size=3, unique=True)):
                write_pair(draw, draft, table, pair, 2)
                draft.text += f"{draw(blanks)}\n"
            if is_array and draw(st.booleans()):
                draft.text += f"[{spell_key(draw, name)}.sub-table]\n"
                write_pair(draw, draft, (*table, "sub-table"), "k", 1)
                draft.text += "\n"
    return draft


def leaves(value: Any, path: Path = ()) -> set[Path]:
    """Return the paths of everything below `value` that `tomllib` read."""
    match value:
        case dict():
            return {path} | {inner for key in value for inner in leaves(value[key], (*path, key))}
        case list():
            return {path} | {inner for at, item in enumerate(value) for inner in leaves(item, (*path, at))}
        case _:
            return {path}


@given(documents())
def test_every_value_is_found_where_it_is_written(draft: Draft) -> None:
    found = spots(draft.text)

    assert {path: found[path].value for path in draft.places if path in found} == draft.places


@given(documents())
def test_every_path_that_tomllib_reads_has_a_spot_and_no_other(draft: Draft) -> None:
    assert set(spots(draft.text)) == leaves(tomllib.loads(draft.text)) - {()}


@given(st.text("a=[]{}\"'#,.\\\n ", max_size=30))
def test_no_text_makes_the_search_fail(text: str) -> None:
    assert all(0 <= spot.value < len(text) for spot in spots(text).values())
