from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from lockenv.backend.member import Limits
from lockenv.backend.unpack import unpack
from lockenv.errors import RefusedError
from lockenv.sync import archive_source
from lockenv.sync.archive import Archive
from lockenv.sync.archive import Limits as Bounds
from tests.support.archives import endless, headers_of_headers
from tests.support.wheels import sdist, zip_of

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


def opened(tmp_path: Path, content: bytes, filename: str = "a-1.tar.gz", limits: Limits | None = None) -> str:
    path = tmp_path / filename
    path.write_bytes(content)

    def check_zip(archive: str, name: str) -> None:
        with archive_source.opened(archive) as source:
            Archive(source, name, Bounds())

    return unpack(str(path), filename, str(tmp_path / "out"), limits, check_zip)


def test_honest_archive_is_unpacked_with_plain_modes(tmp_path: Path) -> None:
    built = sdist("a", "1", files={"src/a.py": "x = 1\n"})

    root = tmp_path / "out" / "a-1"

    assert opened(tmp_path, built.content) == str(root)
    assert (root / "src" / "a.py").read_text() == "x = 1\n"
    assert (root / "src" / "a.py").stat().st_mode & 0o777 == 0o644


def test_script_stays_executable(tmp_path: Path) -> None:
    opened(tmp_path, tar(("a-1/configure", b"#!/bin/sh\n", {"mode": 0o4777})))

    assert (tmp_path / "out" / "a-1" / "configure").stat().st_mode & 0o7777 == 0o755


def symlink(target: str) -> dict[str, object]:
    return {"type": tarfile.SYMTYPE, "linkname": target}


def hardlink(target: str) -> dict[str, object]:
    return {"type": tarfile.LNKTYPE, "linkname": target}


def plain(*members: Member) -> bytes:
    """Return the tar itself."""
    return gzip.decompress(tar(*members))


def tar_header_of(size: int) -> bytes:
    entry = tarfile.TarInfo("a-1/x")
    entry.size = size
    return entry.tobuf(tarfile.GNU_FORMAT)


def shifted(content: bytes) -> bytes:
    """Return the tar with a block that no header announces before its second member."""
    return content[:1024] + b"evil".ljust(512, b"\0") + content[1024:]


ONE: Member = ("a-1/x", b"1", {})
HONEST = tar(ONE, ("a-1/y", b"2", {}))

