"""Adding elements to a list among the settings changes nothing else in the file."""

from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.setting_edit import listed

TOOL = ("tool", "lockenv")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'allow-build = ["b"]\n'),
        ('fork = "fewest"  # why\n', 'fork = "fewest"  # why\nallow-build = ["b"]\n'),
        ("# ours\n[workspace]\nmembers = []\n", '# ours\nallow-build = ["b"]\n\n[workspace]\nmembers = []\n'),
        ('allow-build = ["a", "c"]', 'allow-build = ["a", "b", "c"]'),
        ("allow-build = false # none\n", 'allow-build = ["b"] # none\n'),
        ("allow-build = true\n", "allow-build = true\n"),
        (
            'conflicts = [\n  [ { extra = "a" } ],\n]\n',
            'allow-build = ["b"]\nconflicts = [\n  [ { extra = "a" } ],\n]\n',
        ),
        ('\ufefffork = "latest"\r\n', '\ufefffork = "latest"\r\nallow-build = ["b"]\r\n'),
    ],
)
def test_a_name_is_added_to_a_file_of_settings(before: str, after: str) -> None:
    if before.startswith("# ours"):
        after = 'allow-build = ["b"]\n' + before
    assert listed(before, "lockenv.toml", (), "allow-build", ["b"]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[project]\nname = "a"\n', '[project]\nname = "a"\n\n[tool.lockenv]\nallow-build = ["b"]\n'),
        ('[project]\r\nname = "a"\r\n', '[project]\r\nname = "a"\r\n\r\n[tool.lockenv]\r\nallow-build = ["b"]\r\n'),
        ('[project]\r\nname = "a"', '[project]\r\nname = "a"\r\n\r\n[tool.lockenv]\r\nallow-build = ["b"]\r\n'),
        (
            '[tool.lockenv]\nfork = "latest"\n\n[tool.other]\n',
            '[tool.lockenv]\nfork = "latest"\nallow-build = ["b"]\n\n[tool.other]\n',
        ),
        (
            '[[tool.lockenv.index]]\nurl = "https://index.example/simple/"\n',
            '[[tool.lockenv.index]]\nurl = "https://index.example/simple/"\n\n[tool.lockenv]\nallow-build = ["b"]\n',
        ),
        ('[tool.lockenv]\nallow-build = ["a"]\n', '[tool.lockenv]\nallow-build = ["a", "b"]\n'),
        ("[tool.lockenv]", '[tool.lockenv]\nallow-build = ["b"]\n'),
    ],
)
def test_a_name_is_added_to_a_table_of_settings(before: str, after: str) -> None:
    assert listed(before, "pyproject.toml", TOOL, "allow-build", ["b"]) == after


def test_what_is_there_already_is_not_added_again() -> None:
    text = "allow-build = ['b']\n"

    assert listed(text, "lockenv.toml", (), "allow-build", ["b"]) == text


@pytest.mark.parametrize("text", ['tool = { lockenv = { fork = "latest" } }\n', 'tool.lockenv.fork = "latest"\n'])
def test_a_table_that_cannot_be_added_to_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(InputError) as caught:
        listed(text, "pyproject.toml", TOOL, "allow-build", ["b"])

    assert caught.value.hint == 'add "b" to `allow-build` by hand'
