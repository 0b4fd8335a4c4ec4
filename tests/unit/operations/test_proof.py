from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.context.settings import Settings
from lockenv.lockfile.digest import sealed_text
from lockenv.lockfile.text import read
from lockenv.operations.proof import alterations, canonical_text, is_intact
from tests.unit.lockfile.builders import document, package

if TYPE_CHECKING:
    from pathlib import Path

TEXT = sealed_text(document(package("a", "1"), package("b", "1"), tool={"lockenv": {"schema": 1}}))
ALTERED = TEXT.replace("files.example/b-1", "evil.example/b-1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(directory=str(tmp_path), environ={}, now="", cache_dir=str(tmp_path / "cache"))


def test_altered_lock_is_rejected_however_often_and_after_which_other_it_is_looked_at(settings: Settings) -> None:
    looked_at = [TEXT, ALTERED, ALTERED, TEXT, ALTERED, TEXT]

    found = [[each.rule for each in alterations(read(text), settings)] for text in looked_at]

    assert found == [[] if text == TEXT else ["altered"] for text in looked_at]
    assert [is_intact(read(text), settings) for text in looked_at] == [text == TEXT for text in looked_at]


def test_what_is_found_is_the_same_without_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(directory=str(tmp_path), environ={}, now="", cache_dir=str(tmp_path / "file/cache"))

    assert [bool(alterations(read(text), settings)) for text in (TEXT, ALTERED, TEXT)] == [False, True, False]


def test_lock_of_another_tool_is_not_intact_though_nothing_was_altered(settings: Settings) -> None:
    theirs = read('lock-version = "1.0"\ncreated-by = "other"\npackages = []\n')

    assert [(alterations(theirs, settings), is_intact(theirs, settings)) for _ in range(2)] == [([], False)] * 2


def test_lock_that_someone_else_laid_out_is_written_as_lockenv_does_however_often(settings: Settings) -> None:
    laid_out = TEXT.replace("\n\n[[packages]]", "\n\n\n[[packages]]")
    assert laid_out != TEXT

    assert [canonical_text(read(text), settings) for text in (laid_out, TEXT, laid_out, TEXT)] == [TEXT] * 4
