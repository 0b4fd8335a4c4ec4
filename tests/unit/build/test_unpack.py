from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockenv.build.unpack import unpack
from lockenv.errors import RefusedError
from tests.support.wheels import sdist

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Member = tuple[str, bytes | None, dict[str, object]]
"""Name, content (None: no regular file), attributes of the entry."""


def tar(*members: Member) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content, attributes in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content or b"")
            for key, value in attributes.items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(content or b""))
    return out.getvalue()


def opened(tmp_path: Path, content: bytes, filename: str = "a-1.tar.gz") -> str:
    path = tmp_path / filename
    path.write_bytes(content)
    return unpack(str(path), filename, str(tmp_path / "out"))


def test_honest_archive_is_unpacked_with_plain_modes(tmp_path: Path) -> None:
    built = sdist("a", "1", files={"src/a.py": "x = 1\n"})

    root = tmp_path / "out" / "a-1"

    assert opened(tmp_path, built.content) == str(root)
    assert (root / "src" / "a.py").read_text() == "x = 1\n"
    assert (root / "src" / "a.py").stat().st_mode & 0o777 == 0o644


def test_script_stays_executable(tmp_path: Path) -> None:
    opened(tmp_path, tar(("a-1/configure", b"#!/bin/sh\n", {"mode": 0o4777})))

    assert (tmp_path / "out" / "a-1" / "configure").stat().st_mode & 0o7777 == 0o755


HOSTILE: dict[str, Callable[[], bytes]] = {
    "parent": lambda: tar(("a-1/../../evil", b"x", {})),
    "absolute": lambda: tar(("/evil", b"x", {})),
    "second-top": lambda: tar(("a-1/x", b"x", {}), ("b-1/x", b"x", {})),
    "symlink-out": lambda: tar(("a-1/x", None, {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})),
    "symlink-in": lambda: tar(("a-1/x", None, {"type": tarfile.SYMTYPE, "linkname": "y"})),
    "hardlink": lambda: tar(("a-1/x", None, {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"})),
    "device": lambda: tar(("a-1/x", None, {"type": tarfile.CHRTYPE})),
    "pipe": lambda: tar(("a-1/x", None, {"type": tarfile.FIFOTYPE})),
    "twice": lambda: tar(("a-1/x", b"1", {}), ("a-1/x", b"2", {})),
    "twice-by-case": lambda: tar(("a-1/x", b"1", {}), ("a-1/X", b"2", {})),
    "backslash": lambda: tar(("a-1/..\\evil", b"x", {})),
    "control": lambda: tar(("a-1/\x1b[2J", b"x", {})),
    "reserved": lambda: tar(("a-1/aux.py", b"x", {})),
    "trailing-dot": lambda: tar(("a-1/x.", b"x", {})),
    "empty": tar,
    "no-archive": lambda: b"nothing of the kind",
    "cut-off": lambda: sdist("a", "1", files={"x": "y" * 9999}).content[:-40],
    "file-and-directory": lambda: tar(("a-1/x", b"1", {}), ("a-1/x/y", b"2", {})),
    "bomb": lambda: gzip.compress(tar_header_of(8 << 30), 9),
}


def tar_header_of(size: int) -> bytes:
    entry = tarfile.TarInfo("a-1/x")
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archive_is_refused_and_writes_nothing_outside(kind: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"^a-1\.tar\.gz: ") as refused:
        opened(tmp_path, HOSTILE[kind]())

    assert refused.value.rule == "bad-sdist"
    assert {path.name for path in tmp_path.iterdir()} <= {"a-1.tar.gz", "out"}


@pytest.mark.parametrize(
    "attributes", [0o120777 << 16, 0o020666 << 16], ids=["symlink", "device"]
)  # of a zip's entry: its Unix mode
def test_hostile_zip_is_refused(attributes: int, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("a-1/x")
        entry.external_attr = attributes
        archive.writestr(entry, "/etc/passwd")

    with pytest.raises(RefusedError, match="is a link or a device"):
        opened(tmp_path, out.getvalue(), "a-1.zip")


def test_zip_is_unpacked(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a-1/setup.py", "pass\n")

    opened(tmp_path, out.getvalue(), "a-1.zip")

    assert (tmp_path / "out" / "a-1" / "setup.py").read_text() == "pass\n"
