"""A cache that another user could have written is not used."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import MachineError
from lockenv.files.private import private

if sys.platform != "win32":
    import grp
    import pwd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
NO_ONE = 65534


def opened(path: Path) -> str:
    return private(str(path), "the cache directory", "name another")


def owned_by_another(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root alone can give a directory away")
    os.chown(path, NO_ONE, -1)


def in_a_group(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root alone can choose the group of a directory")
    os.chown(path, -1, NO_ONE)
    path.chmod(0o770)


def test_missing_directory_is_made_for_this_user_alone(tmp_path: Path) -> None:
    place = tmp_path / "new" / "cache"

    assert opened(place) == str(place)
    assert place.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (owned_by_another, "belongs to another user (uid 65534)"),
        (lambda path: path.chmod(0o777), "is writable by others"),
        (lambda path: path.chmod(0o1777), "(mode 1777)"),
        (in_a_group, "(mode 0770)"),
    ],
    ids=["owner", "open", "sticky", "group"],
)
@pytest.mark.parametrize("where", ["", "store-v1"])
def test_directory_that_others_may_write_to_is_refused(
    where: str, change: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    place = tmp_path / "cache"
    (place / where).mkdir(parents=True)
    change(place / where)

    with pytest.raises(MachineError) as caught:
        opened(place)
    assert said in caught.value.message
    assert str(place / where) in caught.value.message
    assert caught.value.hint.endswith("name another")


def test_directory_that_none_but_its_owner_enters_is_not_looked_into(tmp_path: Path) -> None:
    inner = tmp_path / "store-v1"
    inner.mkdir()
    inner.chmod(0o777)
    tmp_path.chmod(0o700)

    assert opened(tmp_path) == str(tmp_path)


def test_link_points_to_what_counts(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    assert opened(link) == str(link)
    real.chmod(0o777)

    with pytest.raises(MachineError, match="is writable by others"):
        opened(link)


def test_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(MachineError, match="is not a directory"):
        opened(tmp_path / "file")


def test_one_that_cannot_be_made_is_left_to_who_writes(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert opened(tmp_path / "file" / "cache") == str(tmp_path / "file" / "cache")


def test_group_of_this_user_alone_may_write(tmp_path: Path) -> None:
    user = pwd.getpwuid(os.geteuid())
    group = grp.getgrgid(user.pw_gid)
    if group.gr_name != user.pw_name or set(group.gr_mem) - {user.pw_name}:
        pytest.skip("this user has no group alone")
    os.chown(tmp_path, -1, group.gr_gid)
    tmp_path.chmod(0o770)

    assert opened(tmp_path) == str(tmp_path)
