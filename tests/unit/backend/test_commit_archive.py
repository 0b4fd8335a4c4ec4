"""A commit as one archive: what git committed comes back, and nothing else does."""

from __future__ import annotations

import io
import tarfile
import zlib
from typing import IO, TYPE_CHECKING, cast

import pytest

from lockenv.backend.commit_archive import pack, unpack
from lockenv.backend.gitobjects import Commits
from lockenv.backend.member import DamagedError
from lockenv.backend.stored_gzip import GzipReader, GzipWriter
from lockenv.fetch.git import commit_modes, commit_text
from lockenv.vocabulary.names import NormalizedName
from tests.support.archives import endless, headers_of_headers
from tests.support.repository import ENVIRONMENT
from tests.support.sources import commit, git
from tests.support.systems import assumed
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from pathlib import Path

TOOL = NormalizedName("tool")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_files_of_a_commit_come_back_as_they_were(object_format: str, tmp_path: Path) -> None:
    sources, archive, back = tmp_path / "sources", tmp_path / "tool.tar.gz", tmp_path / "back"
    (sources / "a").mkdir(parents=True)
    git(sources, "init", "--quiet", f"--object-format={object_format}")
    (sources / "a" / "x").write_bytes(b"\r\n\0")
    (sources / "a.b").write_text("sorted before a/")
    (sources / "a0").write_text("")
    (sources / 'näme : " é').write_text("x" * 200_000)
    (sources / "run").write_text("#!/bin/sh\n")
    (sources / "run").chmod(0o755)
    (sources / "to").symlink_to("a")
    (sources / "nowhere").symlink_to("../../etc/passwd")
    first = commit(sources, "Zürich")
    commits = Commits(first, {"": commit_text(str(sources), ENVIRONMENT)}, {})
    with archive.open("wb") as stream:
        pack(str(sources), commits, stream, TOOL, "1.0", "")

    unpack(str(archive), first, TOOL, str(back))

    for name in ("PKG-INFO", "scm_file_list.json", ".git_archival.txt"):
        (back / name).unlink()
    there = {path: kind for path, kind in snapshot(sources).items() if path.partition("/")[0] != ".git"}
    assert snapshot(back) == there
    with tarfile.open(archive) as opened:
        assert opened.pax_headers["comment"].partition(" ")[0] == first


def test_name_with_a_colon_is_refused_on_windows(tmp_path: Path) -> None:
    sources, archive = tmp_path / "sources", tmp_path / "tool.tar.gz"
    sources.mkdir()
    (sources / "a:b").write_text("a stream of the file `a` there")
    first = commit(sources)
    commits = Commits(first, {"": commit_text(str(sources), ENVIRONMENT)}, {})
    with archive.open("wb") as stream:
        pack(str(sources), commits, stream, TOOL, "1.0", "")

    with assumed("win32"), pytest.raises(DamagedError, match="invalid name"):
        unpack(str(archive), first, TOOL, str(tmp_path / "back"))


def test_modes_and_links_are_those_of_git_where_files_have_none(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "run").write_text("#!/bin/sh\n")
    (sources / "run").chmod(0o755)
    (sources / "to").symlink_to("run")
    first = commit(sources)
    commits = Commits(first, {"": commit_text(str(sources), ENVIRONMENT)}, {})
    made = []
    for _ in range(2):
        stream = io.BytesIO()
        pack(str(sources), commits, stream, TOOL, "1.0", "", commit_modes(str(sources), ENVIRONMENT))
        made.append(stream.getvalue())
        # As git lays it out on Windows.
        (sources / "run").chmod(0o644)
        (sources / "to").unlink(missing_ok=True)
        (sources / "to").write_text("run")

    assert made[0] == made[1]


def test_another_commit_than_the_one_asked_for_is_refused(tmp_path: Path) -> None:
    sources, archive = tmp_path / "sources", tmp_path / "tool.tar.gz"
    sources.mkdir()
    (sources / "a").write_text("a")
    first = commit(sources)
    commits = Commits(first, {"": commit_text(str(sources), ENVIRONMENT)}, {})
    with archive.open("wb") as stream:
        pack(str(sources), commits, stream, TOOL, "1.0", "")

    with pytest.raises(DamagedError, match="does not contain the commit"):
        unpack(str(archive), "0" * 40, TOOL, str(tmp_path / "back"))
    with pytest.raises(DamagedError, match="not part of its commit"):
        unpack(str(archive), first, NormalizedName("other"), str(tmp_path / "back"))

    assert not (tmp_path / "back").exists()


