"""Read any command line of a command, by argparse, and report what is wrong with it.

In: a command and the words beside its name. Out: the values that the words set, by `dest`, or UsageError. Loaded where
`plain` cannot read the words: argparse and its parser are a sixth of a `sync` that has nothing to do.
"""

from __future__ import annotations

import argparse

from lockenv.cli.options import Command, Option, options_of
from lockenv.cli.without_command import meant, show
from lockenv.errors import UsageError
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from lockenv.cli import help as cli_help
else:
    cli_help = late("lockenv.cli.help")


_ANSWERS = {
    "--no-cache": "`lockenv lock --no-cache` and `lockenv sync --no-cache` keep nothing in the cache",
    "--refresh-package": "run `lockenv lock --refresh-package NAME`",
    "--only-dev": "use `--only-group dev`",
    "--no-emit-package": "use `--no-install-package NAME`",
    "--no-emit-project": "use `--no-install-project`",
    "--no-emit-workspace": "use `--no-install-workspace`",
    "--no-emit-local": "use `--no-install-local`",
    "--reinstall-package": "run `lockenv sync --reinstall NAME`",
    "--dev": "use `--group dev`, which is included by default",
    "--upgrade": "run `lockenv lock --upgrade` first",
    "--upgrade-package": "run `lockenv lock --upgrade-package NAME` first",
    "--with": "run `lockenv add --dev NAME`, or `lockenv run --with NAME` for one command",
    "--compile-bytecode": "use `--compile`",
    "--refresh": "run `lockenv lock --refresh`",
    "--extra-index-url": "declare it in `[[tool.lockenv.index]]`, before the others",
    "--index-strategy": "the first index that has a project serves it; `[tool.lockenv.sources]` chooses another",
    "--constraint": "set `constraints` in [tool.lockenv], or write `-c FILE` into a requirements file",
    "--build-constraint": "set `build-constraints` in [tool.lockenv]",
    "--build-constraints": "set `build-constraints` in [tool.lockenv]",
    "--fork-strategy": "set `fork` in [tool.lockenv]",
    "-p": "use `--python PYTHON`",
    "-i": "use `--index-url URL`",
    "--system": "use `--venv PATH`, or `--active` for the environment that is active",
    "--target": "use `--venv PATH`",
    "--output-file": "use `--output FILE`",
    "--native-tls": "leave it out: the system's certificates are trusted; `--cert FILE` names others",
    "--system-certs": "leave it out: the system's certificates are trusted; `--cert FILE` names others",
    "--link-mode": "leave it out: files are linked where the filesystem can, else copied",
    **dict.fromkeys(
        ("--python-preference", "--managed-python", "--no-managed-python", "--no-python-downloads"),
        "leave it out: no Python is downloaded unasked, and `--python PATH` chooses one",
    ),
    "--constraints": "set `constraints` in [tool.lockenv], or write `-c FILE` into a requirements file",
    "--default-index": "use `--index-url URL`, or declare it in `[[tool.lockenv.index]]`",
    "--index": "use `--index-url URL`, or declare it in `[[tool.lockenv.index]]`",
    "--no-extra": "use `--extra NAME` for each of the others",
    "--no-sources": "remove what is not to count from [tool.lockenv.sources]",
    "--only-installed": "leave it out: `lockenv python list` shows those that are installed",
    "--universal": "leave it out: every environment is included",
    "--upgrade-group": "run `lockenv lock -P NAME` for the packages of the group first",
    "--check-exists": "use `--check`, which also compares the lockfile with what is declared",
    "--emit-index-url": "leave it out: the URLs of the indexes are written",
    "--keyring-provider": "leave it out: netrc is read, and keyring is asked where the extra `keyring` is installed",
    "--output-format": "use `--check` or `--dry-run`, and `lockenv tree --json` for what is locked",
    "--no-env-file": "leave it out: only the files that `--env-file` names are read",
    "--no-editable-package": "use `--no-editable`, or set `editable = false` in [tool.lockenv.sources]",
    **dict.fromkeys(
        ("--no-build-isolation", "--no-build-isolation-package"),
        "leave it out: each build has an environment of its own, with what the build lockfile pins",
    ),
    **dict.fromkeys(
        ("--require-build-hashes", "--no-require-build-hashes"),
        "leave it out: build requirements are locked with their hashes, which are always checked",
    ),
    **dict.fromkeys(
        (
            "--config-setting",
            "--config-settings",
            "--config-setting-package",
            "--config-settings-package",
        ),
        "build its wheel yourself, for a directory of `find-links` in [tool.lockenv]: builds get no settings",
    ),
    "--no-sources-package": "remove the package from [tool.lockenv.sources]",
}
"""Options of other tools, and what does the same here."""
_SETTINGS = frozenset(
    (
        "--exclude-newer",
        "--exclude-newer-package",
        "--find-links",
        "--no-binary",
        "--no-binary-package",
        "--no-build",
        "--no-build-package",
        "--no-index",
        "--prerelease",
        "--prerelease-package",
        "--resolution",
    )
)
"""Options of other tools that are settings of the project here, under the same name."""
_OF_SCRIPT = "run `lockenv lock --script FILE.py`, and use `--lockfile pylock.FILE.toml`"
_EDITING = ("add", "remove")
_ANSWERS_OF = {
    ("add", "--upgrade"): "run `lockenv upgrade NAME`",
    ("add", "--lock"): "add the requirement to a file or group of the named lock",
    ("lock", "-c"): "set `constraints` in [tool.lockenv], or write `-c FILE` into a requirements file",
    ("lock", "-b"): "set `build-constraints` in [tool.lockenv]",
    ("lock", "--locked"): "use `--check`",
    ("lock", "--frozen"): "use `--check`",
    ("lock", "--upgrade-group"): "name its packages: `lockenv lock -P NAME`",
    ("export", "--no-annotate"): "leave it out: no annotations are written",
    ("export", "--no-header"): "leave it out: the header is a comment",
    ("export", "--prune"): "use `--no-install-package NAME`, which keeps what the package requires",
    ("sync", "--exact"): "leave it out: what is not in the lockfile is removed unless `--inexact` is used",
    ("sync", "--locked"): "leave it out: a missing or an outdated lockfile is always refused",
    ("tree", "--outdated"): "run `lockenv outdated`",
    ("tree", "--prune"): "name the packages to show: `lockenv tree NAME`",
    ("tree", "--show-sizes"): "run `lockenv tree --html FILE`, which shows the sizes",
    ("check", "--script"): "run `lockenv lock --script FILE.py --check`",
    ("outdated", "--script"): "run `lockenv lock --script FILE.py --upgrade --dry-run`",
    **{
        (command, "--script"): _OF_SCRIPT
        for command in ("audit", "bundle", "coverage", "export", "licenses", "report", "tree", "why")
    },
    ("run", "--with-editable"): "run `lockenv add --editable DIR`, or use `--with DIR`",
    ("init", "--script"): "run `lockenv add --script FILE.py NAME`, which writes the inline metadata",
    ("run", "-c"): "run `lockenv run python -c CODE`",
    ("run", "--isolated"): "`--with NAME` uses an environment of its own, and leaves .venv as it is",
    **{(command, flag): "use `--dev`" for command in ("add", "remove") for flag in ("-D", "-d")},
    **{(command, "-G"): "use `--group NAME`" for command in ("add", "remove")},
    ("check", "--fix"): "run `lockenv lock`, and review the change with `lockenv diff`",
    ("upgrade", "--latest"): "leave it out: the newest versions that fit together are locked",
    **{
        ("add", flag): "set `constraints` in [tool.lockenv], or write `-c FILE` into a requirements file"
        for flag in ("-c", "--constraint", "--constraints")
    },
    **{("add", flag): "write it behind the name: `'NAME; MARKER'`" for flag in ("-m", "--marker")},
    **{("add", flag): "write `NAME @ URL`, which is kept as it is" for flag in ("--raw", "--raw-sources")},
    **{
        (command, "--package"): "run it with `--project DIR`, the directory of the member"
        for command in ("add", "remove", "upgrade")
    },
    **{
        (command, "--frozen"): "edit pyproject.toml by hand to change it without locking"
        for command in ("add", "remove")
    },
    ("add", "--workspace"): "add its directory to `members` in [tool.lockenv.workspace]",
    ("add", "-U"): "run `lockenv upgrade NAME`",
    ("run", "-w"): "use `--with NAME`",
    **{
        ("add", flag): f"run `lockenv add --no-sync NAME`, then `lockenv sync {flag}`"
        for flag in ("--no-install-project", "--no-install-workspace", "--no-install-local")
    },
    ("add", "--no-install-package"): "run `lockenv add --no-sync NAME`, then `lockenv sync --no-install-package NAME`",
    ("add", "--no-workspace"): "declare where it comes from in [tool.lockenv.sources], which is kept",
    **{
        (command, "--locked"): "leave it out: what is declared and the lockfile change together" for command in _EDITING
    },
    **{
        (command, flag): f"run `lockenv sync {used}` afterwards"
        for command in (*_EDITING, "run")
        for flag, used in (("--compile-bytecode", "--compile"), ("--reinstall", "--reinstall"))
    },
    ("export", "--locked"): "leave it out: an outdated lockfile is refused unless `--frozen` is used",
    **{("tree", flag): "leave it out: the lockfile is shown as it is" for flag in ("--locked", "--frozen")},
    ("tree", "--format"): "use `--json`, `--html FILE`, `--mermaid` or `--dot`",
    ("tree", "--python-version"): "use `--environment VERSION`, such as `3.12`",
    **{
        (command, flag): "leave it out: only the lockfile is read"
        for command in ("export", "tree")
        for flag in ("--index", "--default-index", "--index-url", "--extra-index-url", "--find-links")
    },
    **{
        (command, "--python-platform"): "run `lockenv bundle --platform PLATFORM` for the files of another system"
        for command in ("sync", "run")
    },
    ("tree", "--python-platform"): "use `--environment NAME`, such as `windows`",
    ("run", "--exact"): "leave it out: what is not in the lockfile is removed",
    ("run", "--no-editable"): "run `lockenv sync --no-editable`, then `lockenv run --no-sync COMMAND`",
    ("run", "--inexact"): "use `--no-sync` to leave the environment as it is",
    ("run", "--gui-script"): "run `lockenv run FILE.pyw`",
    ("add", "--lfs"): "add the package as an archive or a directory: files of Git LFS are not fetched",
    ("export", "--emit-find-links"): "leave it out, and run `pip install --find-links DIR -r FILE`",
    ("export", "--emit-index-annotation"): "use `--format pylock`, which names the index of each package",
    ("add", "--extra"): "write it behind the name: `NAME[EXTRA]`",
    ("tree", "-d"): "use `--depth N`",
    ("tree", "-i"): "use `--invert NAME`",
    ("add", "-e"): "use `--editable DIR`",
    ("export", "-f"): "use `--format FORMAT`",
    **{(command, "--json"): "use `--format json`" for command in ("audit", "licenses")},
    ("sync", "-U"): _ANSWERS["--upgrade"],
    ("sync", "-P"): _ANSWERS["--upgrade-package"],
    **{
        ("init", flag): "leave it out: the project is declared, and no sources are created"
        for flag in ("--app", "--lib", "--bare", "--package", "--no-package")
    },
}
"""Options of one command that are answered in another way."""
_ANSWERS_TO_ARGUMENTS = {
    "export": "use `--output FILE`",
    "lock": "run `lockenv lock -P NAME` to upgrade one package, or `lockenv add NAME` to add one",
}
"""What such a command does with an argument, by the command."""
_ANSWERS_TO_ACTIONS = {
    ("python", "upgrade"): "run `lockenv lock --upgrade`, then `lockenv python install`",
}
"""What other tools do with such a command, and what does the same here."""