HOSTILE: dict[str, Callable[[], bytes]] = {
    "parent": lambda: tar(("a-1/../../evil", b"x", {})),
    "absolute": lambda: tar(("/evil", b"x", {})),
    "two-slashes": lambda: tar(("a-1//evil", b"x", {})),
    "drive": lambda: tar(("C:/evil", b"x", {})),
    "backslash": lambda: tar(("a-1/..\\evil", b"x", {})),
    "control": lambda: tar(("a-1/\x1b[2J", b"x", {})),
    "newline": lambda: tar(("a-1/x\ny", b"x", {})),
    "long-component": lambda: tar((f"a-1/{'x' * 256}", b"x", {})),
    "long-name": lambda: tar((f"a-1/{'x/' * 1100}y", b"x", {})),
    "deep": lambda: tar((f"a-1/{'d/' * 5000}y", b"x", {})),
    "second-top": lambda: tar(("a-1/x", b"x", {}), ("b-1/x", b"x", {})),
    "other-top": lambda: tar(("b-1/x", b"x", {})),
    "no-name": lambda: tar(("", b"", {}), ONE),
    "root": lambda: tar(("/", None, {"type": tarfile.DIRTYPE}), ONE),
    "file-as-root": lambda: tar((".", b"x", {}), ONE),
    "no-top": lambda: tar(("x", b"x", {})),
    "file-as-top": lambda: tar(("a-1", b"x", {})),
    "link-absolute": lambda: tar(("a-1/x", None, symlink("/etc/passwd"))),
    "link-relative": lambda: tar(("a-1/x", None, symlink("../../../../../../../../etc/passwd"))),
    "link-beside-the-top": lambda: tar(("a-1/x", None, symlink("../y")), ONE),
    "link-to-its-top": lambda: tar(("a-1/x", None, symlink("../a-1")), ONE),
    "link-to-itself": lambda: tar(("a-1/x", None, symlink("x"))),
    "link-to-directory": lambda: tar(("a-1/d", None, symlink(".")), ONE),
    "link-to-link-out": lambda: tar(("a-1/x", None, symlink("y")), ("a-1/y", None, symlink("../../evil"))),
    "link-then-write": lambda: tar(("a-1/x", None, symlink("/tmp")), ("a-1/x/evil", b"x", {})),
    "link-as-top": lambda: tar(("a-1", None, symlink("/tmp")), ("a-1/evil", b"x", {})),
    "link-written-over": lambda: tar(("a-1/x", None, symlink("y")), ("a-1/x", b"x", {}), ("a-1/y", b"y", {})),
    "hardlink": lambda: tar(("a-1/x", None, hardlink("/etc/passwd"))),
    "hardlink-out": lambda: tar(("a-1/x", None, hardlink("../../../../etc/passwd"))),
    "device": lambda: tar(("a-1/x", None, {"type": tarfile.CHRTYPE})),
    "block-device": lambda: tar(("a-1/x", None, {"type": tarfile.BLKTYPE})),
    "pipe": lambda: tar(("a-1/x", None, {"type": tarfile.FIFOTYPE})),
    "contiguous": lambda: tar(("a-1/x", b"x", {"type": tarfile.CONTTYPE})),
    "unknown-type": lambda: tar(("a-1/x", b"x", {"type": b"Z"})),
    "sparse": lambda: tar(("a-1/x", b"x", {"pax_headers": {"GNU.sparse.size": "9999", "GNU.sparse.name": "a-1/y"}})),
    "pax-size": lambda: tar(("a-1/x", b"x" * 600, {"pax_headers": {"size": "600"}})),
    "directory-with-content": lambda: gzip.compress(directory_of(512) + bytes(512) + plain(ONE)),
    "twice": lambda: tar(("a-1/x", b"1", {}), ("a-1/x", b"2", {})),
    "twice-by-case": lambda: tar(("a-1/x", b"1", {}), ("a-1/X", b"2", {})),
    "twice-by-unicode": lambda: tar(("a-1/\u00e9", b"1", {}), ("a-1/e\u0301", b"2", {})),
    "file-and-directory": lambda: tar(("a-1/x", b"1", {}), ("a-1/x/y", b"2", {})),
    "directory-and-file": lambda: tar(("a-1/x/y", b"1", {}), ("a-1/X", b"2", {})),
    "empty": tar,
    "directories-alone": lambda: tar(("a-1", None, {"type": tarfile.DIRTYPE})),
    "no-archive": lambda: b"nothing of the kind",
    "no-tar": lambda: gzip.compress(b"nothing of the kind"),
    "zip-by-another-name": lambda: zip_of({"a-1/x": b"x"}),
    "bzip2": lambda: bz2.compress(plain(ONE)),
    "plain-tar": lambda: plain(ONE),
    "cut-off": lambda: sdist("a", "1", files={"x": "y" * 9999}).content[:-40],
    "cut-tail": lambda: HONEST[:-1],
    "wrong-checksum": lambda: HONEST[:-8] + bytes(4) + HONEST[-4:],
    "wrong-length": lambda: HONEST[:-4] + bytes(4),
    "trailing": lambda: HONEST + b"evil",
    "two-gzips": lambda: HONEST + tar(("a-1/z", b"evil", {})),
    "behind-the-end": lambda: gzip.compress(plain(ONE) + plain(("a-1/z", b"evil", {}))),
    "hidden-block": lambda: gzip.compress(shifted(plain(ONE, ("a-1/y", b"2", {})))),
    "bad-header": lambda: gzip.compress(plain(ONE, ("a-1/y", b"2", {}))[:1024] + b"x" * 2048),
    "bomb": lambda: gzip.compress(tar_header_of(8 << 30), 9),
    "long-extended-header": lambda: tar(("a-1/x", b"x", {"pax_headers": {"comment": "x" * (2 << 20)}})),
    "long-long-name": lambda: gzip.compress(long_name_of(3 << 20)),
    "endless-long-name": lambda: gzip.compress(long_name_of(8 << 30, b"a-1/x")),
    "length-that-is-no-number": lambda: gzip.compress(plain(ONE)[:124] + b"nonumber\0\0\0\0" + plain(ONE)[136:]),
    "endless-file": lambda: gzip.compress(endless("a-1/x", 1 << 70)),
    "headers-of-headers": lambda: gzip.compress(headers_of_headers(tarfile.XHDTYPE, "a-1/x")),
    "headers-for-all-of-headers": lambda: gzip.compress(headers_of_headers(tarfile.XGLTYPE, "a-1/x")),
    "names-of-names": lambda: gzip.compress(headers_of_headers(tarfile.GNUTYPE_LONGNAME, "a-1/x")),
    "ratio": lambda: tar(("a-1/x", bytes(30 << 20), {})),
}


