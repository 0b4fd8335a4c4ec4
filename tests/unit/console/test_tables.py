from __future__ import annotations

import io

from lockenv.console import Console
from lockenv.console.rich_tables import drawn
from lockenv.console.tables import Branch, Figure, Paragraph, Table, plain
from lockenv.console.terminal import wants_drawing

TREE = Branch(
    parts=(("top", "name"),),
    branches=(
        Branch(parts=(("one", "name"), (" 1", "version")), branches=(Branch(parts=(("deep", "plain"),)),)),
        Branch(parts=(("two", "bad"),)),
    ),
)
TABLE = Table(headings=("name", "linux\nx86"), rows=(((("a", "name"),), (("wheel", "good"),)),))


def test_plain_tree_is_ascii() -> None:
    assert plain([TREE]) == "top\n|-- one 1\n|   `-- deep\n`-- two\n"


def test_plain_table_is_aligned_without_trailing_spaces() -> None:
    assert plain([TABLE]) == "      linux\nname  x86\na     wheel\n"


def test_figures_are_one_below_the_other() -> None:
    assert plain([Paragraph(parts=(("x", "dim"),)), TREE]) == "x\n" + plain([TREE])


def test_drawn_without_color_there_is_no_escape() -> None:
    figures: list[Figure] = [TREE, TABLE, Paragraph(parts=(("[bold]:cat:", "bad"),))]

    assert drawn(figures, width=80, color=False) == (
        "top\n├── one 1\n│   └── deep\n└── two\n      linux\nname  x86\n───────────\na     wheel\n[bold]:cat:\n"
    )


def test_drawn_with_color_it_is_the_same_text() -> None:
    assert "\x1b[1;31mtwo\x1b[0m" in drawn([TREE], width=80, color=True)


def test_long_line_of_a_tree_is_wrapped_beside_its_guides() -> None:
    tree = Branch(parts=(("top", "name"),), branches=(Branch(parts=(("word " * 6, "plain"),)), TREE))

    assert drawn([tree], width=20, color=False).splitlines()[:3] == ["top", "├── word word word", "│   word word word"]


def test_control_characters_of_a_lock_do_not_reach_the_terminal() -> None:
    hostile = Branch(parts=(("a\x1b[2J", "name"),))

    assert "\x1b" not in plain([hostile]) + drawn([hostile], width=80, color=False)


class Terminal(io.TextIOWrapper):
    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding)

    def isatty(self) -> bool:
        return True


def test_only_a_capable_terminal_is_drawn_on() -> None:
    assert wants_drawing({"TERM": "xterm"}, Terminal("utf-8")) is True
    assert wants_drawing({"TERM": "dumb"}, Terminal("utf-8")) is False
    assert wants_drawing({"TERM": "xterm"}, Terminal("latin-1")) is False
    assert wants_drawing({"TERM": "xterm"}, io.StringIO()) is False


def test_figures_are_data_and_not_silenced() -> None:
    out, err = io.StringIO(), io.StringIO()

    Console(out=out, err=err, quiet=True).show(TREE)

    assert (out.getvalue(), err.getvalue()) == (plain([TREE]), "")
