from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockenv.backend.normalize_wheel import make_plain
from lockenv.errors import InputError
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.wheel import inspect
from lockenv.vocabulary.names import normalize
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

BUILT = wheel("a", files={"a/__init__.py": "1\n", "a/run.sh": "exit\n"}, executable=["a/run.sh"])


def rezipped(day: int, *, method: int, is_reversed: bool = False, mode: int = 0o644) -> bytes:
    """Return the same wheel as another archiver, on another day, would write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BUILT.content)) as old, zipfile.ZipFile(out, "w", method) as new:
        if is_reversed:
            new.mkdir("a")
        for member in sorted(old.infolist(), key=lambda member: member.filename, reverse=is_reversed):
            content = old.read(member)
            if is_reversed and member.filename.endswith("/RECORD"):
                content = b"\r\n".join(reversed(content.splitlines())) + b"\r\n"
            entry = zipfile.ZipInfo(member.filename, (2026, 1, day, 0, 0, 0))
            entry.compress_type = method
            entry.external_attr = (0o755 if member.filename.endswith(".sh") else mode) << 16
            new.writestr(entry, content)
    return out.getvalue()


def made(path: Path, content: bytes) -> bytes:
    path.write_bytes(content)
    make_plain(str(path), "a-1.0.tar.gz")
    return path.read_bytes()


def test_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / BUILT.filename

    first = made(path, rezipped(1, method=zipfile.ZIP_STORED))
    second = made(path, rezipped(2, method=zipfile.ZIP_DEFLATED, is_reversed=True, mode=0o600))

    assert first == second
    assert made(path, first) == first
    assert [entry.name for entry in tmp_path.iterdir()] == [BUILT.filename]


def test_plain_wheel_is_one_that_a_sync_takes(tmp_path: Path) -> None:
    path = tmp_path / BUILT.filename
    content = made(path, rezipped(3, method=zipfile.ZIP_DEFLATED, is_reversed=True))

    found = inspect(Archive(content, BUILT.filename, Limits()), normalize("a"), "1.0")

    assert found.dist_info == "a-1.0.dist-info"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        modes = {member.filename: member.external_attr >> 16 for member in archive.infolist()}
    assert modes["a/run.sh"] == 0o100755
    assert modes["a/__init__.py"] == 0o100644
    assert list(modes)[-1] == "a-1.0.dist-info/RECORD"


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("x", b"1")
        archive.writestr("x", b"2")
    return out.getvalue()


def test_what_is_no_wheel_is_an_error_and_stays(tmp_path: Path) -> None:
    for content, sentence in ((b"no zip", "an unreadable wheel"), (twice(), "contains a file twice")):
        path = tmp_path / BUILT.filename
        path.write_bytes(content)

        with pytest.raises(InputError, match=sentence):
            make_plain(str(path), "a-1.0.tar.gz")

        assert path.read_bytes() == content
