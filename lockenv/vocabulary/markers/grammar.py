"""Marker text as diagrams.

Pure. The grammar is that of the dependency specifiers specification, as `packaging` reads it; `packaging` itself is
loaded only to say what is wrong with a text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from lockenv.vocabulary.markers.atoms import NAMES, atom
from lockenv.vocabulary.markers.diagram import ALWAYS, NEVER, Marker

_VARIABLE: Final = (
    r"\b(?:python_version|python_full_version|os[._]name|sys[._]platform|platform_(?:release|system)"
    r"|platform[._](?:version|machine|python_implementation)|python_implementation|implementation_(?:name|version)"
    r"|extras?|dependency_groups)\b"
)
_OPERAND: Final = rf"""[ \t]*(?:({_VARIABLE})|('[^']*'|"[^"]*"))[ \t]*"""
_OPERATOR: Final = r"(===|==|~=|!=|<=|>=|<|>|\bin\b|\bnot[ \t]+in\b)"
_COMPARISON = re.compile(_OPERAND + _OPERATOR + _OPERAND)
_OPENING = re.compile(r"[ \t]*\(")
_CLOSING = re.compile(r"[ \t]*\)[ \t]*")
_JUNCTION = re.compile(r"\b(or|and)\b")
_ESCAPED = re.compile(r"[\\\n\r\0]")
_DEEPEST: Final = 200
"""Parentheses nested deeper than this are refused: no honest marker needs them, and the stack is finite."""


class _UnreadableError(Exception):
    """The text is not a marker."""


@cache
def parse(text: str) -> Marker:
    """Give the environments that a marker describes; all for the empty text.

    Raises ValueError, with the message of `packaging` where it has one, when the text is not a marker or makes a
    comparison that has no meaning in any environment.
    """
    if not text:
        return ALWAYS
    try:
        marker, position = _disjunction(text, 0, 0)
    except _UnreadableError:
        position = -1
    if position != len(text):
        from packaging.markers import Marker as Parsed

        Parsed(text)
        raise ValueError(f"not understood as an environment marker: {text!r}")
    return marker


def _disjunction(text: str, position: int, depth: int) -> tuple[Marker, int]:
    """Read comparisons and parentheses joined by `or` and `and`, of which `and` binds tighter."""
    whole, part = NEVER, ALWAYS
    while True:
        marker, position = _item(text, position, depth)
        part = part & marker
        found = _JUNCTION.match(text, position)
        if found is None:
            return whole | part, position
        position = found.end()
        if found[1] == "or":
            whole, part = whole | part, ALWAYS


def _item(text: str, position: int, depth: int) -> tuple[Marker, int]:
    if found := _COMPARISON.match(text, position):
        return _comparison(*found.groups()), found.end()
    opening = _OPENING.match(text, position)
    if opening is None:
        raise _UnreadableError
    if depth == _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} parentheses inside each other in an environment marker")
    marker, position = _disjunction(text, opening.end(), depth + 1)
    closing = _CLOSING.match(text, position)
    if closing is None:
        raise _UnreadableError
    return marker, closing.end()


def _comparison(name: str | None, value: str | None, operator: str, other: str | None, literal: str | None) -> Marker:
    if operator.startswith("not"):
        operator = "not in"
    if name is not None:
        # `packaging` reads a second variable as the text of its name.
        return atom(_name(name), operator, _unquoted(literal) if literal is not None else _name(other or ""))
    if other is not None:
        return atom(_name(other), operator, _unquoted(value or ""), is_reversed=True)
    # `packaging` reads a second literal as a variable, if there is one of that name.
    asked = _unquoted(literal or "")
    if asked not in NAMES:
        raise ValueError(f"a marker compares {value} with {literal}: one of them must be a variable")
    return atom(asked, operator, _unquoted(value or ""), is_reversed=True)


def _name(text: str) -> str:
    name = text.replace(".", "_")
    return "platform_python_implementation" if name == "python_implementation" else name


def _unquoted(text: str) -> str:
    if _ESCAPED.search(text) is None:
        return text[1:-1]
    from ast import literal_eval

    try:
        return str(literal_eval(text))
    except (SyntaxError, ValueError) as error:
        raise _UnreadableError from error
