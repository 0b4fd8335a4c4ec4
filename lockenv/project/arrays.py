"""Edit one array in the text of a TOML document: put in, replace or take out an element.

Pure: text that `tomllib` has accepted, the path of an array and what is to change go in; the new text comes out, with
every comment, space and comma that does not belong to the element as it was. Line ends are single line feeds here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.project import messages
from lockenv.project.positions import SCALAR, spots
from lockenv.vocabulary.dataclasses import NamedTuple, dataclass
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.project.positions import Path

_BLANK = lazy_pattern(r"(?:[ \t\n]+|#[^\n]*)*")
_REST_OF_LINE = lazy_pattern(r"[ \t]*(?:#[^\n]*)?\n")
_INDENT = lazy_pattern(r"[ \t]*")


class _Element(NamedTuple):
    """Offsets in the text."""

    begin: int
    end: int
    comma: int
    """Behind the comma that follows it; -1 where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Array:
    text: str
    begin: int
    """Of what follows the bracket that opens it."""
    elements: Sequence[_Element]
    end: int
    """Of the bracket that closes it."""

    @property
    def indent(self) -> str | None:
        """What comes before an element on a line of its own; None where nothing in the array has a line of its own."""
        for element in (*self.elements, *self._comments()):
            start = self.text.rfind("\n", 0, element.begin) + 1
            before = self.text[start : element.begin]
            if start > self.begin and not before.strip(" \t"):
                return before
        if "\n" not in self.text[self.begin : self.end]:
            return None
        closing = _INDENT.match(self.text, self.text.rfind("\n", 0, self.end) + 1)
        return (closing[0] if closing else "") + "    "

    def _comments(self) -> list[_Element]:
        inside = self.text[self.begin : self.end] if not self.elements else ""
        return [
            _Element(self.begin + found.end(1), self.begin + found.end(), -1)
            for found in re.finditer(r"\n([ \t]*)#[^\n]*", inside)
        ]


def inserted(text: str, path: Path, position: int, written: str) -> str:
    """Return `text` with the element `written` put before element `position` of the array at `path`, or at its end."""
    array = _scanned(text, path)
    if position:
        return _after(array, array.elements[position - 1], written)
    indent = array.indent
    if indent is None or (array.elements and "\n" not in text[array.begin : array.elements[0].begin]):
        at = array.elements[0].begin if array.elements else array.begin
        return f"{text[:at]}{written}{', ' if array.elements else ''}{text[at:]}"
    line = _REST_OF_LINE.match(text, array.begin)
    at = line.end() if line else array.begin
    if not array.elements:
        at = text.rfind("\n", 0, array.end) + 1
    return f"{text[:at]}{indent}{written},\n{text[at:]}"


def replaced(text: str, path: Path, position: int, written: str) -> str:
    """Return `text` with element `position` of the array at `path` replaced by `written`."""
    element = _scanned(text, path).elements[position]
    return text[: element.begin] + written + text[element.end :]


def deleted(text: str, path: Path, position: int) -> str:
    """Return `text` without element `position` of the array at `path`, and without the comment on its line."""
    array = _scanned(text, path)
    element, behind = array.elements[position], array.elements[position + 1 :][:1]
    end = max(element.end, element.comma)
    start = text.rfind("\n", 0, element.begin) + 1
    line = _REST_OF_LINE.match(text, end)
    if line and start > array.begin and not text[start : element.begin].strip(" \t"):
        return text[:start] + text[line.end() :]
    if behind and not text[end : behind[0].begin].strip(" \t"):
        return text[: element.begin] + text[behind[0].begin :]
    comma = array.elements[position - 1].comma if position else -1
    if comma >= 0 and not text[comma : element.begin].strip(" \t"):
        # The comma before goes where none follows.
        return text[: comma if element.comma >= 0 else comma - 1] + text[end:]
    return text[: element.begin] + text[end:]


def written(text: str, like: str = '"') -> str:
    """Return `text` as a TOML string in the quotes that `like` has, where it needs no escape in them."""
    quotes = ("'", '"') if like.startswith("'") else ('"', "'")
    for quote in quotes:
        if quote not in text and "\\" not in text and text.isprintable():
            return f"{quote}{text}{quote}"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in escaped) + '"'


def quoted(text: str, path: Path, position: int) -> str:
    """Return element `position` of the array at `path` as it is written."""
    element = _scanned(text, path).elements[position]
    return text[element.begin : element.end]


def _after(array: _Array, element: _Element, written: str) -> str:
    """Return the text with `written` behind `element`."""
    text, indent = array.text, array.indent
    if element.comma < 0:
        line = _REST_OF_LINE.match(text, element.end)
        if line is None or indent is None:
            before = text[text.rfind("\n", 0, element.begin) + 1 : element.begin]
            is_alone = indent is not None and not before.strip(" \t")
            between = f"\n{indent}" if is_alone else " "
            return f"{text[: element.end]},{between}{written}{text[element.end :]}"
        return f"{text[: element.end]},{text[element.end : line.end()]}{indent}{written}\n{text[line.end() :]}"
    line = _REST_OF_LINE.match(text, element.comma)
    if line is None or indent is None:
        return f"{text[: element.comma]} {written},{text[element.comma :]}"
    return f"{text[: line.end()]}{indent}{written},\n{text[line.end() :]}"


def _scanned(text: str, path: Path) -> _Array:
    spot = spots(text).get(path)
    if spot is None or not text.startswith("[", spot.value):
        raise InputError(
            f"{messages.key_text(path)} has a form that lockenv cannot edit",
            hint="rewrite it as an array and run the command again",
        )
    begin = spot.value + 1
    elements: list[_Element] = []
    at = _blank(text, begin)
    while text[at] != "]":
        if text[at] == ",":
            last = elements.pop()
            elements.append(_Element(last.begin, last.end, at + 1))
            at = _blank(text, at + 1)
            continue
        end = behind(text, at)
        elements.append(_Element(at, end, -1))
        at = _blank(text, end)
    return _Array(text=text, begin=begin, elements=elements, end=at)


def behind(text: str, at: int) -> int:
    """Return the offset behind the value at `at`."""
    depth = 0
    while True:
        if text[at] in "[{":
            depth += 1
            at += 1
        elif text[at] in "]}":
            depth -= 1
            at += 1
        elif text[at] in ",=":
            at += 1
        else:
            found = SCALAR.match(text, at)
            at = found.end() if found else len(text)
            while text[at - 1] in " \t":  # a bare value or key takes the blanks behind it
                at -= 1
        if not depth:
            return at
        at = _blank(text, at)


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
