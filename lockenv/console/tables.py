"""Trees and tables as values, and as plain text.

In: texts with the style they have on a terminal. Out: lines that are the same on every machine: ASCII around the texts,
no colors, as wide as they need to be. Never: a terminal; `drawing` is for that.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.printable import line as harmless
from lockenv.vocabulary.printable import printable

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

    Style = Literal["plain", "name", "version", "dim", "place", "good", "fair", "bad"]
    Parts = tuple[tuple[str, Style], ...]
    """The pieces of one text, each with its style."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A line of a tree, and the lines that hang on it."""

    parts: Parts
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings."""

    headings: tuple[str, ...]
    """A line feed in one parts it where there is room for several lines."""
    rows: tuple[tuple[Parts, ...], ...]
    """As many cells as there are headings, in each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A line of its own."""

    parts: Parts


Figure = Branch | Table | Paragraph


def plain(figures: Sequence[Figure]) -> str:
    """Return the figures as text, one below the other, each line with its end; nothing for none."""
    return "".join(f"{harmless(line.rstrip())}\n" for figure in figures for line in _lines(figure))


def text_of(parts: Parts) -> str:
    """Return the text of `parts`."""
    return "".join(text for text, _ in tame(parts))


def tame(parts: Parts) -> Parts:
    """Return `parts` on one line and without characters that would steer a terminal."""
    return tuple((printable(text), style) for text, style in parts)


def _lines(figure: Figure) -> Iterator[str]:
    match figure:
        case Branch():
            yield text_of(figure.parts)
            yield from _hanging(figure.branches, "")
        case Table():
            yield from _rows(figure)
        case Paragraph():
            yield text_of(figure.parts)


def _hanging(branches: Sequence[Branch], indent: str) -> Iterator[str]:
    for number, branch in enumerate(branches, 1):
        is_last = number == len(branches)
        yield f"{indent}{'`-- ' if is_last else '|-- '}{text_of(branch.parts)}"
        yield from _hanging(branch.branches, f"{indent}{'    ' if is_last else '|   '}")


def _rows(table: Table) -> Iterator[str]:
    cells = [[heading.split("\n") for heading in table.headings]]
    height = max(len(lines) for lines in cells[0])
    rows = [[[""] * (height - len(lines)) + lines for lines in cells[0]]]
    rows += [[[text_of(cell)] for cell in row] for row in table.rows]
    widths = [max(len(line) for row in rows for line in row[column]) for column in range(len(table.headings))]
    for row in rows:
        for number in range(len(row[0])):
            yield "  ".join(lines[number].ljust(width) for lines, width in zip(row, widths, strict=True))
