"""What `--help` prints: of the program, and of each command.

In: the table of options, how wide the terminal is, and whether it takes color. Out: text, the same from every Python.
Loaded only when help is requested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.cli.options import COMMANDS, COMMON
from lockenv.console.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.cli.options import Command, Option

NARROW: Final = 80
"""Columns of help where the width of the terminal is unknown."""
_WIDEST: Final = 100
_MARGIN: Final = 2
_GAP: Final = 2
_FLAGS: Final = 26
"""Columns of the longest term beside which its meaning still begins in the same line."""
_HELP: Final = ("-h, --help", "Print this help")
_Row = tuple[str, str]


def of_program(*, width: int = 0, color: bool = False) -> str:
    """Return what `lockenv --help` prints."""
    sheet = _Sheet(width, color=color)
    sheet.line("usage: ", "lockenv COMMAND [OPTION ...]")
    sheet.text("Reproducible Python environments from one standard lockfile.")
    sheet.rows("commands", [(command.name, command.meaning) for command in COMMANDS])
    sheet.rows("options", [*map(_row, COMMON), _HELP, ("-V, --version", "Print the version")])
    sheet.text("Run `lockenv COMMAND --help` for the options of a command.")
    return sheet.content


def of_command(command: Command, *, width: int = 0, color: bool = False) -> str:
    """Return what `lockenv COMMAND --help` prints."""
    sheet = _Sheet(width, color=color)
    placed = [option for option in command.options if not option.flags[0].startswith("-")]
    flagged = [option for option in command.options if option.flags[0].startswith("-")]
    words = " ".join(["[OPTION ...]", *map(_argument, placed)])
    sheet.line("usage: ", f"lockenv {command.name} {words}")
    sheet.text(f"{command.meaning[:1].upper()}{command.meaning[1:]}.")
    sheet.rows("arguments", [(_term(option), option.meaning) for option in placed])
    sheet.rows("options", list(map(_row, flagged)))
    sheet.rows("global options", [*map(_row, COMMON), _HELP])
    sheet.text("Options can also be set by environment variables: `LOCKENV_QUIET=1` is the same as `--quiet`.")
    return sheet.content


class _Sheet:
    """Text that grows at its end, as wide as `width` (0: unknown), with or without color."""

    def __init__(self, width: int, *, color: bool) -> None:
        self._width = min(width or NARROW, _WIDEST)
        self._color = color
        self.content = ""

    def line(self, heading: str, text: str) -> None:
        self.content += wrapped(f"{self._styled(heading, '1')}{text}", self._width) + "\n"

    def text(self, text: str) -> None:
        self.content += f"\n{wrapped(text, self._width, hanging=0)}\n"

    def rows(self, heading: str, rows: Sequence[_Row]) -> None:
        """Add terms and their meanings in two columns; nothing for none."""
        if not rows:
            return
        self.content += f"\n{self._styled(f'{heading}:', '1')}\n"
        column = _MARGIN + _GAP + max((len(term) for term, _ in rows if len(term) <= _FLAGS), default=4)
        for term, meaning in rows:
            start = " " * _MARGIN + self._styled(term, "36")
            room = column - _MARGIN - len(term)
            lines = wrapped(meaning, self._width - column, hanging=0).split("\n")
            if room < _GAP:
                self.content += f"{start}\n"
            else:
                self.content += f"{start}{' ' * room}{lines.pop(0)}\n"
            self.content += "".join(f"{' ' * column}{line}\n" for line in lines)

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._color else text


def _row(option: Option) -> _Row:
    flags = ", ".join(option.flags)
    value = option.metavar or ("|".join(option.choices) if option.kind == "choice" else "")
    short = "" if len(option.flags[0]) == len("-x") else "    "
    return f"{short}{flags} {value}".rstrip(), option.meaning


def _argument(option: Option) -> str:
    term = _term(option)
    return f"[{term}]" if option.kind == "words" else term


def _term(option: Option) -> str:
    if option.choices:
        return "|".join(option.choices)
    return f"{option.metavar} ..." if option.kind == "words" else option.metavar
