"""Every command line in the documents and in the hooks is one that the program reads."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lockenv.cli.parser import parse

ROOT = Path(__file__).resolve().parents[3]
_BLOCK = re.compile(r"^```(sh|console|dockerfile|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"(?:^|\s|\$ |entry: |- run: )(lockenv [a-z][^#\n]*)", re.MULTILINE)


def command_lines() -> list[str]:
    found = _COMMAND.findall(ROOT.joinpath(".pre-commit-hooks.yaml").read_text())
    for page in sorted(ROOT.joinpath("docs").rglob("*.md")):
        for kind, block in _BLOCK.findall(page.read_text("utf-8")):
            lines = block.splitlines()
            typed = [line for line in lines if line.startswith("$ ")] if kind == "console" else lines
            found += _COMMAND.findall("\n".join(typed))
    return list(dict.fromkeys(line.strip() for line in found))


def test_there_are_some() -> None:
    assert len(command_lines()) > 20


@pytest.mark.parametrize("line", command_lines())
def test_command_line_is_read(line: str) -> None:
    name, *arguments = shlex.split(line.partition(" > ")[0])[1:]

    assert parse([name, *arguments], {})[0] == name
