from __future__ import annotations

import io
import re
import zipfile

import pytest

from lockenv.index.zip_directory import only_member
from tests.support.wheels import wheel

PATTERN = re.compile(r"[^/\\]+\.dist-info/METADATA")
SUFFIX = b".dist-info/METADATA"


def found(content: bytes, limit: int = 1 << 20) -> bytes | None:
    return only_member(io.BytesIO(content), SUFFIX, PATTERN, limit)


def by_zipfile(content: bytes) -> bytes | None:
    """Return what the standard library finds; None where it finds none, several or damage."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if PATTERN.fullmatch(member.filename)]
            return archive.read(members[0]) if len(members) == 1 else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return None


def zipped(*members: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        archive.comment = comment
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("content", [b"", b"Name: a\n" * 100])
def test_member_is_found_in_usual_archives(how: int, content: bytes) -> None:
    others = [(f"a/{number}.py", bytes(number)) for number in range(20)]

    assert found(zipped(*others, ("a-1.dist-info/METADATA", content), ("a/METADATA", b"x"), how=how)) == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        zipped(),
        zipped(("a/METADATA", b"")),
        zipped(("a.dist-info/METADATA", b""), ("b.dist-info/METADATA", b"")),
        zipped(("x/a.dist-info/METADATA", b"")),
        zipped(("a.dist-info/METADATA", b"x" * 101)),
        zipped(("é.dist-info/METADATA", b"")),
        zipped(("a.dist-info/METADATA", b"x"), comment=b"of the archive"),
        zipped(("a.dist-info/METADATA", b"x"), how=zipfile.ZIP_BZIP2),
        b"before" + zipped(("a.dist-info/METADATA", b"x")),
        zipped(("a.dist-info/METADATA", b"x")) + b"behind",
        zipped(("a.dist-info/METADATA", b"x"), ("a", b""), ("b", b""))[:-40],
    ],
)
def test_what_is_unusual_is_left_to_zipfile(content: bytes) -> None:
    assert found(content, 100) is None


def test_archive_with_any_other_bit_has_the_answer_of_zipfile_or_none() -> None:
    honest = wheel("a").content
    changed = 0
    for position in range(8 * len(honest)):
        content = bytearray(honest)
        content[position // 8] ^= 1 << position % 8
        read = found(bytes(content))
        changed += read is None
        assert read is None or read == by_zipfile(bytes(content))

    assert by_zipfile(honest) == found(honest) == wheel("a").metadata
    assert changed > 1000
