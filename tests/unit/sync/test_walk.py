"""Directories of an environment that is being created are made and reached without following a link."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import RefusedError
from lockenv.files.ops import Folder
from lockenv.sync.link_plan import Link, composed
from lockenv.sync.walk import CreationWalk, is_own
from lockenv.vocabulary import system

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(system.is_windows, reason="there each directory is named by its whole path")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("environment", "environment/lib", "environment/lib/site"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o755)
    return tmp_path / "environment"


def put(root: Path, path: str, name: str) -> str:
    """Create a file in the directory `path`, and return where the open directory is that it was put through."""
    with CreationWalk(str(root), "sync", "lib/site") as walk:
        folder, at = walk.place(path)
        folder.create(at + name, b"content\n")
        return os.path.relpath(folder.path, root)


def test_what_is_below_the_own_directory_is_reached_from_there(root: Path) -> None:
    assert put(root, "lib/site/cups/deep", "module.py") == "lib/site"
    assert put(root, "lib/site", "top.py") == "lib/site"

    assert (root / "lib/site/cups/deep/module.py").read_bytes() == b"content\n"
    assert (root / "lib/site/top.py").read_bytes() == b"content\n"


@pytest.mark.parametrize("path", ["bin", "lib", "lib/sites", "lib/site-more/deep", ""])
def test_what_is_elsewhere_is_reached_through_each_directory(root: Path, path: str) -> None:
    assert put(root, path, "file") == (path or ".")
    assert (root / path / "file").read_bytes() == b"content\n"


def test_directory_that_two_ask_for_is_made_once(root: Path) -> None:
    with CreationWalk(str(root), "sync", "lib/site") as one, CreationWalk(str(root), "sync", "lib/site") as other:
        for number, walk in enumerate((one, other, one)):
            folder, at = walk.place("lib/site/shared/part")
            folder.create(f"{at}{number}", b"")

    assert sorted(path.name for path in (root / "lib/site/shared/part").iterdir()) == ["0", "1", "2"]


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
def test_link_that_another_user_may_have_put_there_is_refused(root: Path, tmp_path: Path, mode: int) -> None:
    (root / "lib/site").chmod(mode)
    (tmp_path / "elsewhere").mkdir()
    (root / "lib/site/cups").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RefusedError, match="cups is a link or a file where a directory is needed"):
        put(root, "lib/site/cups/deep", "module.py")
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def link(root: Path, source: Path) -> None:
    """Link the files of `source` into some directories, in and beside the own one."""
    links = [
        Link("bin", "run", "0"),
        Link("lib/site/cups/deep", "module.py", "1"),
        Link("lib/site/cups/deep", "data.txt", "2"),
        Link("lib/site/cups", "__init__.py", "3"),
        Link("lib/site", "top.py", "4"),
    ]
    plan = composed(links, "lib/site", {link.item: (0, 0, 0, 0) for link in links}, names_python=False)
    with CreationWalk(str(root), "sync", "lib/site") as walk, Folder.open(str(source), "sync") as folder:
        walk.link(folder, plan)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    for name in "01234":
        (tmp_path / "source" / name).write_text(name, encoding="utf-8")
    return tmp_path / "source"


@pytest.mark.parametrize("mode", [0o755, 0o775], ids=oct)
def test_files_are_linked_into_directories_that_are_made_for_them(root: Path, source: Path, mode: int) -> None:
    (root / "lib/site").chmod(mode)

    link(root, source)

    expected = {
        "bin/run": "0",
        "lib/site/cups/deep/module.py": "1",
        "lib/site/cups/deep/data.txt": "2",
        "lib/site/cups/__init__.py": "3",
        "lib/site/top.py": "4",
    }
    assert {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} == set(expected)
    assert all((root / path).samefile(source / name) for path, name in expected.items())


def test_file_is_never_linked_over_another(root: Path, source: Path) -> None:
    (root / "lib/site/top.py").write_text("another", encoding="utf-8")

    with pytest.raises(FileExistsError, match=r"top\.py"):
        link(root, source)
    assert (root / "lib/site/top.py").read_text(encoding="utf-8") == "another"


def test_link_where_others_may_write_is_not_followed(root: Path, source: Path, tmp_path: Path) -> None:
    (root / "lib/site").chmod(0o777)
    (tmp_path / "elsewhere").mkdir()
    (root / "lib/site/cups").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RefusedError, match="cups is a link or a file where a directory is needed"):
        link(root, source)
    assert [*(tmp_path / "elsewhere").iterdir()] == []


@pytest.mark.parametrize(("mode", "is_ours"), [(0o755, True), (0o700, True), (0o775, False), (0o757, False)], ids=oct)
def test_directory_that_others_may_write_to_is_not_own(root: Path, mode: int, is_ours: bool) -> None:
    root.chmod(mode)
    with Folder.open(str(root), "sync") as folder:
        assert is_own(folder) is is_ours


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_directory_of_another_user_is_not_own(root: Path) -> None:
    os.chown(root, 12345, -1)
    with Folder.open(str(root), "sync") as folder:
        assert not is_own(folder)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="there the system says which files are open")
def test_walk_that_cannot_begin_leaves_nothing_open(root: Path, tmp_path: Path) -> None:
    (root / "lib/site").rmdir()
    (root / "lib/site").symlink_to(tmp_path)
    before = os.listdir("/proc/self/fd")

    with pytest.raises(RefusedError):
        CreationWalk(str(root), "sync", "lib/site")
    assert os.listdir("/proc/self/fd") == before