def read(command: Command, words: Sequence[str], environ: Mapping[str, str]) -> Mapping[str, object]:
    """Return the value of each option of `command` in `words`, by `dest`; None for options not in `words`.

    Raises UsageError; `--help` prints and exits.
    """
    parser = _parser(command, words, environ)
    found, left = parser.parse_known_args(words)
    if left and any(option.kind == "words" for option in command.options):
        # Words on both sides of an option, which argparse takes only when asked to parse twice.
        found, left = parser.parse_known_intermixed_args(words)
    if left:
        parser.refuse(left)
    return vars(found)


class _Formatter(argparse.HelpFormatter):
    """A formatter with a fixed width: argparse would load `shutil` to ask for the terminal's, 10 ms at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=100)


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises our errors, with the same text on every Python."""

    def __init__(self, command: Command, words: Sequence[str], environ: Mapping[str, str]) -> None:
        super().__init__(prog=f"lockenv {command.name}", allow_abbrev=False, formatter_class=_Formatter)
        self._command = command
        self._words = words
        self._environ = environ

    def print_help(self, _file: object = None) -> None:
        show(
            lambda width, color: cli_help.of_command(self._command, width=width, color=color),
            self._words,
            self._environ,
        )

    def error(self, message: str) -> NoReturn:
        complaint = message.removeprefix("argument ").replace(": expected one argument", " requires a value")
        complaint = complaint.replace(
            "the following arguments are required:", f"`lockenv {self._command.name}` requires"
        )
        for option in self._command.options:
            if option.kind == "action":
                complaint = complaint.replace(f"requires {option.dest}", f"requires one of {', '.join(option.choices)}")
        raise UsageError(complaint, hint=f"see `{self.prog} --help`")

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Raise UsageError for the words left over when every known option is taken."""
        flags = [flag for option in options_of(self._command) for flag in option.flags]
        word = words[0].partition("=")[0]
        what = "option" if word.startswith("-") else "argument"
        answer = _ANSWERS_OF.get((self._command.name, word)) or _answer(word, flags)
        if not answer and what == "argument":
            answer = _ANSWERS_TO_ARGUMENTS.get(self._command.name, "")
        if not answer and word in _SETTINGS:
            answer = f"set `{word.removeprefix('--')}` in [tool.lockenv]"
        raise UsageError(
            f"`lockenv {self._command.name}` has no {what} `{word}`{'' if answer else meant(word, flags)}",
            hint=answer or f"see `{self.prog} --help`",
        )

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if answer := _ANSWERS_TO_ACTIONS.get((self._command.name, str(value))):
            raise UsageError(f"`{self.prog} {value}` is not a command", hint=answer)
        choices = [str(choice) for choice in action.choices or ()]
        if choices and value not in choices:
            named = "/".join(action.option_strings) or action.dest
            raise UsageError(
                f"invalid value `{value}` for {named}; expected one of {', '.join(choices)}"
                f"{meant(str(value), choices)}",
                hint=f"see `{self.prog} --help`",
            )


def _answer(word: str, flags: Sequence[str]) -> str:
    """Return what does the same as the option `word` of other tools, by one of `flags` where it names one to use."""
    answer = _ANSWERS.get(word, "")
    used = answer.removeprefix("use `").partition("`")[0].partition(" ")[0] if answer.startswith("use `") else ""
    return "" if used and used not in flags else answer


def _parser(command: Command, words: Sequence[str], environ: Mapping[str, str]) -> _Parser:
    parser = _Parser(command, words, environ)
    for option in options_of(command):
        _declare(parser, option)
    return parser


def _declare(parser: argparse.ArgumentParser, option: Option) -> None:
    meaning = option.meaning.replace("%", "%%")
    match option.kind:
        case "flag":
            parser.add_argument(*option.flags, dest=option.dest, action="store_true", default=None, help=meaning)
        case "count":
            parser.add_argument(*option.flags, dest=option.dest, action="count", help=meaning)
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
            parser.add_argument(option.dest, nargs="*", default=None, metavar=option.metavar, help=meaning)
        case "rest":
            parser.add_argument(option.dest, nargs=argparse.REMAINDER, metavar=option.metavar, help=meaning)
