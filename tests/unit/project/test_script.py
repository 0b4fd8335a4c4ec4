"""The metadata that a Python file has in comments."""

from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.script import script, with_absolute_paths, with_block

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


@pytest.mark.parametrize(
    ("setting", "key", "line"),
    [
        ('find-links = ["/srv", "wheels"]', "tool.lockenv.find-links[1]", 4),
        ('index = [{ name = "x", url = "./index" }]', "tool.lockenv.index[0].url", 4),
        ('sources = { a = { path = "../a" } }', "tool.lockenv.sources.a.path", 4),
        ("sources.a = [{ git = 'a', marker = 'os_name == \"nt\"' }]", "tool.lockenv.sources.a[0].git", 4),
    ],
)
def test_relative_path_is_refused_as_it_would_lead_out_of_the_cache(setting: str, key: str, line: int) -> None:
    with pytest.raises(InputError) as refused:
        script(f"# /// script\n# dependencies = []\n# [tool.lockenv]\n# {setting}\n# ///\n", "a.py")

    assert str(refused.value.origin) == f"a.py:{line} ({key})"


def test_relative_paths_become_absolute() -> None:
    text = """[tool.lockenv]
find-links = [
  'wheels',  # ours
  "https://index.example/files/",
]
[[tool.lockenv.index]]
url = "${HOUSE}/simple/"
[tool.lockenv.sources]
a = { path = "../a", editable = true }
b = { git = "git@code.example:o/b" }
c = { path = "C:/c" }
"""

    found = with_absolute_paths(text, lambda path: f"/srv/{path}")

    assert found == text.replace("'wheels'", '"/srv/wheels"').replace('"../a"', '"/srv/../a"')
