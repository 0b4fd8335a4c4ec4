"""An archive is the same whether it is in memory or in a file, and however its content falls into slices."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import RefusedError
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.archive_source import SLICE, ArchiveInMemory, ArchiveOnDisk, digest, opened
from tests.unit.sync.crafted import Part, archive, deflated

if TYPE_CHECKING:
    from pathlib import Path

NOISE = random.Random(7).randbytes(2 * SLICE + 1000)
TEXT = b"".join(b"%d\n" % number for number in range(300_000))
LARGE = archive(
    [
        Part(name=b"stored", content=NOISE, method=0),
        Part(name=b"noise", content=NOISE),
        Part(name=b"text", content=TEXT),
        Part(name=b"zeros", content=bytes(9 << 20)),
        Part(name=b"empty"),
        Part(name=b"empty-stored", method=0),
    ]
)


@pytest.mark.parametrize("size", [len(LARGE), 1000])
def test_a_file_is_read_as_the_same_bytes_in_memory_would_be(size: int, tmp_path: Path) -> None:
    content = LARGE[:size]
    (tmp_path / "a").write_bytes(content)
    pick = random.Random(1)
    places = [(pick.randrange(size + 1), pick.choice([0, 4, 46, 8191, 8193, SLICE])) for _ in range(300)]

    with opened(str(tmp_path / "a")) as source, (tmp_path / "a").open("rb") as stream:
        file = ArchiveOnDisk(stream.fileno(), "a")
        found = [(bytes(source.at(*place)), file.at(*place)) for place in places]
        assert (digest(source), source.size) == (hashlib.sha256(content).hexdigest(), size)

    assert found == [(content[start : start + length],) * 2 for start, length in places]


def test_content_of_many_slices_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LARGE)
    with opened(str(tmp_path / "a")) as source:
        checked = Archive(source, "a.whl", Limits())
        found = [b"".join(checked.pieces(entry)) for entry in checked.entries]

    assert found == [NOISE, NOISE, TEXT, bytes(9 << 20), b"", b""]


def test_no_piece_is_large_whatever_it_was_packed_to() -> None:
    checked = Archive(ArchiveInMemory(LARGE), "a.whl", Limits())

    assert max(len(piece) for entry in checked.entries for piece in checked.pieces(entry)) <= 1 << 20


@pytest.mark.parametrize("more", [1, SLICE, 3 * SLICE])
def test_bytes_behind_the_end_of_a_stream_are_refused_in_whichever_slice(more: int) -> None:
    content = archive([Part(name=b"a", content=NOISE, packed=deflated(NOISE) + bytes(more))])
    checked = Archive(content, "a.whl", Limits())

    with pytest.raises(RefusedError, match="do not end at"):
        list(checked.pieces(checked.entries[0]))


@pytest.mark.parametrize("left", [0, 1, SLICE, 2 * SLICE])
def test_stream_that_ends_too_early_is_refused_in_whichever_slice(left: int) -> None:
    content = archive([Part(name=b"a", content=NOISE, packed=deflated(NOISE)[:left])])
    checked = Archive(content, "a.whl", Limits())

    with pytest.raises(RefusedError, match="do not end at"):
        list(checked.pieces(checked.entries[0]))


def test_file_that_is_cut_short_while_it_is_read_is_an_error_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(LARGE * 3)
    with opened(str(path)) as source:
        path.write_bytes(b"")
        with pytest.raises(OSError, match="truncated"):
            source.at(0, 10)


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(__file__)

    with pytest.raises(OSError), opened(str(tmp_path / "a")):
        pass
