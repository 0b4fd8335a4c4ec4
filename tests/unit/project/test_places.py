from __future__ import annotations

import pytest

from lockenv.project.places import place

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
    origin = place(TEXT, "pyproject.toml", key)

    assert (origin.file, origin.line, origin.key) == ("pyproject.toml", line, named)


def test_file_without_any_such_table_is_the_place() -> None:
    origin = place('[dependency-groups]\ndev = ["app"]\n', "pyproject.toml", "dependencies")

    assert (origin.line, origin.key) == (0, "project.dependencies")
