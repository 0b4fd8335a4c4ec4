"""Adding elements to a list among the settings changes nothing else in the file."""

from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.setting_edit import listed, with_lists
from lockenv.vocabulary.names import normalize

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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'accept = { b = ["y"] }\n'),
        ('fork = "fewest"\n', 'fork = "fewest"\naccept = { b = ["y"] }\n'),
        ("accept = {} # why\n", 'accept = { b = ["y"] } # why\n'),
        ('accept = { a = ["x"] }\n', 'accept = { a = ["x"], b = ["y"] }\n'),
        ('accept = { a = ["x"], B = [] } # why\n', 'accept = { a = ["x"], B = ["y"] } # why\n'),
        ('accept = {"b" = ["x", "z"]}\n', 'accept = {"b" = ["x", "y", "z"]}\n'),
        ('accept = {b = ["y"]}\n', 'accept = {b = ["y"]}\n'),
        ('accept.a = ["x"]\n', None),
        ('[accept]\na = ["x"]\n\n[more]\n', '[accept]\na = ["x"]\nb = ["y"]\n\n[more]\n'),
        ('[accept]\r\nb = [\r\n  "x",\r\n]\r\n', '[accept]\r\nb = [\r\n  "x",\r\n  "y",\r\n]\r\n'),
        ("accept = 1\n", None),
    ],
)
def test_list_is_added_to_a_table_of_lists(before: str, after: str | None) -> None:
    lists = {normalize("b"): ["y"]}

    if after is None:
        with pytest.raises(InputError):
            with_lists(before, "lockenv.toml", ("accept",), lists)
    else:
        assert with_lists(before, "lockenv.toml", ("accept",), lists) == after


def test_table_of_lists_is_made_where_there_is_none() -> None:
    lists = {normalize("a"): ["x"], normalize("b"): ["y", "z"]}

    text = with_lists('[project]\nname = "a"\n', "pyproject.toml", (*TOOL, "accept"), lists)

    assert text == '[project]\nname = "a"\n\n[tool.lockenv]\naccept = { a = ["x"], b = ["y", "z"] }\n'
