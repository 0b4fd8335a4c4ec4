from __future__ import annotations

import errno
import gzip
import io
import tarfile
import zipfile
from typing import IO, TYPE_CHECKING

import pytest

from lockenv.errors import MachineError, RefusedError
from lockenv.index.archives import sdist_metadata, wheel_metadata
from tests.support.archives import endless, headers_of_headers
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Callable


def zipped(*members: tuple[str, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    file.seek(0)
    return file


def overlapping(comment: bytes = b"") -> io.BytesIO:
    """Return a wheel in whose directory a module begins within its METADATA; with a `comment` no usual one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-1.dist-info/METADATA", b"Name: a\n")
        archive.writestr("a.py", b"")
        archive.comment = comment
        archive.getinfo("a.py").header_offset = 40
    return file


def test_metadata_that_overlaps_another_file_is_refused_by_every_python() -> None:
    for content in (overlapping(), overlapping(b"a comment")):
        with pytest.raises(RefusedError) as caught:
            wheel_metadata(content, "a-1-py3-none-any.whl")
        assert "overlaps" in caught.value.message.lower()
        assert caught.value.rule == "bad-archive"


def test_metadata_is_found_in_honest_archives() -> None:
    built, source = wheel("a"), sdist("a")

    assert wheel_metadata(io.BytesIO(built.content), built.filename) == built.metadata
    assert sdist_metadata(io.BytesIO(source.content), source.filename) == source.metadata
    assert sdist_metadata(zipped(("a-1.0/PKG-INFO", b"x"), ("a-1.0/a.egg-info/PKG-INFO", b"y")), "a-1.0.zip") == b"x"


@pytest.mark.parametrize(
    "content",
    [
        io.BytesIO(b""),
        io.BytesIO(b"not a zip"),
        zipped(("a/METADATA", b"")),
        zipped(("a.dist-info/METADATA", b""), ("b.dist-info/METADATA", b"")),
        zipped(("x/a.dist-info/METADATA", b"")),
        zipped(("a.dist-info/METADATA", bytes((16 << 20) + 1))),
        io.BytesIO(wheel("a").content[:-30]),
    ],
)
def test_wheel_without_one_readable_metadata_file_is_refused(content: io.BytesIO) -> None:
    with pytest.raises(RefusedError, match=r"^a-1\.0-py3-none-any\.whl: its metadata cannot be read") as caught:
        wheel_metadata(content, "a-1.0-py3-none-any.whl")
    assert caught.value.rule == "bad-archive"


def link() -> tarfile.TarInfo:
    member = tarfile.TarInfo("a-1.0/PKG-INFO")
    member.type = tarfile.SYMTYPE
    member.linkname = "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "content",
    [
        io.BytesIO(b""),
        io.BytesIO(b"\x1f\x8bnot gzip"),
        io.BytesIO(gzip.compress(b"not tar")),
        tarred((tarfile.TarInfo("a-1.0/setup.py"), b"")),
        tarred((tarfile.TarInfo("a-1.0/x/PKG-INFO"), b"")),
        tarred((link(), b"")),
        io.BytesIO(sdist("a").content[:60]),
        io.BytesIO(gzip.compress(endless("a-1.0/x", 1 << 70))),
        io.BytesIO(gzip.compress(headers_of_headers(tarfile.XHDTYPE, "a-1.0/PKG-INFO"))),
    ],
)
def test_source_without_a_readable_metadata_file_is_refused(content: io.BytesIO) -> None:
    with pytest.raises(RefusedError, match=r"^a-1\.0\.tar\.gz: "):
        sdist_metadata(content, "a-1.0.tar.gz")


class _Failing(io.BytesIO):
    """A file of which the system reads nothing."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    def readinto(self, _buffer: object, /) -> int:
        raise OSError(errno.EMFILE, "Too many open files")


@pytest.mark.parametrize(
    ("found", "filename"), [(wheel_metadata, "a-1-py3-none-any.whl"), (sdist_metadata, "a-1.tar.gz")]
)
def test_what_the_system_does_not_read_is_no_fault_of_the_archive(
    found: Callable[[IO[bytes], str], bytes], filename: str
) -> None:
    with pytest.raises(MachineError, match=rf"^cannot read {filename}: Too many open files$"):
        found(_Failing(wheel("a", "1").content), filename)
