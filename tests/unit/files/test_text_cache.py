"""What was made from a text is found again, and nothing else is."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import MachineError
from lockenv.files.text_cache import DIRECTORY, TextCache, opened

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {"project": {"name": "a", "numbers": [1, 2.5, True]}}


def test_value_is_found_by_its_kind_and_text(tmp_path: Path) -> None:
    TextCache(str(tmp_path)).remember("toml", "text", VALUES)
    cache = TextCache(str(tmp_path))

    assert cache.recalled("toml", "text") == VALUES
    assert cache.recalled("toml", "text ") is None
    assert cache.recalled("other", "text") is None


def test_damaged_value_is_none(tmp_path: Path) -> None:
    cache = TextCache(str(tmp_path))
    cache.remember("toml", "text", VALUES)
    (file,) = (tmp_path / DIRECTORY).iterdir()
    content = file.read_bytes()

    for damaged in (b"", content[:10], content[:-1], content[:-1] + b"\0", b"\0" + content[1:]):
        file.write_bytes(damaged)
        assert cache.recalled("toml", "text") is None


def test_value_in_the_place_of_another_is_none(tmp_path: Path) -> None:
    cache = TextCache(str(tmp_path))
    cache.remember("toml", "text", VALUES)
    (file,) = (tmp_path / DIRECTORY).iterdir()
    content = file.read_bytes()
    file.unlink()
    cache.remember("toml", "another text", {})
    (other,) = (tmp_path / DIRECTORY).iterdir()
    other.write_bytes(content)

    assert cache.recalled("toml", "another text") is None


def test_value_with_a_date_is_not_remembered(tmp_path: Path) -> None:
    cache = TextCache(str(tmp_path))

    cache.remember("toml", "text", {"day": date(2020, 1, 1)})

    assert cache.recalled("toml", "text") is None


@pytest.mark.skipif(os.name == "nt", reason="modes of files are POSIX's")
def test_value_is_for_the_user_alone(tmp_path: Path) -> None:
    TextCache(str(tmp_path)).remember("toml", "password", VALUES)

    (file,) = (tmp_path / DIRECTORY).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_cache_is_made(tmp_path: Path) -> None:
    assert opened(str(tmp_path / "none"), lambda: "unused") is None
    assert list(tmp_path.iterdir()) == []


def test_cache_that_others_can_write_to_is_not_used(tmp_path: Path) -> None:
    def checked() -> str:
        raise MachineError("others can write to it")

    assert opened(str(tmp_path), checked) is None
