from __future__ import annotations

import re

import pytest

from lockenv.cli.help import of_command, of_program
from lockenv.cli.options import COMMANDS, Command, options_of

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_is_reported_within_the_width(command: Command) -> None:
    reported = of_command(command, width=60)

    assert all(flag in reported for option in options_of(command) for flag in option.flags if flag.startswith("-"))
    assert [line for line in reported.splitlines() if len(line) > 60] == []


def test_every_command_is_reported() -> None:
    reported = of_program()

    assert [command.name for command in COMMANDS if f"\n  {command.name} " not in reported] == []


def test_color_changes_no_character() -> None:
    for command in COMMANDS:
        assert _STYLE.sub("", of_command(command, color=True)) == of_command(command)
