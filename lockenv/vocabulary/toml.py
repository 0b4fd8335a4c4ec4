"""TOML as `tomllib` reads it, less what would keep it busy without end."""

from __future__ import annotations

from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


_DEEPEST = 100
"""Parts of a dotted key. `tomllib` takes time that grows with the square of their number."""

_MOST = 1_000_000
"""Tables and arrays, each of which takes some fifty times the memory of its text. A lock has two for each file."""
_FEW = 12
_QUOTED = lazy_pattern(r'"(?:[^"\\]|\\.)*"|' + r"'[^']*'")
_PART = lazy_pattern(r"[ \t]*[\w-]+[ \t]*")


def loads(text: str) -> dict[str, Any]:
    """Return what `text` says.

    Raises ValueError (mostly `tomllib.TOMLDecodeError`, which says where and why) when it is not TOML, has a key of
    more than a hundred parts, or more tables and arrays than any honest file; RecursionError when it nests values too
    deeply.
    """
    if text.count("[") + text.count("{") > _MOST or (text.count(".") > _MOST and _dots_of_keys(text) > _MOST):
        raise ValueError(f"more than {_MOST} tables and arrays")
    if any(line.count(".") >= _DEEPEST and _is_deep(line) for line in text.split("\n")):
        raise ValueError(f"a key of more than {_DEEPEST} parts")
    import tomllib

    return tomllib.loads(text)


def _dots_of_keys(text: str) -> int:
    """Return about how many dots of `text` are those of keys, each of which makes a table; too many, if any."""
    count = 0
    for line in text.split("\n"):
        dots = line.count(".")
        is_inline = dots > _FEW and "{" in line
        count += (_QUOTED.sub("", line) if is_inline else line.partition("=")[0]).count(".") if dots else 0
    return count


def _is_deep(line: str) -> bool:
    """Return whether so many parts of `line` between dots are side by side that they may be those of a key.

    What is in quotes is one part, or a value: a long array of requirements or of numbers is no key. Where a string of
    several lines may end in the line, what is in quotes is unknown, and everything but nothing counts as a part.
    """
    known = '"""' not in line and "'''" not in line
    if known:
        line = _QUOTED.sub("q", line)
    run = 0
    for part in line.split("."):
        run = run + 1 if (_PART.fullmatch(part) if known else part.strip()) else 0
        if run >= _DEEPEST - 1:  # Beside the first and the last, which something else may precede and follow.
            return True
    return False
