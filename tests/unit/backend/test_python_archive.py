"""What is unpacked of the archive of a Python is what it says, below its directory; all else is refused before."""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest

from lockenv.backend.python_archive import PythonTree, unpack
from lockenv.errors import RefusedError
from lockenv.files.ops import Folder
from tests.support.python_archives import packed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINUX, MACOS, WINDOWS = "x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"
PYTHON = ("python/bin/python3.12", b"#!")
LINK = ("python/bin/python3", "python3.12")


def _unpacked(tmp_path: Path, content: bytes, target: str = LINUX) -> PythonTree:
    archive, into = tmp_path / "archive.tar.gz", tmp_path / "into"
    archive.write_bytes(content)
    into.mkdir()
    with Folder.open(str(into), "test") as folder:
        return unpack(str(archive), "cpython.tar.gz", folder, str(tmp_path / "tar"), target=target)


def _entry(name: str, kind: bytes, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = kind, link, mode
    return entry


def _extended(headers: dict[str, str], *before: tuple[str, bytes]) -> bytes:
    """Return an archive with a file that has extended `headers`, and some before it."""
    plain = gzip.decompress(packed(*before)).rstrip(b"\0") if before else b""
    entry = tarfile.TarInfo("python/x")
    entry.pax_headers = headers
    return gzip.compress(plain + bytes(-len(plain) % 512) + entry.tobuf(tarfile.PAX_FORMAT) + bytes(1024))


def _with_length(kind: bytes, length: bytes) -> bytes:
    """Return an archive whose first header, of `kind`, writes `length`."""
    entry = _entry("python/x", kind)
    block = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    block[124:136], block[148:156] = length.ljust(12, b"\0"), b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return gzip.compress(bytes(block) + bytes(2048))


def test_files_modes_and_links_are_those_of_the_archive(tmp_path: Path) -> None:
    setuid = _entry("python/bin/su", tarfile.REGTYPE, mode=0o6777)
    hard = _entry("python/bin/python", tarfile.LNKTYPE, "python/bin/python3.12")
    content = packed(
        ("python/", None),
        PYTHON,
        LINK,
        setuid,
        hard,
        ("python/lib/a/deep", "../../bin/python3"),
        ("python/empty", None),
    )

    found = _unpacked(tmp_path, content)

    into = tmp_path / "into"
    modes = {path: stat.S_IMODE((into / path).stat().st_mode) for path in found.files}
    assert modes == dict.fromkeys(("python/bin/python3.12", "python/bin/su", "python/bin/python"), 0o755)
    assert found.links == {"python/bin/python3": "python3.12", "python/lib/a/deep": "../../bin/python3"}
    assert (into / "python/lib/a/deep").read_bytes() == b"#!"
    assert (into / "python/bin/python").stat().st_nlink == 1
    assert (into / "python/empty").is_dir()
    assert not (tmp_path / "tar").exists()


def test_names_that_differ_in_letter_case_are_two_on_linux_alone(tmp_path: Path) -> None:
    content = packed(PYTHON, ("python/share/E/Eterm", b""), ("python/share/E/eterm", b""))

    assert len(_unpacked(tmp_path, content).files) == 3
    for number, target in enumerate((MACOS, WINDOWS)):
        place = tmp_path / str(number)
        place.mkdir()
        with pytest.raises(RefusedError, match="twice"):
            _unpacked(place, content, target)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "absolute name": (lambda: packed(PYTHON, ("/etc/x", b"")), "invalid name"),
    "parent in a name": (lambda: packed(PYTHON, ("python/../../x", b"")), "invalid name"),
    "empty part of a name": (lambda: packed(PYTHON, ("python//x", b"")), "invalid name"),
    "backslash": (lambda: packed(PYTHON, ("python\\..\\x", b"")), "invalid name"),
    "control character": (lambda: packed(PYTHON, ("python/\x1b[2J", b"")), "invalid name"),
    "beside the directory": (lambda: packed(PYTHON, ("lib/x", b"")), "not below the directory"),
    "the directory is a file": (lambda: packed(("python", b"")), "not below the directory"),
    "the directory is a link": (lambda: packed(("python", "/etc"), PYTHON), "not below the directory"),
    "nothing": (packed, "no directory"),
    "twice": (lambda: packed(PYTHON, PYTHON), "twice"),
    "file over a link": (lambda: packed(PYTHON, LINK, ("python/bin/python3", b"")), "twice"),
    "file below a link": (lambda: packed(PYTHON, ("python/l", "bin"), ("python/l/x", b"")), "below a file"),
    "link over a directory": (lambda: packed(PYTHON, ("python/bin", "lib")), "twice"),
    "absolute link": (lambda: packed(PYTHON, ("python/bin/sh", "/bin/sh")), "leads elsewhere"),
    "link out": (lambda: packed(PYTHON, ("python/bin/x", "../../../x")), "leads elsewhere"),
    "link beside the directory": (lambda: packed(PYTHON, ("python/bin/x", "../../x")), "leads elsewhere"),
    "link to the directory above": (lambda: packed(PYTHON, ("python/bin/x", "..")), "leads elsewhere"),
    "link out by another link": (
        lambda: packed(PYTHON, ("python/a/b/up", "../../bin"), ("python/a/b/x", "up/../../x")),
        "leads elsewhere",
    ),
    "link with a backslash": (lambda: packed(PYTHON, ("python/bin/x", "..\\..\\x")), "leads elsewhere"),
    "link to nothing": (lambda: packed(PYTHON, ("python/bin/x", "y")), "not in the archive"),
    "link to itself": (lambda: packed(PYTHON, ("python/bin/x", "x")), "not in the archive"),
    "links in a circle": (lambda: packed(PYTHON, ("python/x", "y"), ("python/y", "x")), "not in the archive"),
    "empty link": (lambda: packed(PYTHON, ("python/bin/x", "")), "broken link"),
    "hard link out": (lambda: packed(PYTHON, _entry("python/x", tarfile.LNKTYPE, "/etc/passwd")), "invalid name"),
    "hard link to a link": (
        lambda: packed(PYTHON, LINK, _entry("python/x", tarfile.LNKTYPE, LINK[0])),
        "no file before",
    ),
    "hard link to what comes later": (
        lambda: packed(_entry("python/x", tarfile.LNKTYPE, PYTHON[0]), PYTHON),
        "no file before",
    ),
    "pipe": (lambda: packed(PYTHON, _entry("python/x", tarfile.FIFOTYPE)), "special entry|device"),
    "device": (lambda: packed(PYTHON, _entry("python/x", tarfile.CHRTYPE)), "device"),
    "bomb": (lambda: packed(PYTHON, ("python/x", bytes(20 << 20))), "more than the limit"),
    "bomb of hard links": (
        lambda: packed(
            PYTHON,
            ("python/x", bytes(4 << 20)),
            *(_entry(f"python/{number}", tarfile.LNKTYPE, "python/x/") for number in range(3)),
        ),
        "more than the limit",
    ),
    "deep": (lambda: packed(PYTHON, (f"python/{'a/' * 100}x", b"")), "more than 100 directories in one another"),
    "sparse file": (lambda: _extended({"GNU.sparse.major": "1", "GNU.sparse.minor": "1"}), "different size"),
    "sparse file without a map": (
        lambda: _extended({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
        "extended header cannot be read",
    ),
    "second file is sparse, without a map": (
        lambda: _extended({"GNU.sparse.map": "x"}, PYTHON),
        "extended header cannot be read",
    ),
    "truncated": (lambda: packed(PYTHON)[:-9], "truncated"),
    "wrong checksum": (lambda: packed(PYTHON)[:-8] + bytes(8), "not valid gzip"),
    "data behind the end": (lambda: packed(PYTHON) + b"x", "after its end"),
    "second gzip member": (lambda: packed(PYTHON) + gzip.compress(b""), "after its end"),
    "no gzip": (lambda: b"x" * 600, "not valid gzip"),
    "no tar": (lambda: gzip.compress(b"x" * 1024), "unpacked|no directory"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archive_is_refused(tmp_path: Path, kind: str) -> None:
    content, words = HOSTILE[kind]
    outside = {path.name for path in tmp_path.iterdir()}

    with pytest.raises(RefusedError, match=words) as raised:
        _unpacked(tmp_path, content())

    assert raised.value.rule == "bad-python-archive"
    assert {path.name for path in tmp_path.iterdir()} - outside == {"archive.tar.gz", "into"}
    leaves = [path for path in (tmp_path / "into").rglob("*") if path.is_symlink() and not os.path.exists(path)]
    assert all(os.path.realpath(path).startswith(str(tmp_path / "into")) for path in leaves)


def test_links_of_an_archive_for_windows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="leads elsewhere"):
        _unpacked(tmp_path, packed(PYTHON, LINK), WINDOWS)


@pytest.mark.parametrize("length", [b"\x80" + bytes(7) + b"\x20\0\0\0", b"\xff" * 12, b"0o3", b"0_3", b"1\x002", b"8"])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE])
def test_length_that_is_no_octal_number_is_refused_before_anything_is_read(
    tmp_path: Path, kind: bytes, length: bytes
) -> None:
    with pytest.raises(RefusedError, match="a header states a length that is no octal number"):
        _unpacked(tmp_path, _with_length(kind, length))
