"""A manifest of the store says what was written, and any other one of the right digest leads nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockenv.errors import BugError
from lockenv.sync.entrypoints import Script
from lockenv.sync.stored_wheel import StoredDirectory, StoredFile, StoredFiles, StoredWheel, dumped, parsed
from lockenv.sync.wheel_faults import Fault
from lockenv.vocabulary.hashing import blake2b

if TYPE_CHECKING:
    from collections.abc import Sequence

SHA256 = "ab" * 32
PATH = f"/cache/store-v1/ab/{SHA256}"
START = len(b"lockenv-store B l\n") + 32
NOWHERE = {"", ".", ".."}

texts = st.text(st.characters(exclude_characters="\0"), max_size=8)
names = st.text(st.characters(exclude_characters="\0/"), min_size=1, max_size=8).filter(
    lambda name: name not in NOWHERE
)
paths = st.lists(names, max_size=3).map("/".join)
numbers = st.integers(-(1 << 63), (1 << 63) - 1)
witnesses = st.tuples(st.integers(0, (1 << 64) - 1), numbers, numbers, numbers, st.none() | st.integers(0, 0o7777))
rows = st.lists(st.tuples(names, st.text("abc-_", max_size=43).filter(bool), witnesses), max_size=4)


@st.composite
def wheels(draw: st.DrawFn) -> StoredWheel:
    item = iter(range(1 << 10))

    def file(name: str, digest: str, witness: tuple[int, int, int, int, int | None]) -> StoredFile:
        *seen, own = witness
        return StoredFile(name, str(next(item)), digest, (*seen, own) if own is not None else (*seen,))  # type: ignore[arg-type]

    def files(found: Sequence[tuple[str, str, tuple[int, int, int, int, int | None]]]) -> StoredFiles:
        return StoredFiles.of(file(*row) for row in found)

    places = draw(st.lists(st.tuples(texts, paths, rows), max_size=4))
    return StoredWheel(
        path=PATH,
        name=draw(texts),
        version=draw(texts),
        size=draw(st.integers(0, (1 << 64) - 1)),
        dist_info=draw(texts),
        root_scheme=draw(texts),
        directories=tuple(StoredDirectory(scheme, path, files(found)) for scheme, path, found in places),
        scripts=tuple(draw(st.lists(st.builds(Script, texts, texts, texts, st.booleans()), max_size=3))),
        notes=tuple(draw(st.lists(texts, max_size=3))),
        faults=tuple(draw(st.lists(st.builds(Fault, texts, texts), max_size=3))),
    )


@given(wheels())
def test_manifest_says_what_was_written(stored: StoredWheel) -> None:
    assert parsed(dumped(stored), PATH) == stored


@given(wheels(), st.data())
def test_forged_manifest_leads_nowhere_else(stored: StoredWheel, data: st.DataObject) -> None:
    manifest = dumped(stored)
    payload = bytearray(manifest[START:])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload)))
        end = at + data.draw(st.integers(0, 9))
        payload[at:end] = data.draw(st.binary(max_size=9) | st.sampled_from([b"/", b"..", b"\0", b"\0\0", b"/../"]))
    digest = blake2b(SHA256.encode() + payload).digest()

    found = parsed(manifest[: START - 32] + digest + bytes(payload), PATH)

    for directory in found.directories if found is not None else ():
        assert NOWHERE.isdisjoint(directory.path.split("/") if directory.path else ())
        for file in directory.files:
            assert file.name not in NOWHERE
            assert "/" not in file.name
            assert file.item.isdigit()


@given(wheels())
def test_manifest_that_begins_as_that_of_another_kind_is_none(stored: StoredWheel) -> None:
    manifest = dumped(stored)
    letter = manifest[14:15]
    assert letter == (b"C" if stored.faults else b"B")

    other = manifest[:14] + (b"B" if stored.faults else b"C") + manifest[15:]

    assert parsed(other, PATH) is None


@given(wheels(), st.sampled_from(["name", "version", "dist_info", "root_scheme"]))
def test_text_with_the_separator_in_it_is_not_written(stored: StoredWheel, field: str) -> None:
    changed: dict[str, Any] = {field: "a\0b"}

    with pytest.raises(BugError):
        dumped(stored._replace(**changed))
