"""Texts that may hold a password are not remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.files.text_cache import DIRECTORY, TextCache
from lockenv.vocabulary import late, text_memory

if TYPE_CHECKING:
    from pathlib import Path

INDEX = 'url = "https://{}index.example/simple/"\n'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TextCache:
    opened = TextCache(str(tmp_path))
    monkeypatch.setattr(late, "open_memory", lambda: opened)
    return opened


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (INDEX.format(""), 1),
        (INDEX.format("") + 'mail = "one@index.example"\n', 1),
        (INDEX.format("user:secret@"), 0),
        (INDEX.format("") + INDEX.format("token@"), 0),
        (INDEX.format("") + 'Password = "secret"\n', 0),
    ],
)
def test_text_with_a_password_is_made_again(tmp_path: Path, text: str, count: int) -> None:
    assert text_memory.made("toml", text, str.upper) == text.upper()
    assert len([*(tmp_path / DIRECTORY).glob("*")]) == count
