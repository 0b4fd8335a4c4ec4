"""What `docs/indexes.md` says exists: its examples are read, its options and variables are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lockenv.cli.options import COMMANDS
from lockenv.context.substitution import ALLOWED
from lockenv.project.pyproject import manifest
from lockenv.vocabulary.manifest import Index

PAGE = Path(__file__).parents[3].joinpath("docs/indexes.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
KEYS = ("USERNAME", "PASSWORD", "CLIENT_CERT", "URL")
OPTIONS = [option for command in COMMANDS for option in command.options]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_is_read(example: str) -> None:
    head = '[project]\nname = "me"\nversion = "1"\n'

    assert manifest(f"{head}{example}", "pyproject.toml", now="2026-01-01T00:00:00Z").indexes


def test_options_and_variables_exist() -> None:
    flags = {flag for option in OPTIONS for flag in option.flags} | {"--extra-index-url"}
    own = {Index(name="<NAME>", url="").variable(key).replace("__NAME__", "_<NAME>_") for key in KEYS}
    own.add(ALLOWED)

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= flags
    assert set(re.findall(r"LOCKENV_[A-Z_<>]+", PAGE)) <= {option.variable for option in OPTIONS} | own
