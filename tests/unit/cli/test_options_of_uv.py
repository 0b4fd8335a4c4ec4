"""Options of uv that lockenv does not have are answered with what does the same."""

from __future__ import annotations

import re

import pytest

from lockenv.cli import grammar, options
from lockenv.errors import UsageError

_COMMANDS = {command.name: command for command in options.COMMANDS}


def refused(command: str, *words: str) -> UsageError:
    """Return the error for a command line."""
    with pytest.raises(UsageError) as found:
        grammar.read(_COMMANDS[command], words, {})
    return found.value


@pytest.mark.parametrize(
    ("command", "flag", "hint"),
    [
        ("sync", "--upgrade-group", "run `lockenv lock -P NAME` for the packages of the group first"),
        ("lock", "--check-exists", "use `--check`, which also compares the lockfile with what is declared"),
        ("lock", "--prerelease-package", "set `prerelease-package` in [tool.lockenv]"),
        ("lock", "--find-links", "set `find-links` in [tool.lockenv]"),
        ("add", "--reinstall", "run `lockenv sync --reinstall` afterwards"),
        ("run", "--compile-bytecode", "run `lockenv sync --compile` afterwards"),
        ("remove", "--locked", "leave it out: what is declared and the lockfile change together"),
        ("add", "--no-install-local", "run `lockenv add --no-sync NAME`, then `lockenv sync --no-install-local`"),
        ("export", "--locked", "leave it out: an outdated lockfile is refused unless `--frozen` is used"),
        ("export", "--default-index", "leave it out: only the lockfile is read"),
        ("tree", "--frozen", "leave it out: the lockfile is shown as it is"),
        ("tree", "--python-version", "use `--environment VERSION`, such as `3.12`"),
        ("sync", "--python-platform", "run `lockenv bundle --platform PLATFORM` for the files of another system"),
        (
            "lock",
            "--config-setting",
            "build its wheel yourself, for a directory of `find-links` in [tool.lockenv]: builds get no settings",
        ),
        ("add", "--lfs", "add the package as an archive or a directory: files of Git LFS are not fetched"),
        ("export", "--emit-find-links", "leave it out, and run `pip install --find-links DIR -r FILE`"),
    ],
)
def test_option_is_answered(command: str, flag: str, hint: str) -> None:
    error = refused(command, flag)

    assert (error.message, error.hint) == (f"`lockenv {command}` has no option `{flag}`", hint)


@pytest.mark.parametrize("command", ["lock", "sync", "add", "remove", "run", "export", "tree"])
def test_commands_and_options_of_the_answers_exist(command: str) -> None:
    answers = [*grammar._ANSWERS_OF.items(), *((("", flag), hint) for flag, hint in grammar._ANSWERS.items())]
    hints = [hint for (name, _), hint in answers if name in ("", command)]
    for named, words in (found for hint in hints for found in re.findall(r"`lockenv ([a-z]+)([^`]*)`", hint)):
        there = {flag for option in options.options_of(_COMMANDS[named]) for flag in option.flags}
        assert {*re.findall(r"(?<!\S)--[a-z-]+", words)} <= there, (named, words)