def with_member(archive: Path, name: str, link: str = "") -> None:
    """Put a member of `name` into the archive, before all others."""
    made = io.BytesIO()
    with tarfile.open(archive) as old, GzipWriter(made) as stored:
        headers = old.pax_headers
        stream = cast("IO[bytes]", stored)  # all that is asked of it is to write
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, pax_headers=headers) as new:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = (tarfile.SYMTYPE, link) if link else (tarfile.REGTYPE, "")
            new.addfile(entry)
            for member in old.getmembers():
                new.addfile(member, old.extractfile(member) if member.isreg() else None)
    archive.write_bytes(made.getvalue())


@pytest.mark.parametrize(
    ("name", "link"),
    [("t/../x", ""), ("t//etc/x", ""), ("t/.GIT/config", ""), ("t/a", ""), ("t/b", "/etc"), ("t/z", "")],
)
def test_member_that_is_none_of_the_commit_is_refused(name: str, link: str, tmp_path: Path) -> None:
    sources, archive = tmp_path / "sources", tmp_path / "tool.tar.gz"
    (sources / "b").mkdir(parents=True)
    (sources / "a").write_text("a")
    (sources / "b" / "c").write_text("c")
    first = commit(sources)
    commits = Commits(first, {"": commit_text(str(sources), ENVIRONMENT)}, {})
    with archive.open("wb") as stream:
        pack(str(sources), commits, stream, TOOL, "1.0", "")
    with_member(archive, name, link)

    with pytest.raises(DamagedError):
        unpack(str(archive), first, TOOL, str(tmp_path / "back"))

    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize(
    "content",
    [
        endless("t/x", 1 << 70),
        *(headers_of_headers(kind, "t/x") for kind in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME)),
        tarfile.TarInfo("t/x").create_pax_header({**tarfile.TarInfo("t/x").get_info(), "size": 1 << 70}, "utf-8"),
    ],
)
def test_archive_that_leads_a_reader_on_is_refused(content: bytes, tmp_path: Path) -> None:
    with (tmp_path / "x.tar.gz").open("wb") as stream, GzipWriter(stream) as stored:
        stored.write(content)

    with pytest.raises(DamagedError):
        unpack(str(tmp_path / "x.tar.gz"), "0" * 40, TOOL, str(tmp_path / "back"))


def test_sparse_file_is_refused(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("t/x")
    entry.type, entry.pax_headers = tarfile.REGTYPE, {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40)}
    with (tmp_path / "x.tar.gz").open("wb") as stream, GzipWriter(stream) as stored:
        stored.write(entry.tobuf(tarfile.PAX_FORMAT) + bytes(2048))

    with pytest.raises(DamagedError, match="larger than the archive"):
        unpack(str(tmp_path / "x.tar.gz"), "0" * 40, TOOL, str(tmp_path / "back"))


def test_sparse_file_without_a_map_is_refused(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("t/x")
    entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    with (tmp_path / "x.tar.gz").open("wb") as stream, GzipWriter(stream) as stored:
        stored.write(entry.tobuf(tarfile.PAX_FORMAT) + bytes(2048))

    with pytest.raises(DamagedError, match="cannot be unpacked"):
        unpack(str(tmp_path / "x.tar.gz"), "0" * 40, TOOL, str(tmp_path / "back"))


def test_what_is_stored_is_gzip_of_one_form() -> None:
    for size in (0, 1, 65535, 65536, 200_000):
        content, made = bytes(range(256)) * (size // 256 + 1), io.BytesIO()
        with GzipWriter(made) as target:
            for start in range(0, size, 1000):
                target.write(content[:size][start : start + 1000])

        assert zlib.decompress(made.getvalue(), 31) == content[:size]
        made.seek(0)
        assert io.BufferedReader(GzipReader(made)).read() == content[:size]


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", zlib.compress(b"x" * 99, wbits=31)])
def test_what_is_not_stored_so_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)

    with pytest.raises(DamagedError):
        unpack(str(tmp_path / "x.tar.gz"), "0" * 40, TOOL, str(tmp_path / "back"))

    assert not (tmp_path / "back").exists()
