"""No page asks to install the package of another project: `lockenv` on the public index is not this one."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from tests.documents.reference import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = DOCS.parent
_BY_NAME = re.compile(
    r"(?:pipx?|tool|uv pip) install [^\n`]*(?<![\w./-])['\"]?(?:py)?lockenv(?![\w/-]|\.git)|uvx (?:py)?lockenv\b"
)
"""A command that installs either name from an index; a path, a wheel's file and a commit are fine."""


def _texts() -> Iterator[Path]:
    yield from (ROOT / "README.md", ROOT / "pyproject.toml")
    for folder, pattern in ((DOCS, "*.md"), (ROOT / "lockenv", "*.py"), (ROOT / ".github", "*.yml")):
        yield from folder.rglob(pattern)


def test_no_page_and_no_hint_installs_by_name() -> None:
    found = [
        f"{path.name}: {line.strip()}"
        for path in _texts()
        for line in path.read_text("utf-8").splitlines()
        if _BY_NAME.search(line) and "@ git+" not in line
    ]

    assert found == []


def test_commands_by_name_would_be_found() -> None:
    lines = ["pip install lockenv", "pip install 'lockenv[keyring]'", "pipx install pylockenv", "uvx lockenv lock"]

    assert all(map(_BY_NAME.search, lines))
    assert not any(
        map(_BY_NAME.search, ["pip install ./lockenv", "pip install tools/pylockenv-0.1.0-py3-none-any.whl"])
    )


def test_distribution_has_a_name_of_its_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert (project["name"], [*project["scripts"]]) == ("pylockenv", ["lockenv"])