def long_name_of(size: int, name: bytes | None = None) -> bytes:
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, size
    content = b"n" * size if name is None else name
    return entry.tobuf(tarfile.GNU_FORMAT) + content.ljust(-(-len(content) // 512) * 512, b"\0") + plain(ONE)


def directory_of(size: int) -> bytes:
    entry = tarfile.TarInfo("a-1/d")
    entry.type, entry.size = tarfile.DIRTYPE, size
    return entry.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archive_is_refused_and_writes_nothing_outside(kind: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"^a-1\.tar\.gz: [ -~]+$") as refused:
        opened(tmp_path, HOSTILE[kind]())

    assert refused.value.rule == "bad-sdist"
    assert {path.name for path in tmp_path.iterdir()} <= {"a-1.tar.gz", "out"}


def test_link_that_leads_nowhere_and_size_beyond_all_numbers_are_refused(tmp_path: Path) -> None:
    nowhere = tar(("a-1/x", b"", {}), ("a-1/y", None, {"type": tarfile.LNKTYPE, "linkname": ""}))
    with pytest.raises(RefusedError, match="is a broken link"):
        opened(tmp_path, nowhere)

    plain = bytearray(gzip.decompress(tar(("a-1/x", b"", {}))))
    plain[124:136] = b"\x80" + b"\x7f" * 11
    plain[148:156] = b" " * 8
    plain[148:156] = b"%06o\0 " % sum(plain[:512])
    (tmp_path / "more").mkdir()
    with pytest.raises(RefusedError):
        opened(tmp_path / "more", gzip.compress(bytes(plain)))


def test_archive_of_two_directories_is_refused_with_the_name_of_each(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"\('a-1', 'b-1'\)"):
        opened(tmp_path, HOSTILE["second-top"]())


def test_many_entries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="more than 3 files"):
        opened(tmp_path, tar(*((f"a-1/{n}", b"", {}) for n in range(4))), limits=Limits(entries=3))


def test_link_within_the_archive_becomes_a_copy(tmp_path: Path) -> None:
    content = tar(
        ("a-1/d/link", None, symlink("../other")),
        ("a-1/other", None, symlink("src/../x")),
        ("a-1/same", None, hardlink("a-1/x")),
        ("a-1/x", b"1", {"mode": 0o755}),
    )

    root = tmp_path / "out" / "a-1"

    assert opened(tmp_path, content) == str(root)
    for name in ("d/link", "other", "same"):
        assert not (root / name).is_symlink()
        assert ((root / name).read_bytes(), (root / name).stat().st_mode & 0o777) == (b"1", 0o755)


def test_link_to_a_file_that_the_archive_lacks_is_left_out(tmp_path: Path) -> None:
    missing = ("a-1/d/gone", None, symlink("../submodule/file"))

    opened(tmp_path, tar(missing, ("a-1/also", None, symlink("d/gone")), ("a-1/x", b"1", {})))

    assert [path.name for path in sorted((tmp_path / "out" / "a-1").rglob("*"))] == ["d", "x"]


def test_headers_for_all_files_and_long_names_are_honest(tmp_path: Path) -> None:
    out = io.BytesIO()
    name = f"a-1/{'d' * 90}/{'f' * 120}"
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": "0" * 40}) as made:
        for entry in (tarfile.TarInfo(name), tarfile.TarInfo("a-1/caf\u00e9")):
            made.addfile(entry)
    gnu = io.BytesIO()
    with tarfile.open(fileobj=gnu, mode="w:gz", format=tarfile.GNU_FORMAT) as made:
        made.addfile(tarfile.TarInfo(name))

    opened(tmp_path, out.getvalue())
    (tmp_path / "gnu").mkdir()
    opened(tmp_path / "gnu", gnu.getvalue())

    assert (tmp_path / "out" / name).exists()
    assert (tmp_path / "gnu" / "out" / name).exists()


def linked_zip(mode: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("a-1/x")
        entry.create_system = 3
        entry.external_attr = mode << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


HOSTILE_ZIPS: dict[str, Callable[[], bytes]] = {
    "symlink": lambda: linked_zip(0o120777),
    "device": lambda: linked_zip(0o020666),
    "parent": lambda: zip_of({"a-1/../../evil": b"x"}),
    "absolute": lambda: zip_of({"/evil": b"x"}),
    "backslash": lambda: zip_of({"a-1/..\\evil": b"x"}),
    "second-top": lambda: zip_of({"a-1/x": b"x", "b-1/x": b"x"}),
    "other-top": lambda: zip_of({"b-1/x": b"x"}),
    "twice-by-case": lambda: zip_of({"a-1/x": b"x", "a-1/X": b"y"}),
    "trailing": lambda: zip_of({"a-1/x": b"x"}) + b"evil",
    "preceded": lambda: b"#!/bin/sh\n" + zip_of({"a-1/x": b"x"}),
    "name-differs": lambda: zip_of({"a-1/x": b"x"}).replace(b"a-1/x", b"a-1/y", 1),
    "damaged": lambda: zip_of({"a-1/x": b"content"}).replace(b"content", b"CONTENT"),
    "bomb": lambda: zip_of({"a-1/x": bytes(30 << 20)}, is_compressed=True),
    "gzip-by-another-name": lambda: HONEST,
    "empty": lambda: zip_of({}),
}


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
def test_hostile_zip_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"^a-1\.zip: [ -~]+$"):
        opened(tmp_path, HOSTILE_ZIPS[kind](), "a-1.zip")

    assert {path.name for path in tmp_path.iterdir()} <= {"a-1.zip", "out"}


def short_zip() -> bytes:
    """Return a zip file whose directory states two bytes more of a member than there are."""
    content = bytearray(zip_of({"a-1/x": b"content"}))
    content[content.index(b"PK\1\2") + 24] += 2
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (linked_zip(0o120777), "is a link or a device, not a file"),
        (linked_zip(0o020666), "is a link or a device, not a file"),
        (HOSTILE_ZIPS["bomb"](), "it unpacks to 31457280 bytes"),
        (short_zip(), "'a-1/x' is shorter than"),
    ],
    ids=["symlink", "device", "bomb", "short"],
)
def test_hostile_zip_that_nothing_else_has_looked_at_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a-1.zip"
    path.write_bytes(content)

    with pytest.raises(RefusedError, match=reason):
        unpack(str(path), path.name, str(tmp_path / "out"))


def test_zip_is_unpacked(tmp_path: Path) -> None:
    opened(tmp_path, zip_of({"a-1/setup.py": b"pass\n"}), "a-1.zip")

    assert (tmp_path / "out" / "a-1" / "setup.py").read_text() == "pass\n"
