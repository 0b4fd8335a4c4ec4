from __future__ import annotations

import pytest

from lockenv.project.document import Document
from lockenv.project.key_locations import place
from lockenv.vocabulary.origin import Origin

TEXT = """\
[project]
name = "example"
dependencies = [
    "app",
]

[project.optional-dependencies]
Fast_Path = ["lib"]

[tool.lockenv]
no-build-package = ["lib"]

[[tool.lockenv.index]]
url = "https://index.example/simple/"
"""


@pytest.mark.parametrize(
    ("key", "line", "named"),
    [
        ("dependencies", 3, "project.dependencies"),
        ("requires-python", 1, "project.requires-python"),
        ("extras.fast-path", 8, "project.optional-dependencies.Fast_Path"),
        ("extras.gone", 7, "project.optional-dependencies.gone"),
        ("groups.dev", 1, "dependency-groups.dev"),
        ("indexes", 13, "tool.lockenv.index"),
        ("no-build", 11, "tool.lockenv.no-build"),
        ("exclude-newer", 10, "tool.lockenv.exclude-newer"),
    ],
)
def test_place_is_the_line_or_the_nearest_table(key: str, line: int, named: str) -> None:
    origin = place(key, Document(TEXT, "pyproject.toml"), None)

    assert origin is not None
    assert (origin.file, origin.line, origin.key) == ("pyproject.toml", line, named)


def test_file_without_any_such_table_is_the_place() -> None:
    text = '[dependency-groups]\ndev = ["app"]\n'
    origin = place("dependencies", Document(text, "pyproject.toml"), None)

    assert origin is not None
    assert (origin.line, origin.key) == (0, "project.dependencies")


@pytest.mark.parametrize(
    ("key", "file", "line", "named"),
    [
        ("no-build", "pyproject.toml", 11, "tool.lockenv.no-build"),
        ("fork", "lockenv.toml", 2, "fork"),
        ("dependencies", "pyproject.toml", 3, "project.dependencies"),
    ],
)
def test_a_setting_is_placed_in_the_file_that_holds_it(key: str, file: str, line: int, named: str) -> None:
    origin = place(key, Document(TEXT, "pyproject.toml"), Document('# ours\nfork = "fewest"\n', "lockenv.toml"))

    assert origin is not None
    assert (origin.file, origin.line, origin.key) == (file, line, named)


def test_a_setting_that_is_gone_is_placed_in_the_only_file_there_is() -> None:
    assert place("fork", None, Document("", "lockenv.toml")) == Origin(file="lockenv.toml", key="fork")
    assert place("fork", None, None) is None
