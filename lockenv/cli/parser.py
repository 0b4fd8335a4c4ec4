"""From argv to the name of a command and its values."""

from __future__ import annotations

import os

from lockenv.cli.everyday_options import EVERYDAY
from lockenv.cli.option import from_environment
from lockenv.cli.plain import plain
from lockenv.cli.shared_options import COMMON, options_of
from lockenv.errors import UsageError
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lockenv.cli import grammar, without_command
    from lockenv.cli import options as cli_options
    from lockenv.cli.option import Command, Option
else:
    grammar = late("lockenv.cli.grammar")
    cli_options = late("lockenv.cli.options")
    without_command = late("lockenv.cli.without_command")

_ALIASES = {"install": "sync", "list": "tree"}
"""What other tools call a command."""


def _nothing(_project: str) -> Mapping[str, object]:
    """Return the defaults of a user who configures none."""
    return {}


def parse(
    argv: Sequence[str], environ: Mapping[str, str], configured: Callable[[str], Mapping[str, object]] = _nothing
) -> tuple[str, dict[str, object]]:
    """Return the command, and the value of each of its options by `dest`; under `sources`, where each is from.

    The command line takes precedence, then the environment, then what the user has `configured`, by `dest`, which is
    called with the value of `--project`. Options may come before the command or after it. Raises UsageError, and what
    `configured` raises; `--help` and `--version` print and exit.
    """
    at = _word_at(argv)
    name = _ALIASES.get(argv[at], argv[at]) if at < len(argv) else ""
    command = _named(name, EVERYDAY) or _named(name, cli_options.COMMANDS)
    if command is None:
        without_command.answer(argv[:at], argv[at:], environ)
    words = [*argv[:at], *argv[at + 1 :]]
    given: Mapping[str, object] | None = plain(options_of(command), words)
    if given is None:
        given = grammar.read(command, words, environ)
    return command.name, _merged(options_of(command), given, environ, configured)


def _named(name: str, commands: Sequence[Command]) -> Command | None:
    return next((command for command in commands if command.name == name), None)


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
    place = os.path.join(str(values["working_directory"]), str(values["project"]))
    defaults = configured(place) if values.get("config_words") != ["path"] else {}
    for option in options:
        if not sources[option.dest] and option.dest in defaults:
            values[option.dest] = _configured(option, defaults[option.dest])
            sources[option.dest] = "configuration"
    return {**values, "sources": sources}


def _word_at(argv: Sequence[str]) -> int:
    """Return the index of the first word that is neither an option nor the value of one, or the length of `argv`."""
    takes_value = {flag for option in COMMON if option.kind not in ("flag", "count") for flag in option.flags}
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
    return {"flag": False, "count": 0, "value": "", "list": [], "words": [], "rest": []}[option.kind]


def _source(option: Option, given: object, environ: Mapping[str, str]) -> str:
    """Return where the value of an option is from; empty where nothing sets it."""
    if given is not None:
        return "command line"
    return option.variable if option.variable in environ and option.kind not in ("word", "words", "rest") else ""


def _configured(option: Option, value: object) -> object:
    """Return what the user configures for an option. Raises UsageError where that is no choice of it."""
    if option.kind == "choice" and value not in option.choices:
        raise UsageError(
            f"invalid value `{value}` for {option.dest} in your configuration; "
            f"expected one of {', '.join(option.choices)}",
            hint="`lockenv config path` prints the path of the file",
        )
    return value
