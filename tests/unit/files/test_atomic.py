"""A file is replaced whole or stays as it was, and nothing else is left beside it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lockenv.errors import MachineError
from lockenv.files.atomic import machine_error, replace


def test_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(MachineError, match="cannot write"):
        replace(str(tmp_path / "taken"), b"content")

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_pieces_are_written_one_behind_the_other(tmp_path: Path) -> None:
    pieces = [memoryview(b"%d," % number) for number in range(2500)]

    replace(str(tmp_path / "file"), pieces)

    assert (tmp_path / "file").read_bytes() == b"".join(pieces)


@pytest.mark.parametrize(
    "code",
    [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST],
)
def test_refusal_of_the_system_says_what_to_do(code: int) -> None:
    error = machine_error(OSError(code, "No"), "/x")

    assert (error.message, error.hint != "") == ("cannot write /x: No", True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs owners of files")
def test_directory_of_another_user_is_named(tmp_path: Path) -> None:
    place, own = Path("/"), tmp_path / "own"
    own.mkdir()
    if os.geteuid() == 0:
        place = tmp_path / "other"
        place.mkdir()
        os.chown(place, 1, -1)
    refused = PermissionError(errno.EACCES, "Permission denied")

    hints = [machine_error(refused, str(directory / "new" / "file")).hint for directory in (place, own)]

    assert hints == [
        f"{place} belongs to another user: change its owner or its permissions, or choose another directory "
        "(`--cache-dir`, `--venv`)",
        "check the permissions of that path",
    ]
