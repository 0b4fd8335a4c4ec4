"""What changes files does on Windows what it does elsewhere: junctions, held files, file systems without links."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from lockenv.files import atomic
from lockenv.files.ops import Folder
from lockenv.files.patience import patiently
from lockenv.files.reparse import as_link, is_link
from tests.support.windows import ACCESS_DENIED, SHARING_VIOLATION, windows, windows_error

if TYPE_CHECKING:
    from pathlib import Path


def _junction(path: Path, target: Path) -> Path:
    """Make a directory with something in it, and what points there."""
    target.mkdir()
    (target / "work.txt").write_text("mine")
    path.symlink_to(target)
    return target / "work.txt"


def test_cleared_junction_keeps_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    kept = _junction(tmp_path / "in/junction", tmp_path / "outside")

    with windows(), Folder.open(str(tmp_path), "test") as folder:
        folder.clear("in")

    assert (kept.read_text(), (tmp_path / "in").exists()) == ("mine", False)


def test_junction_is_not_entered(tmp_path: Path) -> None:
    _junction(tmp_path / "junction", tmp_path / "outside")

    with windows(), Folder.open(str(tmp_path), "test") as folder, pytest.raises(NotADirectoryError):
        folder.enter("junction")


def test_junction_is_a_link_and_other_reparse_points_are_not(tmp_path: Path) -> None:
    _junction(tmp_path / "junction", tmp_path / "outside")

    with windows():
        found = os.lstat(tmp_path / "junction")
        cloud = os.lstat(tmp_path / "outside")
        cloud._more["st_reparse_tag"] = 0x9000_001A  # type: ignore[attr-defined]
        kinds = stat.S_IFMT(as_link(found).st_mode), stat.S_IFMT(as_link(cloud).st_mode)
        links = [is_link(str(tmp_path / name)) for name in ("junction", "outside", "nothing")]

    assert (kinds, links) == ((stat.S_IFLNK, stat.S_IFDIR), [True, False, False])


def test_file_is_created_where_modes_say_nothing(tmp_path: Path) -> None:
    with windows(), Folder.open(str(tmp_path), "test") as folder:
        found = folder.created("x", b"content", 0o755)

    assert (stat.S_IMODE(found.st_mode), (tmp_path / "x").read_bytes()) == (0o666, b"content")


@pytest.mark.parametrize("call", ["replace", "rename", "unlink"])
def test_file_that_a_scanner_reads_is_changed_a_moment_later(tmp_path: Path, call: str) -> None:
    (tmp_path / "x").write_text("old")

    with windows(busy={str(tmp_path / "x"): 3}) as system, Folder.open(str(tmp_path), "test") as folder:
        if call == "replace":
            folder.replace("x", b"new")
        elif call == "rename":
            folder.rename("x", folder, "y")
        else:
            folder.unlink("x")

    assert (system.busy, system.pauses) == ({str(tmp_path / "x"): 0}, [0.01, 0.02, 0.04])


def test_file_of_the_project_is_replaced_a_moment_later(tmp_path: Path) -> None:
    (tmp_path / "pylock.toml").write_text("old")

    with windows(busy={str(tmp_path / "pylock.toml"): 2}):
        atomic.replace(str(tmp_path / "pylock.toml"), b"new")

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"pylock.toml": "new"}


def test_patience_ends_after_two_seconds() -> None:
    def refuse() -> None:
        raise windows_error(SHARING_VIOLATION, 13, "x")

    with windows() as system:
        with pytest.raises(PermissionError):
            patiently(refuse)
        with pytest.raises(FileNotFoundError):
            patiently(os.unlink, "nowhere")

    assert sum(system.pauses) == pytest.approx(1.95)


def test_no_other_system_is_waited_for() -> None:
    calls = []

    def refuse() -> None:
        calls.append(1)
        raise windows_error(ACCESS_DENIED, 13, "x")

    with pytest.raises(PermissionError):
        patiently(refuse)

    assert calls == [1]


@pytest.mark.parametrize("code", [396, 1, 50, 1142], ids=["OneDrive", "exFAT", "a share", "a file with 1,024 names"])
def test_file_is_copied_where_no_link_can_be_made(tmp_path: Path, code: int) -> None:
    (tmp_path / "source").write_text("content")

    with windows(unlinkable=code), Folder.open(str(tmp_path), "test") as folder:
        folder.link("copy", folder, "source")

    assert ((tmp_path / "copy").read_text(), (tmp_path / "copy").stat().st_nlink) == ("content", 1)
