"""A command line read without argparse says what it says with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockenv.cli.grammar import read
from lockenv.cli.options import COMMANDS, options_of
from lockenv.cli.plain import plain
from lockenv.errors import UsageError

if TYPE_CHECKING:
    from lockenv.cli.option import Command

_BY_NAME = {command.name: command for command in COMMANDS}
_WORDS = ("", "a", "a b", "-", "--", "-1", "-x y", "-qv", "-qx", "--qui", "--quiet=", "--quiet=1", "a=b", "json", "dir")


def _words(command: Command) -> st.SearchStrategy[list[str]]:
    flags = [flag for option in options_of(command) for flag in option.flags if flag.startswith("-")]
    glued = [f"{flag}{end}" for flag in flags for end in ("=", "=a", "=-a", "=text", "=a=b", "a")]
    return st.lists(st.sampled_from(flags) | st.sampled_from(_WORDS) | st.sampled_from(glued), max_size=5)


@given(data=st.data(), command=st.sampled_from(COMMANDS))
def test_what_is_read_plainly_argparse_reads_the_same_way(data: st.DataObject, command: Command) -> None:
    words = data.draw(_words(command))
    found = plain(options_of(command), words)

    if found is not None:
        assert found == read(command, words, {})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sync", []),
        ("sync", ["--offline", "--venv", "there", "--extra", "a", "--extra=b", "-q"]),
        ("check", ["--format", "json"]),
        ("lock", ["-U"]),
        ("lock", ["-v", "--verbose"]),
        ("run", ["--no-check", "python", "-c", "1", "--quiet"]),
        ("add", ["--dev", "a", "b"]),
        ("add", ["a", "--group", "dev", "b", "--no-sync"]),
    ],
)
def test_usual_command_lines_need_no_argparse(name: str, words: list[str]) -> None:
    command = _BY_NAME[name]

    assert plain(options_of(command), words) == read(command, words, {})


@pytest.mark.parametrize("words", [["--format", "xml"], ["--quiet=1"], ["-qv"], ["--venv"], ["a"], ["--help"], ["--"]])
def test_what_is_not_plain_is_left_to_argparse(words: list[str]) -> None:
    assert plain(options_of(_BY_NAME["check"]), words) is None


def test_mistake_is_found_by_argparse() -> None:
    with pytest.raises(UsageError, match="has no option `--nonsense`"):
        read(_BY_NAME["sync"], ["--nonsense"], {})
