"""What a file system can do is tried, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.files.abilities import can_link, tried

if TYPE_CHECKING:
    from pathlib import Path


def test_abilities_are_those_that_the_system_shows(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "one").write_bytes(b"")
    os.link(other / "one", other / "two")

    found = tried(str(tmp_path))

    assert (found.directory, found.refusal, found.hard_links) == (str(tmp_path), "", True)
    assert found.is_case_sensitive is not (other / "ONE").exists()
    assert os.listdir(tmp_path) == ["other"]


def test_missing_directory_is_answered_for_the_nearest_above_it(tmp_path: Path) -> None:
    assert tried(str(tmp_path / "not" / "here")).directory == str(tmp_path)
    assert can_link(str(tmp_path / "not" / "here"), str(tmp_path))
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc, where no one can write")
def test_directory_that_takes_no_file_is_named_with_the_reason(tmp_path: Path) -> None:
    found = tried("/proc")

    assert (found.kind, found.hard_links) == ("proc", False)
    assert found.refusal
    assert not can_link("/proc", str(tmp_path))
