"""Changes happen in the directory that was opened, with the modes asked for, or fail by name."""

from __future__ import annotations

import errno
import os
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from lockenv.files import faults
from lockenv.files.ops import Folder
from tests.support.systems import assumed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["open directories", "joined paths"], autouse=True)
def _mode(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways in which names are resolved."""
    with assumed("joined") if request.param == "joined paths" else nullcontext():
        yield


def test_umask_does_not_decide(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        with Folder.open(str(tmp_path), "test") as folder:
            folder.create("x", b"", 0o755)
            found = folder.created("y", b"1", 0o644)
    finally:
        os.umask(old)

    assert (tmp_path / "x").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "y").stat().st_mode & 0o7777 == 0o644
    assert found == (tmp_path / "y").stat()


def test_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")

    with Folder.open(str(tmp_path), "test") as folder, pytest.raises(FileExistsError) as caught:
        folder.create("x", b"new")

    assert caught.value.filename == str(tmp_path / "x")


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "outside")
    (tmp_path / "in/file").symlink_to(tmp_path / "secret")

    with Folder.open(str(tmp_path / "in"), "test") as folder:
        with pytest.raises(NotADirectoryError):
            folder.enter("link")
        with pytest.raises(OSError, match="symbolic links"):
            folder.read("file")
        folder.clear("link")

    assert (tmp_path / "outside").is_dir()


def test_replaced_file_is_whole_or_old(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    faults.arm("test.write:1:short")
    try:
        with Folder.open(str(tmp_path), "test") as folder, pytest.raises(OSError, match="No space"):
            folder.replace("x", b"new content")
    finally:
        faults.arm("")

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"x": "old"}


def test_clear_removes_whole_trees_and_nothing_is_fine(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_text("")

    with Folder.open(str(tmp_path), "test") as folder:
        folder.clear("a")
        folder.clear("a")

    assert list(tmp_path.iterdir()) == []


def test_directory_with_something_in_it_stays(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)

    with Folder.open(str(tmp_path), "test") as folder:
        assert (folder.rmdir("a"), folder.rmdir("none")) == (False, False)


def test_copy_keeps_content_and_mode(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("content")
    (tmp_path / "source").chmod(0o755)
    faults.arm("test.link:1:EXDEV")
    try:
        with Folder.open(str(tmp_path), "test") as folder:
            folder.link("copy", folder, "source")
    finally:
        faults.arm("")

    copy = tmp_path / "copy"
    assert (copy.read_text(), copy.stat().st_mode & 0o7777, copy.stat().st_nlink) == ("content", 0o755, 1)


def test_copy_has_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("content")
    (tmp_path / "source").chmod(0o755)

    with Folder.open(str(tmp_path), "test") as folder:
        folder.copy("copy", folder, "source", 0o644)

    assert (tmp_path / "copy").stat().st_mode & 0o7777 == 0o644


def test_only_the_nth_call_at_the_point_fails(tmp_path: Path) -> None:
    faults.arm("test.create:2:EIO")
    failed = []
    try:
        with Folder.open(str(tmp_path), "test") as folder:
            for name in "abc":
                try:
                    folder.create(name, b"")
                except OSError as error:
                    failed.append((name, error.errno))
    finally:
        faults.arm("")

    assert failed == [("b", errno.EIO)]
