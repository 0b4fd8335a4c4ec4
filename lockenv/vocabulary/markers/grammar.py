"""Marker text as diagrams.

Pure. The grammar is that of the dependency specifiers specification, as `packaging` reads it; `packaging` itself is
loaded only to say what is wrong with a text.

Explained in docs/markers.md, "Text to marker".
"""

from __future__ import annotations

from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.markers.atoms import NAMES, atom
from lockenv.vocabulary.markers.comparison import UndefinedComparisonError
from lockenv.vocabulary.markers.diagram import ALWAYS, EntangledError, Marker, disjunction, product, within_budget
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final


_VARIABLES: Final = frozenset(
    {
        *("python_version", "python_full_version", "os_name", "os.name", "sys_platform", "sys.platform"),
        *("platform_release", "platform_system", "platform_version", "platform.version"),
        *("platform_machine", "platform.machine", "implementation_name", "implementation_version"),
        *("platform_python_implementation", "platform.python_implementation", "python_implementation"),
        *("extra", "extras", "dependency_groups"),
    }
)
_OPERAND: Final = r"""[ \t]*(?:\b([a-z._]+)\b|('[^']*'|"[^"]*"))[ \t]*"""
_OPERATOR: Final = r"(===|==|~=|!=|<=|>=|<|>|\bin\b|\bnot[ \t]+in\b)"
_COMPARISON = lazy_pattern(_OPERAND + _OPERATOR + _OPERAND)
_OPENING = lazy_pattern(r"[ \t]*\(")
_CLOSING = lazy_pattern(r"[ \t]*\)[ \t]*")
_JUNCTION = lazy_pattern(r"\b(or|and)\b")
_ESCAPED = lazy_pattern(r"[\\\n\r\0]")
_DEEPEST: Final = 200
"""Parentheses nested deeper than this are refused: no honest marker needs them, and the stack is finite."""
_LONGEST: Final = 100_000
"""A longer text is refused."""
_LARGEST: Final = 20_000
"""A text whose diagram takes more nodes than this is refused; an honest one takes a few dozen."""


class _UnreadableError(Exception):
    """The text is not a marker."""


@cache
def parse(text: str) -> Marker:
    """Return the environments that a marker describes; all for the empty text.

    Raises ValueError, with the message of `packaging` where it has one, when the text is not a marker, makes a
    comparison that has no meaning in any environment, or is large beyond reason.
    """
    if not text:
        return ALWAYS
    if len(text) > _LONGEST:
        raise ValueError(f"an environment marker of {len(text)} characters, of which {_LONGEST} are allowed")
    try:
        return within_budget(_LARGEST, lambda: _Reader(text).whole())
    except (EntangledError, RecursionError):
        raise ValueError(f"an environment marker is too complex: {text[:200]!r}") from None
    except _UnreadableError:
        _check_grammar(text)
        raise ValueError(f"invalid environment marker: {text!r}") from None
    except UndefinedComparisonError:
        # A text that is no marker at all is refused as such, whatever the part read so far compares.
        _check_grammar(text)
        raise


def _check_grammar(text: str) -> None:
    """Raise the ValueError of `packaging` when `text` is not in the grammar of markers."""
    from packaging.markers import Marker as Parsed

    Parsed(text)


class _Reader:
    """A text, and how far it is read."""

    __slots__ = ("position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def whole(self) -> Marker:
        """Read all of the text."""
        marker = self._disjunction(0)
        if self.position != len(self.text):
            raise _UnreadableError
        return marker

    def _disjunction(self, depth: int) -> Marker:
        """Read comparisons and parentheses joined by `or` and `and`, of which `and` binds tighter."""
        alternatives, conditions = [], [self._item(depth)]
        while found := _JUNCTION.match(self.text, self.position):
            self.position = found.end()
            if found[1] == "or":
                alternatives.append(product(conditions))
                conditions = []
            conditions.append(self._item(depth))
        alternatives.append(product(conditions))
        return disjunction(alternatives)

    def _item(self, depth: int) -> Marker:
        if found := _COMPARISON.match(self.text, self.position):
            self.position = found.end()
            return _comparison(*found.groups())
        opening = _OPENING.match(self.text, self.position)
        if opening is None:
            raise _UnreadableError
        if depth == _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} nested parentheses in an environment marker")
        self.position = opening.end()
        marker = self._disjunction(depth + 1)
        closing = _CLOSING.match(self.text, self.position)
        if closing is None:
            raise _UnreadableError
        self.position = closing.end()
        return marker


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
        raise UndefinedComparisonError(f"a marker compares {value} with {literal}; one of them must be a variable")
    return atom(asked, operator, _unquoted(value or ""), is_reversed=True)


def _name(text: str) -> str:
    if text not in _VARIABLES:
        raise _UnreadableError
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
