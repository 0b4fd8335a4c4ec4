"""Sources are written where a project declares them, and nothing else changes."""

from __future__ import annotations

import pytest

from lockenv.errors import InputError
from lockenv.project.sources_edit import with_sources

_HEAD = '[project]\nname = "x"  # named\n'


def test_table_is_added_at_the_end_and_then_extended() -> None:
    first = with_sources(_HEAD, "pyproject.toml", {"a": {"path": "../a", "editable": True}})
    second = with_sources(f"{first}\n[tool.other]\nkey = 1\n", "pyproject.toml", {"b.c": {"git": "https://e/b"}})

    assert first == f'{_HEAD}\n[tool.lockenv.sources]\na = {{ path = "../a", editable = true }}\n'
    assert second == (
        f'{_HEAD}\n[tool.lockenv.sources]\na = {{ path = "../a", editable = true }}\n'
        '"b.c" = { git = "https://e/b" }\n\n[tool.other]\nkey = 1\n'
    )


def test_source_of_the_same_package_is_replaced() -> None:
    text = f'{_HEAD}\n[tool.lockenv.sources]\nMy_Lib = {{ index = "one" }}\n'

    assert with_sources(text, "pyproject.toml", {"my-lib": {"index": "two"}}) == text.replace("one", "two")


def test_sources_in_an_inline_table_are_refused_and_the_line_is_named() -> None:
    with pytest.raises(InputError) as refused:
        with_sources("tool.lockenv = { offline = true }\n", "pyproject.toml", {"a": {"path": "../a"}})

    assert "tool.lockenv" in refused.value.message + (refused.value.hint or "")


def test_table_whose_values_have_several_lines_is_extended_behind_them() -> None:
    text = f'{_HEAD}\n[tool.lockenv.sources]\na = [\n    {{ index = "one", extra = "x" }},\n]\n\n[tool.other]\n'

    found = with_sources(text, "pyproject.toml", {"b": {"index": "two"}})

    assert found == text.replace("]\n\n[tool.other]", ']\nb = { index = "two" }\n\n[tool.other]')
