"""At sync any source is safe, because the hash is known: folders, other indexes; never other bytes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.endtoend.conftest import APP, LIB
from tests.support.program import lockenv
from tests.support.server import LoopbackIndex, Status
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fresh(locked: Path) -> Path:
    """Provide the locked project as another machine has it: with an empty cache."""
    shutil.rmtree(locked.with_name("project.cache"))
    return locked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide a folder with the files that the lock names."""
    made = tmp_path / "wheels"
    made.mkdir()
    for built in (APP, LIB):
        (made / built.filename).write_bytes(built.content)
    return made


def test_everything_from_a_folder_without_a_server(fresh: Path, folder: Path, index: LoopbackIndex) -> None:
    index.stop()

    sync = lockenv("sync", "--no-default-groups", "--from", str(folder), cwd=fresh)

    assert sync.code == 0, sync.err
    assert lockenv("verify", cwd=fresh).code == 0


def test_folder_that_lacks_a_file_is_no_source(fresh: Path, folder: Path) -> None:
    (folder / LIB.filename).unlink()

    sync = lockenv("sync", "--no-default-groups", "--from", str(folder), cwd=fresh)

    assert sync.code == 2
    assert LIB.filename in sync.err
    assert not (fresh / ".venv").exists()


def test_folder_is_looked_into_before_the_server(fresh: Path, folder: Path, index: LoopbackIndex) -> None:
    before = len(index.paths)

    sync = lockenv("sync", "--no-default-groups", "--find-links", str(folder), cwd=fresh)

    assert sync.code == 0, sync.err
    assert [path for path in index.paths[before:] if path.startswith("/files/")] == []


def test_wrong_file_in_a_folder_is_named_and_passed_over(fresh: Path, folder: Path) -> None:
    (folder / LIB.filename).write_bytes(wheel("lib", "1.1", files={"lib.py": "evil = True\n"}).content)

    sync = lockenv("sync", "--no-default-groups", "--find-links", str(folder), cwd=fresh)

    assert sync.code == 0, sync.err
    assert f"{folder / LIB.filename} does not match the locked file" in sync.err
    assert lockenv("verify", cwd=fresh).code == 0


def test_folder_that_is_not_there_is_an_error(fresh: Path, tmp_path: Path) -> None:
    sync = lockenv("sync", "--from", str(tmp_path / "nowhere"), cwd=fresh)

    assert (sync.code, "does not exist" in sync.err) == (2, True)


@pytest.mark.parametrize("fault", [404, 500])
def test_mirror_serves_what_the_locked_url_no_longer_does(fault: int, fresh: Path, index: LoopbackIndex) -> None:
    index.fail("/files/", Status(fault), times=None)
    with LoopbackIndex() as mirror:
        mirror.add_all(APP, LIB)
        sync = lockenv("sync", "--no-default-groups", "--index-url", mirror.url, cwd=fresh)

    assert sync.code == 0, sync.err
    assert f"{LIB.filename} was downloaded from {mirror.file_url(LIB.filename)}, because its own URL failed" in sync.err
    assert lockenv("verify", cwd=fresh).code == 0


def test_mirror_with_other_bytes_is_no_source(fresh: Path, index: LoopbackIndex) -> None:
    index.fail("/files/lib", Status(404), times=None)
    with LoopbackIndex() as mirror:
        mirror.add_all(APP, wheel("lib", "1.1", files={"lib.py": "evil = True\n"}))
        sync = lockenv("sync", "--no-default-groups", "--index-url", mirror.url, cwd=fresh)

    assert sync.code == 2
    assert LIB.filename in sync.err
    assert not (fresh / ".venv").exists()
