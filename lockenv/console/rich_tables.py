"""Trees and tables as a terminal shows them, drawn by `rich`; loaded only when there is a terminal to draw on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text
from rich.tree import Tree

from lockenv.console.tables import Branch, Paragraph, Table, tame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from lockenv.console.tables import Figure, Parts, Style

_STYLES: dict[Style, str] = {
    "plain": "",
    "name": "bold",
    "version": "cyan",
    "dim": "bright_black",
    "place": "blue",
    "good": "green",
    "fair": "yellow",
    "bad": "bold red",
}


def drawn(figures: Sequence[Figure], *, width: int, color: bool) -> str:
    """Return the figures as the characters to send to a terminal of so many columns."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=True,
        color_system="standard" if color else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
        _environ={},
    )
    for figure in figures:
        console.print(_renderable(figure))
    # A line is filled up to its column with spaces that no one sees, and that everyone copies.
    return "".join(f"{line.rstrip()}\n" for line in buffer.getvalue().splitlines())


def _renderable(figure: Figure) -> RenderableType:
    match figure:
        case Branch():
            return _tree(figure)
        case Table():
            return _grid(figure)
        case Paragraph():
            return _text(figure.parts)


def _tree(branch: Branch) -> Tree:
    top = Tree(_text(branch.parts), guide_style="bright_black")
    agenda = [(top, branch)]
    while agenda:
        tree, one = agenda.pop()
        agenda += [(tree.add(_text(each.parts)), each) for each in one.branches]
    return top


def _grid(table: Table) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for number, heading in enumerate(table.headings):
        grid.add_column(Text(heading), vertical="top", overflow="fold", no_wrap=number > 0)
    for row in table.rows:
        grid.add_row(*map(_text, row))
    return grid


def _text(parts: Parts) -> Text:
    return Text.assemble(*((text, _STYLES[style]) for text, style in tame(parts)))
