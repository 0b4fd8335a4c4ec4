"""A file of a project is read whole, within a bound, and from the project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import RefusedError
from lockenv.files.reading import read_bounded, read_file, read_own, refuse_link_out, refuse_special

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project in a work tree, beside a file that does not belong to it."""
    (tmp_path / "clone/project/part").mkdir(parents=True)
    (tmp_path / "clone/.git").mkdir()
    (tmp_path / "clone/shared.toml").write_bytes(b"shared")
    (tmp_path / "clone/project/pyproject.toml").write_bytes(b"own")
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "clone/project"


def test_regular_file_is_read_whole(project: Path) -> None:
    (project / "large").write_bytes(bytes(range(256)) * 1000)

    assert read_file(str(project / "large")) == bytes(range(256)) * 1000
    assert read_file(str(project / "large"), 256_000) == bytes(range(256)) * 1000


@pytest.mark.parametrize("limit", [0, 2, 255_999])
def test_more_than_the_bound_is_refused(project: Path, limit: int) -> None:
    (project / "large").write_bytes(b"x" * 256_000)

    with pytest.raises(RefusedError, match=f"large is longer than {limit} bytes; it was not read"):
        read_file(str(project / "large"), limit)


def test_file_that_has_no_size_is_read_within_the_bound() -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("this system has no files without a size")

    assert read_bounded("/proc/self/status").startswith(b"Name:")
    with pytest.raises(RefusedError, match="longer than 10 bytes"):
        read_bounded("/proc/self/status", 10)


@pytest.mark.parametrize("target", ["../shared.toml", "pyproject.toml"])
def test_link_within_the_work_tree_is_followed(project: Path, target: str) -> None:
    (project / "link").symlink_to(target)

    assert read_file(str(project / "link")) == (project / target).read_bytes()


@pytest.mark.parametrize("target", ["../../secret", "/dev/zero", "/etc/passwd"])
def test_link_out_of_it_is_refused(project: Path, target: str) -> None:
    (project / "link").symlink_to(target)

    with pytest.raises(RefusedError, match=r"is a link to .*, outside of the project; it was not read") as caught:
        read_file(str(project / "link"))
    assert caught.value.rule == "project-file"


def test_file_behind_a_link_out_of_it_is_refused(project: Path, tmp_path: Path) -> None:
    (project / "part/outside").symlink_to(tmp_path)

    with pytest.raises(RefusedError, match="outside of the project"):
        refuse_link_out(str(project / "part/outside/secret"))


@pytest.mark.usefixtures("project")
def test_project_behind_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "work").symlink_to(tmp_path / "clone")

    refuse_link_out(str(tmp_path / "work/project/pyproject.toml"))
    assert read_file(str(tmp_path / "work/project/pyproject.toml")) == b"own"


def test_pipe_is_refused_and_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "pipe")

    with pytest.raises(RefusedError, match="pipe is a device or a pipe; it was not read"):
        read_file(str(project / "pipe"))
    with pytest.raises(RefusedError, match="pipe is a device or a pipe"):
        refuse_special(str(project / "pipe"))


def test_link_to_nothing_is_refused_in_place_of_a_file(project: Path) -> None:
    (project / "link").symlink_to("nothing")

    with pytest.raises(RefusedError, match="link is a broken link"):
        refuse_special(str(project / "link"))


def test_directory_and_missing_file_are_as_the_system_says(project: Path) -> None:
    refuse_special(str(project / "part"))
    with pytest.raises(IsADirectoryError):
        read_file(str(project / "part"))
    with pytest.raises(FileNotFoundError):
        read_file(str(project / "missing"))


def test_file_of_lockenv_is_never_behind_a_link(project: Path) -> None:
    (project / "link").symlink_to("pyproject.toml")
    os.mkfifo(project / "pipe")

    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=name):
            read_own(str(project / name))
