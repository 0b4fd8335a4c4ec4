"""Read the variables that a file assigns, a line each: `NAME=value`, as `.env` files have them.

Pure. In: text, and the variables that are set already. Out: a mapping. Never: running anything, reading another file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping
    from re import Match

_LINE = lazy_pattern(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)")
_REFERENCE = lazy_pattern(r"\$\{([A-Za-z_][A-Za-z0-9_.]*)\}")
_IN_QUOTES = lazy_pattern(r"\$\{([A-Za-z_][A-Za-z0-9_.]*)\}|\\(.)")
_QUOTED = lazy_pattern(r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?""")
_COMMENT = lazy_pattern(r"(?:^|\s+)#.*")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "$": "$"}


def assigned(text: str, file: str, environ: Mapping[str, str]) -> dict[str, str]:
    r"""Return the variables that `text`, the content of `file`, assigns; the last assignment of a name counts.

    `'…'` is taken as it is written. Elsewhere `${NAME}` is the value of an earlier line, else of `environ`, else
    nothing; in `"…"` also `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are read. Raises InputError for a line that is no
    assignment.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        value = None if found is None else _value(found[2], {**environ, **values})
        if found is None or value is None:
            raise InputError(
                "expected NAME=value, with both quotation marks in one line",
                hint="correct the line, or begin it with # to make it a comment",
                origin=Origin(file=file, line=number, column=1, source=line),
            )
        values[found[1]] = value
    return values


def _value(text: str, known: Mapping[str, str]) -> str | None:
    """Return the value that is written as `text`; None for quotation marks that do not match."""
    if text[:1] in ("'", '"'):
        found = _QUOTED.fullmatch(text)
        if found is None:
            return None
        return found[1] if found[1] is not None else _in_quotes(found[2], known)
    return _REFERENCE.sub(lambda each: known.get(each[1], ""), _COMMENT.sub("", text).rstrip())


def _in_quotes(text: str, known: Mapping[str, str]) -> str:
    """Return `text` with its references and escapes replaced; a backslash before another character is kept."""

    def value(found: Match[str]) -> str:
        return known.get(found[1], "") if found[1] else _ESCAPES.get(found[2], found[0])

    return _IN_QUOTES.sub(value, text)
