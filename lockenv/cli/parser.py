"""From argv to the name of a command and its values."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from lockenv.cli.options import COMMANDS, COMMON, Command, Option, from_environment, options_of
from lockenv.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_BY_NAME = {command.name: command for command in COMMANDS}


class _Formatter(argparse.HelpFormatter):
    """Told a width: argparse would load `shutil` to ask for the terminal's, 10 ms at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100)


class _Parser(argparse.ArgumentParser):
    """argparse whose complaints are our errors, in the same words on every Python."""

    def __init__(self, command: Command, environ: Mapping[str, str]) -> None:
        super().__init__(prog=f"lockenv {command.name}", allow_abbrev=False, formatter_class=_Formatter)
        self._command = command
        self._environ = environ

    def print_help(self, _file: object = None) -> None:
        from lockenv.cli.help import of_command

        _print(lambda width, color: of_command(self._command, width=width, color=color), self._environ)

    def error(self, message: str) -> NoReturn:
        complaint = message.removeprefix("argument ").replace(": expected one argument", " needs a value")
        complaint = complaint.replace("the following arguments are required:", f"lockenv {self._command.name} needs")
        raise UsageError(complaint, hint=f"see `{self.prog} --help`")

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Complain of what is left when everything known is taken."""
        flags = [flag for option in options_of(self._command) for flag in option.flags]
        word = words[0].partition("=")[0]
        what = "option" if word.startswith("-") else "argument"
        raise UsageError(
            f"lockenv {self._command.name} takes no {what} {word}{_meant(word, flags)}",
            hint=f"see `{self.prog} --help`",
        )

    def _check_value(self, action: argparse.Action, value: object) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if choices and value not in choices:
            named = "/".join(action.option_strings) or action.dest
            raise UsageError(
                f"{named} is {str(value)!r}, which is not one of {', '.join(choices)}{_meant(str(value), choices)}",
                hint=f"see `{self.prog} --help`",
            )


def _nothing(_project: str) -> Mapping[str, object]:
    """Return the defaults of a user who configures none."""
    return {}


def parse(
    argv: Sequence[str], environ: Mapping[str, str], configured: Callable[[str], Mapping[str, object]] = _nothing
) -> tuple[str, dict[str, object]]:
    """Return the command, and the value of each of its options by `dest`; under `sources`, where each is from.

    The command line counts most, then the environment, then what the user has `configured`, by `dest`, which is asked
    with the value of `--project`. Options may stand before the command or after it. Raises UsageError, and what
    `configured` raises; `--help` and `--version` print and exit.
    """
    at = _word_at(argv)
    if at == len(argv) or argv[at] not in _BY_NAME:
        _without_command(argv[:at], argv[at : at + 1], environ)
    command = _BY_NAME[argv[at]]
    parser = _parser(command, environ)
    words = [*argv[:at], *argv[at + 1 :]]
    found, left = parser.parse_known_args(words)
    if left and any(option.kind == "words" for option in command.options):
        # Words on both sides of an option, which argparse takes only when it is told to look twice.
        found, left = parser.parse_known_intermixed_args(words)
    if left:
        parser.refuse(left)
    return command.name, _merged(options_of(command), vars(found), environ, configured)


def _merged(
    options: Sequence[Option],
    given: Mapping[str, object],
    environ: Mapping[str, str],
    configured: Callable[[str], Mapping[str, object]],
) -> dict[str, object]:
    """Return the value of each option by `dest`, and under `sources` where each is from. For the rest, see `parse`."""
    values = {option.dest: _value(option, given[option.dest], environ) for option in options}
    sources = {option.dest: _source(option, given[option.dest], environ) for option in options}
    # `config path` works also where the configuration cannot be read.
    defaults = configured(str(values["project"])) if values.get("config_words") != ["path"] else {}
    for option in options:
        if not sources[option.dest] and option.dest in defaults:
            values[option.dest] = _configured(option, defaults[option.dest])
            sources[option.dest] = "configuration"
    return {**values, "sources": sources}


def _without_command(before: Sequence[str], word: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Print help or the version and exit; where neither is asked for, complain of what there is instead."""
    if {"-h", "--help"} & set(before):
        from lockenv.cli.help import of_program

        _print(lambda width, color: of_program(width=width, color=color), environ)
        raise SystemExit(0)
    if "--version" in before:
        from lockenv import __version__

        _data(f"lockenv {__version__}\n", environ)
        raise SystemExit(0)
    known = [flag for option in COMMON for flag in option.flags]
    for flag in before:
        if flag.startswith("-") and flag.partition("=")[0] not in known:
            meant = _meant(flag, [*known, "--help", "--version"])
            raise UsageError(f"lockenv takes no option {flag} before a command{meant}", hint="see `lockenv --help`")
    if word:
        raise UsageError(f"there is no command {word[0]}{_meant(word[0], list(_BY_NAME))}", hint="see `lockenv --help`")
    raise UsageError("no command was given", hint="see `lockenv --help`")


def _meant(word: str, known: Sequence[str]) -> str:
    """Give the end of the sentence that asks whether one of `known` was meant; nothing where none resembles `word`."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""


def _print(text: Callable[[int, bool], str], environ: Mapping[str, str]) -> None:
    from lockenv.console import columns, wants_color

    _data(text(columns(environ, sys.stdout), wants_color(environ, sys.stdout)), environ)


def _data(text: str, environ: Mapping[str, str]) -> None:
    from lockenv.console import standard

    standard(environ, quiet=False).data(text)


def _word_at(argv: Sequence[str]) -> int:
    """Give where the first word stands that is neither an option nor the value of one; the end where none does."""
    takes_value = {flag for option in COMMON if option.kind == "value" for flag in option.flags}
    at = 0
    while at < len(argv) and argv[at].startswith("-"):
        at += 2 if argv[at] in takes_value else 1
    return min(at, len(argv))


def _value(option: Option, given: object, environ: Mapping[str, str]) -> object:
    if given is not None:
        return given
    text = environ.get(option.variable)
    if text is not None and option.kind not in ("word", "words", "rest"):
        return from_environment(option, text)
    if option.kind == "choice":
        return option.choices[0]
    return {"flag": False, "value": "", "list": [], "words": [], "rest": []}[option.kind]


def _source(option: Option, given: object, environ: Mapping[str, str]) -> str:
    """Return where the value of an option is from; empty where nothing sets it."""
    if given is not None:
        return "command line"
    return option.variable if option.variable in environ and option.kind not in ("word", "words", "rest") else ""


def _configured(option: Option, value: object) -> object:
    """Return what the user configures for an option. Raises UsageError where that is no choice of it."""
    if option.kind == "choice" and value not in option.choices:
        raise UsageError(
            f"your configuration sets {option.dest} to {value!r}, which is not one of {', '.join(option.choices)}",
            hint="`lockenv config path` prints where it is",
        )
    return value


def _parser(command: Command, environ: Mapping[str, str]) -> _Parser:
    parser = _Parser(command, environ)
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
