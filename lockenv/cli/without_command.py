"""Answer a command line that names no command: print the help or the version, or report an error.

In: the words before the first that could be a command, and that word. Out: text on standard output and the end of the
program, or UsageError.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from lockenv.cli.options import COMMANDS, COMMON
from lockenv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def answer(before: Sequence[str], word: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Print help or the version and exit; where neither is asked for, raise UsageError."""
    if {"-h", "--help"} & set(before):
        from lockenv.cli.help import of_program

        show(lambda width, color: of_program(width=width, color=color), environ)
        raise SystemExit(0)
    if "--version" in before:
        from lockenv import __version__

        _data(f"lockenv {__version__}\n", environ)
        raise SystemExit(0)
    known = [flag for option in COMMON for flag in option.flags]
    for flag in before:
        if flag.startswith("-") and flag.partition("=")[0] not in known:
            near = meant(flag, [*known, "--help", "--version"])
            raise UsageError(f"unknown option `{flag}`{near}", hint="see `lockenv --help`")
    if word:
        near = meant(word[0], [command.name for command in COMMANDS])
        raise UsageError(f"unknown command `{word[0]}`{near}", hint="see `lockenv --help`")
    raise UsageError("a command is required", hint="see `lockenv --help`")


def meant(word: str, known: Sequence[str]) -> str:
    """Return the end of a sentence that suggests the one of `known` that resembles `word`; nothing where none does."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1, 0.5)
    return f"; did you mean `{near[0]}`?" if near else ""


def show(text: Callable[[int, bool], str], environ: Mapping[str, str]) -> None:
    """Write `text`, which is made for a number of columns, with or without color, to standard output."""
    from lockenv.console import columns, wants_color

    _data(text(columns(environ, sys.stdout), wants_color(environ, sys.stdout)), environ)


def _data(text: str, environ: Mapping[str, str]) -> None:
    from lockenv.console import standard

    standard(environ, quiet=False).data(text)
