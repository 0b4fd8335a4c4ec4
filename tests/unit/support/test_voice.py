"""What lockenv says is in plain words: messages, hints, help, the settings reference, pages, docstrings, comments."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from lockenv.cli.options import COMMANDS, COMMON
from tests.documents import meanings
from tests.faults.mutants import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSED: Final = re.compile(
    r"\b(?:tells?|told|gives?|bears?|stands?|lies|lie|nobody|anew|leads to|comes? apart|came apart|what is to be"
    r"|all the same|stumbl\w+|mends?|mended)\b",
    re.IGNORECASE,
)
"""Words that no colleague would use here. Say: report, return, accept, is, no one, again, requires, fix."""
RIGHT: Final = (
    "Gives the new text of the file",
    '# "the minimum information required to tell which other package entry it corresponds to"',
)
"""Texts with such a word: one that no user reads, one of a specification."""
FILE_METHOD: Final = ("ranges.py", "tell")
"""What the standard library calls it in each file that can be read."""
_NAME = re.compile(r"\s*(?:(?:def|class) (\w+)|(\w+)(?:: [^=]+)? \+?= )")
_HOLE = re.compile(r"\{[^{}]*\}|`[^`]*`")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each literal of a module that has a blank, with its line; no docstrings, patterns and programs."""
    tree = parsed(path)
    left = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left.update(id(part) for part in ast.walk(node) if part is not node)
        elif isinstance(node, ast.AnnAssign):
            left.update(id(part) for part in ast.walk(node.annotation))
    for node in ast.walk(tree):
        if id(node) in left:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            yield node.lineno, " … ".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value


def explanations(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each docstring and each comment of a module, with its line."""
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            yield number, line.strip()


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the name of each function and class of a module, and of each variable that has a line of its own."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := _NAME.match(line):
            yield number, found[1] or found[2]


def refused(text: str) -> list[str]:
    """Return the refused words of `text`, without what is code in it."""
    return [] if text.startswith(RIGHT) else REFUSED.findall(_HOLE.sub(" ", text))


def test_messages_are_in_plain_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "lockenv").rglob("*.py"))
        for line, text in texts(path)
        if refused(text)
    ]

    assert found == []


def test_docstrings_and_comments_are_in_plain_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for room in ("lockenv", "tests/support")
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, text in explanations(path)
        if refused(text)
    ]

    assert found == []


def test_names_are_plain_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for room in ("lockenv", "tests")
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, name in names(path)
        if refused(name.replace("_", " ").lower()) and (path.name, name) != FILE_METHOD
    ]

    assert found == []


def test_help_and_the_settings_reference_are_in_plain_words() -> None:
    options = [*COMMON, *(option for command in COMMANDS for option in command.options)]
    tables = (meanings.SETTINGS, meanings.INDEX, meanings.SOURCE, meanings.WORKSPACE, meanings.AUDIT, meanings.USER)
    said = [
        *(command.meaning for command in COMMANDS),
        *(option.meaning for option in options),
        *(meaning for table in tables for _, meaning in table.values()),
        *meanings.VARIABLES.values(),
    ]

    assert [text for text in said if refused(text)] == []


@pytest.mark.parametrize("option", [*COMMON, *(one for command in COMMANDS for one in command.options)])
def test_help_of_an_option_is_one_line_that_begins_like_a_command_and_has_no_full_stop(option: object) -> None:
    meaning = str(getattr(option, "meaning", ""))

    assert (meaning[:1].islower() and ":" not in meaning, meaning.endswith("."), "\n" in meaning) == (
        False,
        False,
        False,
    )


def test_pages_are_in_plain_words() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = [
        f"{page.name}:{number}: {line.strip()}"
        for page in pages
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
        if refused(line)
    ]

    assert found == []
