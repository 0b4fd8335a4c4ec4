"""Answer a command line that names no command: print the help or the version, or report an error.

In: the words before the first that could be a command, and that word. Out: text on standard output and the end of the
program, or UsageError.
"""

from __future__ import annotations

import sys

from lockenv.cli.options import COMMANDS, COMMON
from lockenv.errors import UsageError
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn

    from lockenv import console
    from lockenv.cli import help as cli_help
    from lockenv.console import terminal
else:
    cli_help = late("lockenv.cli.help")
    console = late("lockenv.console")
    terminal = late("lockenv.console.terminal")


_ANSWERS = {
    "update": "run `lockenv lock -U` for all packages, `lockenv lock -P NAME` for one, then `lockenv sync`; "
    "`lockenv upgrade` raises the bounds in pyproject.toml too",
    "build": "lockenv does not build distributions of projects; use a tool such as `python -m build`",
    "publish": "lockenv does not publish distributions; use a tool such as twine",
    "pip": "lockenv has no `pip` commands; run `lockenv add`, `lockenv sync` or `lockenv tree`",
    "venv": "run `lockenv sync`, which creates .venv",
    "self": "`lockenv --version` names what is installed; upgrade it as you installed it, such as with pip",
    "tool": "to run a tool without adding it, run for example `lockenv run --with ruff ruff`",
    "auth": "set LOCKENV_INDEX_<NAME>_URL, _USERNAME and _PASSWORD, or use netrc or a keyring; nothing else is stored",
    "workspace": "set `members` in [tool.lockenv.workspace]; `lockenv tree` shows what is locked",
    "activate": "run `lockenv shell`, or `lockenv run COMMAND` for one command",
    "login": "set LOCKENV_INDEX_<NAME>_URL, _USERNAME and _PASSWORD, or use netrc or a keyring; nothing else is stored",
    "env": "run `lockenv sync`, which creates .venv; `lockenv doctor` shows it",
    "clean": "run `lockenv cache clean` to empty the cache; remove .venv to have `lockenv sync` create it again",
    "format": "run a formatter in the environment, such as `lockenv run ruff format`",
}
"""Commands of other tools, and what does the same here."""
_SYNONYMS = {
    "compile": "lock",
    "exec": "run",
    "freeze": "export",
    "generate-shell-completion": "completion",
    "graph": "tree",
    "info": "why",
    "ls": "tree",
    "new": "init",
    "rm": "remove",
    "show": "why",
    "status": "check",
    "synchronise": "sync",
    "synchronize": "sync",
    "uninstall": "remove",
    "x": "run",
    "--all-dependencies": "--all-groups",
    "--requirement": "--requirements",
    "--upgrade-all": "--upgrade",
}
"""What other tools call a command or an option, and what it is called here."""


def answer(before: Sequence[str], word: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Print help or the version and exit; where neither is asked for, raise UsageError.

    `word` is what follows the words `before`, the first that is no option first; empty for nothing.
    """
    if word[:1] == ["help"] and len(word) > 1:
        _help_on(word[1], [*before, *word], environ)
    if {"-h", "--help"} & set(before) or word[:1] == ["help"]:
        show(lambda width, color: cli_help.of_program(width=width, color=color), [*before, *word], environ)
        raise SystemExit(0)
    if {"-V", "--version"} & set(before) or word[:1] == ["version"]:
        from lockenv import __version__

        _data(f"lockenv {__version__} (pylockenv)\n", environ)
        raise SystemExit(0)
    known = [flag for option in COMMON for flag in option.flags]
    for flag in before:
        if flag.startswith("-") and flag.partition("=")[0] not in known:
            near = meant(flag, [*known, "--help", "--version"])
            raise UsageError(f"unknown option `{flag}`{near}", hint="see `lockenv --help`")
    if word:
        if word[0] in _ANSWERS:
            raise UsageError(f"`{word[0]}` is not a command", hint=_ANSWERS[word[0]])
        near = meant(word[0], [command.name for command in COMMANDS])
        raise UsageError(f"unknown command `{word[0]}`{near}", hint="see `lockenv --help`")
    raise UsageError("a command is required", hint="see `lockenv --help`")


def _help_on(name: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Print the help of the command `name` and exit. Raises UsageError where there is none."""
    found = next((command for command in COMMANDS if command.name == name), None)
    if found is None:
        near = meant(name, [command.name for command in COMMANDS])
        raise UsageError(f"unknown command `{name}`{near}", hint="see `lockenv --help`")
    show(lambda width, color: cli_help.of_command(found, width=width, color=color), words, environ)
    raise SystemExit(0)


def meant(word: str, known: Sequence[str]) -> str:
    """Return the end of a sentence that suggests the one of `known` that means the same as `word`, or resembles it.

    Empty where none does.
    """
    from difflib import get_close_matches

    if _SYNONYMS.get(word) in known:
        return f"; did you mean `{_SYNONYMS[word]}`?"
    bare = {each.lstrip("-"): each for each in known if each.startswith("-") == word.startswith("-")}
    near = get_close_matches(word.lstrip("-"), list(bare), 1, 0.65)
    return f"; did you mean `{bare[near[0]]}`?" if near else ""


def color_choice(words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return when `words`, a command line that may be wrong, have output colored; else what `environ` says, or auto."""
    option = next(one for one in COMMON if one.dest == "color")
    found = environ.get(option.variable, "")
    for at, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in option.flags:
            found = value if equals else "".join(words[at + 1 : at + 2])
    return found if found in option.choices else option.choices[0]


def show(text: Callable[[int, bool], str], words: Sequence[str], environ: Mapping[str, str]) -> None:
    """Write `text`, made for a number of columns, with or without color, to standard output, as `words` ask for it."""
    is_colored = terminal.wants_color(environ, sys.stdout, color_choice(words, environ))
    _data(text(terminal.columns(environ, sys.stdout), is_colored), environ)


def _data(text: str, environ: Mapping[str, str]) -> None:
    console.standard(environ, quiet=False).data(text)
