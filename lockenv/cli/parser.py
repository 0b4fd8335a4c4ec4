"""From argv to the name of a command and its values."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

from lockenv.cli.options import COMMANDS, COMMON, Command, Option, from_environment, options_of
from lockenv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BY_NAME = {command.name: command for command in COMMANDS}


_WIDTH = 100
"""Of help texts. Told to argparse, which would load `shutil` to ask for the terminal's: 10 ms at every start."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


class _Parser(argparse.ArgumentParser):
    """argparse whose complaints are our errors."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"see `{self.prog} --help`")


def parse(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[str, dict[str, object]]:
    """Give the command and the value of each of its options, by `dest`.

    Options may stand before the command or after it. Raises UsageError; `--help` and `--version` print and exit.
    """
    at = _command_at(argv)
    if at is None:
        _overview().parse_args(argv)
        raise UsageError("no command given", hint="see `lockenv --help`")
    command = _BY_NAME[argv[at]]
    given = vars(_parser(command).parse_args([*argv[:at], *argv[at + 1 :]]))
    return command.name, {option.dest: _value(option, given[option.dest], environ) for option in options_of(command)}


def _command_at(argv: Sequence[str]) -> int | None:
    """Give where the command stands: the first word that is neither an option nor the value of one."""
    takes_value = {flag for option in COMMON if option.kind == "value" for flag in option.flags}
    at = 0
    while at < len(argv) and argv[at].startswith("-"):
        at += 2 if argv[at] in takes_value else 1
    return at if at < len(argv) and argv[at] in _BY_NAME else None


def _value(option: Option, given: object, environ: Mapping[str, str]) -> object:
    if given is not None:
        return given
    text = environ.get(option.variable)
    if text is not None and option.kind not in ("word", "words", "rest"):
        return from_environment(option, text)
    if option.kind == "choice":
        return option.choices[0]
    return {"flag": False, "value": "", "list": [], "words": [], "rest": []}[option.kind]


def _parser(command: Command) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"lockenv {command.name}",
        description=f"{command.meaning}.",
        allow_abbrev=False,
        formatter_class=_Formatter,
    )
    for option in options_of(command):
        _declare(parser, option)
    return parser


def _declare(parser: argparse.ArgumentParser, option: Option) -> None:
    meaning = option.meaning.replace("%", "%%")
    match option.kind:
        case "flag":
            parser.add_argument(*option.flags, dest=option.dest, action="store_true", default=None, help=meaning)
        case "value":
            parser.add_argument(*option.flags, dest=option.dest, metavar=option.metavar, help=meaning)
        case "list":
            parser.add_argument(*option.flags, dest=option.dest, action="append", metavar=option.metavar, help=meaning)
        case "choice":
            parser.add_argument(*option.flags, dest=option.dest, choices=option.choices, help=meaning)
        case "action":
            parser.add_argument(option.dest, choices=option.choices, help=meaning)
        case "word":
            parser.add_argument(option.dest, metavar=option.metavar, help=meaning)
        case "words":
            parser.add_argument(option.dest, nargs="*", metavar=option.metavar, help=meaning)
        case "rest":
            parser.add_argument(option.dest, nargs=argparse.REMAINDER, metavar=option.metavar, help=meaning)


def _overview() -> argparse.ArgumentParser:
    from lockenv import __version__

    width = max(len(command.name) for command in COMMANDS)
    rows = "\n".join(f"  {command.name:<{width}}  {command.meaning}" for command in COMMANDS)
    parser = _Parser(
        prog="lockenv",
        description="Reproducible Python environments from one standard lockfile.",
        epilog=f"commands:\n{rows}\n\n`lockenv COMMAND --help` tells the options of one.",
        formatter_class=_Formatter,
        usage="lockenv COMMAND [OPTION ...]",
    )
    parser.add_argument("--version", action="version", version=f"lockenv {__version__}")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS, choices=list(_BY_NAME))
    return parser
