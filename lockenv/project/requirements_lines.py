"""The logical lines of a requirements file: physical lines joined, comments cut off, variables expanded.

Pure: text goes in; lines come out that know where they were written. The format is pip's.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from lockenv.errors import InputError
from lockenv.project import messages
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

_COMMENT = lazy_pattern(r"(?:^|(?<!\s)\s++)#.*$")
"""Whitespace is tried once, from its beginning: a long run of it costs no more than its length."""
# Only these names are expanded, so that `$` in a password or a path stays what it is.
_VARIABLE = lazy_pattern(r"\$\{([A-Z0-9_]+)\}")
_INDEX = lazy_pattern(r"\s*(?:-i|--index-url\b|--extra-index-url\b)|\s*(?:-f|--find-links)\b.*://")
"""A line with a URL whose variables are replaced when it is used: what is recorded is what is written."""
_DIRECT = lazy_pattern(r"(?:https?|ssh|git)://([^\s/?#]*@)?([^\s?#]*)((?:[?#]\S*)?)")
"""A URL of a server: user and password, host and path, query and fragment."""


class VariableReader(Protocol):
    """The process environment, as far as a requirements file may use it."""

    def get(self, name: str, /) -> str | None:
        """Return the value of the variable `name`; None where there is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: physical lines joined by backslashes, without its comment, with variables expanded."""

    text: str
    file: str
    number: int
    """Of its first physical line, counted from 1."""
    physical: tuple[str, ...]
    starts: tuple[int, ...]
    """Where each physical line begins in `text`; empty when expanding a variable moved them."""

    def origin(self, inside: int = 0) -> Origin:
        """Return the place of the character at `inside`; of the line's first character where that is unknown."""
        row, column = 0, len(self.physical[0]) - len(self.physical[0].lstrip())
        if self.starts:
            row = max(at for at, start in enumerate(self.starts) if start <= inside)
            column = inside - self.starts[row]
        source = messages.without_secrets(self.physical[row])
        return Origin(file=self.file, line=self.number + row, column=column + 1, source=source)

    def error(self, message: str, *, hint: str, inside: int = -1) -> InputError:
        """Return the error that says `message` of this line."""
        first = len(self.text) - len(self.text.lstrip())
        return InputError(message, hint=hint, origin=self.origin(max(inside, first)))


def lines(text: str, file: str, environ: VariableReader) -> Iterator[Line]:
    """Return the logical lines of `text` that say something."""
    parts: list[str] = []
    physical: list[str] = []
    rows = text.split("\n")
    for number, row in enumerate(rows, 1):
        shown = row.removesuffix("\r")
        is_comment = shown.lstrip().startswith("#")
        physical.append(shown)
        if shown.endswith("\\") and not is_comment:
            parts.append(shown[:-1])
            if number < len(rows):
                continue
        else:
            # A line that is a comment ends what it continues, and is no part of it.
            parts.append(" " + shown if is_comment else shown)
        yield from _logical(parts, tuple(physical), file, number, environ)
        parts, physical = [], []


def _logical(
    parts: Sequence[str], physical: tuple[str, ...], file: str, last: int, environ: VariableReader
) -> Iterator[Line]:
    written = _COMMENT.sub("", "".join(parts)).rstrip()
    if not written:
        return
    text = written
    if not _INDEX.match(written):
        text = _expanded(written, environ)
    starts: tuple[int, ...] = ()
    if text == written:
        starts = (0, *accumulate(map(len, parts[:-1])))
    yield Line(text, file, last - len(physical) + 1, physical, starts)


def _expanded(written: str, environ: VariableReader) -> str:
    """Return a line with its variables replaced, but for those of a URL whose values a lock would hold.

    Those are all of its query and fragment, and the secret ones, by their names, of its path: its reader decides.
    """

    def value(found: re.Match[str]) -> str:
        return environ.get(found[1]) or found[0]

    def open_value(found: re.Match[str]) -> str:
        return found[0] if messages.is_secret(found[1]) or "?" in value(found) else value(found)

    parts, end = [], 0
    for url in _DIRECT.finditer(written):
        start = url.start(2)
        parts += [_VARIABLE.sub(value, written[end:start]), _VARIABLE.sub(open_value, url[2]), url[3]]
        end = url.end()
    return "".join([*parts, _VARIABLE.sub(value, written[end:])])
