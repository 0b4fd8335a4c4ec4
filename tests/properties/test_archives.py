"""An archive that is accepted means the same to every reader; one that is not is refused by name, never by accident."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from lockenv.errors import RefusedError
from lockenv.sync import entrypoints, record
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.archive_source import ArchiveOnDisk, Source
from lockenv.sync.paths import collision, fault, folded
from lockenv.sync.wheel import inspect
from lockenv.vocabulary.names import NormalizedName
from tests.unit.sync.crafted import Part, archive, members, parts

HONEST = [
    archive(parts(members())),
    archive([part.streamed() for part in parts(members())]),
    archive([Part(name=b"d/", external=0o40755 << 16), *parts(members())]),
    archive(parts(members(None, **{"entry_points.txt": b"[console_scripts]\nx = bad:main\n"}))),
]

Change = tuple[int, int]
CHANGES = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4)


def changed(content: bytes, changes: list[Change], cut: tuple[int, int, bytes]) -> bytes:
    made = bytearray(content)
    for position, value in changes:
        made[position % len(made)] = value
    start, length, instead = cut
    if length or instead:
        made[start % len(made) : start % len(made) + length] = instead
    return bytes(made)


def front_to_back(content: bytes) -> dict[str, bytes]:
    """Return what a reader finds that knows local headers alone."""
    found, cursor = {}, 0
    while content[cursor : cursor + 4] == b"PK\3\4":
        _, flags, method, _, _, _, packed, _, name_length, extra = struct.unpack_from("<5H3L2H", content, cursor + 4)
        start = cursor + 30 + name_length + extra
        name = content[cursor + 30 : cursor + 30 + name_length].decode()
        if method == 8:
            inflater = zlib.decompressobj(-15)
            found[name] = inflater.decompress(content[start:])
            cursor = len(content) - len(inflater.unused_data)
        else:
            found[name] = content[start : start + packed]
            cursor = start + packed
        if flags & 8 and method == 8:
            cursor += 16 if content[cursor : cursor + 4] == b"PK\7\x08" else 12
    return found


def read(source: Source | bytes) -> dict[str, bytes] | str:
    """Return the content of each entry, or why the archive is refused."""
    try:
        checked = Archive(source, "x.whl", Limits())
        return {entry.name: b"".join(checked.pieces(entry)) for entry in checked.entries}
    except RefusedError as error:
        return error.message


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(HONEST), CHANGES, st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=40)))
def test_every_reader_agrees_on_what_is_accepted(
    honest: bytes, changes: list[Change], cut: tuple[int, int, bytes]
) -> None:
    content = changed(honest, changes, cut)
    ours = read(content)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        assert read(ArchiveOnDisk(file.fileno(), "x.whl")) == ours
    if isinstance(ours, str):
        return

    with zipfile.ZipFile(io.BytesIO(content)) as other:
        theirs = {name: other.read(name) for name in other.namelist()}
    assert ours == theirs == front_to_back(content)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["METADATA", "WHEEL", "RECORD", "entry_points.txt"]), st.binary(max_size=80)))
def test_descriptions_are_understood_or_refused(described: dict[str, bytes]) -> None:
    content = archive(parts(members(None, **described)))
    try:
        inspect(Archive(content, "bad-1.0-py3-none-any.whl", Limits()), NormalizedName("bad"), "1.0")
    except RefusedError as error:
        assert error.message.isprintable()


PATHS = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), min_size=1)


@given(st.lists(st.tuples(PATHS, st.integers(0)), unique_by=lambda row: row[0]))
def test_record_is_read_as_it_was_written(rows: list[tuple[str, int]]) -> None:
    text = record.compose(record.line(path, "abc", size) for path, size in rows).decode()

    assert record.parse(text) == {path: record.Row("sha256", "abc", size) for path, size in rows}


@given(st.text(max_size=40))
def test_name_that_is_accepted_stays_below_the_target(name: str) -> None:
    if fault(name) is None:
        assert not name.startswith("/")
        assert not {"", ".", ".."} & set(name.split("/"))


@given(st.lists(st.text("aA/é", min_size=1, max_size=4), max_size=5))
def test_collision_is_found_whatever_the_order(names: list[str]) -> None:
    keys = [folded(name) for name in names]
    expected = any(
        first == second or second.startswith(first + "/") or first.startswith(second + "/")
        for number, first in enumerate(keys)
        for second in keys[number + 1 :]
    )

    assert (collision(names) is not None) == (collision(names[::-1]) is not None) == expected


@given(st.text(max_size=60))
def test_entry_points_make_no_path_and_no_code(text: str) -> None:
    try:
        scripts = entrypoints.parse(f"[console_scripts]\n{text}")
    except ValueError:
        return
    for script in scripts:
        assert "/" not in script.name
        compile(entrypoints.content(script, "/usr/bin/python"), "script", "exec")
        assert all(part.isidentifier() for part in f"{script.module}.{script.attribute}".split("."))
