"""The metadata that a Python file has in comments."""

from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.script import script, with_block

TEXT = """#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "rich",  # tables
# ]
#
# [tool.lockenv]
# prerelease = "allow"
# ///
import rich
"""
DECLARATION = """[project]
name = "script-my-tool"
version = "0"
requires-python = ">=3.11"
dependencies = [
  "rich",  # tables
]

[tool.lockenv]
prerelease = "allow"
"""


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n")])
def test_block_declares_a_project_and_takes_its_edits(text: str) -> None:
    found = script(text, "tools/my.tool.py")
    assert found is not None

    edited = found.redeclared(found.declaration.replace('"rich"', '"rich>=15"'))

    assert (found.declaration, found.redeclared(found.declaration)) == (DECLARATION, TEXT)
    assert edited == TEXT.replace('"rich"', '"rich>=15"')


def test_file_without_a_block_has_none_until_it_is_added_below_the_first_lines() -> None:
    bare = "#!/usr/bin/python3\n# -*- coding: utf-8 -*-\nimport sys\n"

    text = with_block(bare, ">=3.12")

    assert script(bare, "a.py") is None
    assert text.splitlines()[2:7] == [
        "# /// script",
        '# requires-python = ">=3.12"',
        "# dependencies = []",
        "# ///",
        "import sys",
    ]
    assert script(text, "a.py") is not None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (TEXT + TEXT, "a.py:13"),
        (TEXT.replace("dependencies", "packages"), "a.py:3 (packages)"),
        (TEXT.replace("[\n", "{\n"), "a.py:3"),
    ],
)
def test_block_that_is_not_valid_is_refused(text: str, place: str) -> None:
    with pytest.raises(InputError) as refused:
        script(text, "a.py")

    assert str(refused.value.origin) == place
