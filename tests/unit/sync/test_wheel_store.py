"""What the store provides is what the archive held, whatever happened to the store since."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.errors import LockenvError, MachineError, RefusedError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.files import faults
from lockenv.files.file_state import FileState
from lockenv.sync import store_check
from lockenv.sync.archive import Limits
from lockenv.sync.stage import stage
from lockenv.sync.stored_wheel import StoredFile, StoredFiles, StoredWheel, dumped
from lockenv.sync.wheel_store import StoreAbsence, WheelStore
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.names import Sha256
from tests.support.wheels import wheel
from tests.unit.sync.conftest import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.environment.interpreter import Interpreter
    from tests.support.wheels import Built

ONE = wheel("one", files={"one/a.py": "a = 1\n", "one/b.txt": "text"}, entry_points={"console_scripts": {"o": "one:m"}})
NOISE = random.Random(3).randbytes(3 << 20)
LARGE = wheel("large", files={"large/noise": NOISE})
OTHER = wheel("large", files={"large/noise": NOISE[:-1]})
LONG = wheel("long", files={"long/zeros": bytes(9 << 20)})
OTHER_ORDER = b"b" if sys.byteorder == "little" else b"l"


def again(place: Place, interpreter: Interpreter) -> Place:
    """Return a new environment at the same path, filled from the same cache."""
    shutil.rmtree(place.root)
    return Place(create(str(place.root), interpreter), place.cache)


def entry(place: Place, built: Built | None = None) -> Path:
    sha256 = (built or ONE).sha256
    return place.cache / f"store-v1/{sha256[:2]}/{sha256}"


def test_files_are_linked_and_not_copied(place: Place) -> None:
    place.sync(ONE)

    assert (place.site / "one/a.py").stat().st_nlink == 2


def test_edit_through_one_environment_never_reaches_the_next(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE)
    right = place.tree()
    with (place.site / "one/a.py").open("a") as stream:
        stream.write("a = 2\n")

    other = again(place, interpreter)
    done = other.sync(ONE)

    assert other.tree() == right
    assert done.notes == (f"cache entry repaired: {ONE.filename}",)


def test_edit_that_keeps_size_and_time_is_found_by_inode_or_hash(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE)
    right = place.tree()
    item = next(path for path in entry(place).iterdir() if path.read_bytes() == b"a = 1\n")
    before = item.stat()
    item.unlink()
    item.write_bytes(b"a = 2\n")
    os.utime(item, ns=(before.st_atime_ns, before.st_mtime_ns))

    other = again(place, interpreter)
    other.sync(ONE)

    assert other.tree() == right


def test_changed_mode_is_repaired(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE)
    right = place.tree()
    (place.site / "one/a.py").chmod(0o666)

    other = again(place, interpreter)
    done = other.sync(ONE)

    assert other.tree() == right
    assert done.notes == (f"cache entry repaired: {ONE.filename}",)


def test_entries_in_each_others_place_are_unpacked_again(place: Place, interpreter: Interpreter) -> None:
    """They are whole, and what a lock says of the wheel is not asked: two wheels of one release may be as long."""
    two = wheel("two", files={"two/a.py": "a = 1"})
    place.sync(ONE, two)
    right = place.tree()
    first, second, aside = entry(place), entry(place, two), place.cache / "aside"
    for source, target in ((first, aside), (second, first), (aside, second)):
        source.rename(target)
    store = WheelStore(str(place.cache))

    found = [store.find(Sha256(one.sha256)) for one in (ONE, two)]
    damaged = sorted(store_check.damaged(store))
    other = again(place, interpreter)
    done = other.sync(ONE, two)

    assert found == [StoreAbsence.DAMAGED] * 2
    assert len(damaged) == 2
    assert other.tree() == right
    assert sorted(done.notes) == sorted(f"cache entry repaired: {one.filename}" for one in (ONE, two))


def test_files_have_their_modes_from_a_cache_with_other_modes(place: Place, interpreter: Interpreter) -> None:
    """On a file system without modes, each file has the same, whatever was asked for."""
    place.sync(ONE)
    right = place.tree()
    stored = WheelStore(str(place.cache)).find(Sha256(ONE.sha256))
    assert isinstance(stored, StoredWheel)
    (entry(place) / "manifest").write_bytes(dumped(with_modes(stored, 0o755)))

    other = again(place, interpreter)
    other.sync(ONE)
    assert other.tree() == right
    shutil.copytree(place.cache, place.cache.with_name("copy"))
    copied = Place(again(place, interpreter).environment, place.cache.with_name("copy"))
    copied.sync(ONE)
    assert copied.tree() == right


def with_modes(stored: StoredWheel, mode: int) -> StoredWheel:
    """Give every file of the entry `mode`, and return what its manifest says of it then."""

    def changed(file: StoredFile) -> StoredFile:
        path = Path(stored.path, file.item)
        path.chmod(mode)
        found = path.stat()
        return file._replace(witness=(found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode, file.mode))

    return stored._replace(
        directories=tuple(each._replace(files=StoredFiles.of(map(changed, each.files))) for each in stored.directories)
    )


def test_copied_cache_is_hashed_once_and_believed_afterwards(place: Place, tmp_path: Path) -> None:
    place.sync(ONE)
    chosen = place.selected(ONE)
    assert chosen.file.sha256 is not None
    shutil.copytree(place.cache, tmp_path / "copy")
    store = WheelStore(str(tmp_path / "copy"))

    first = store.find(chosen.file.sha256)
    manifest = Path(store.root, ONE.sha256[:2], ONE.sha256, "manifest")
    renewed = manifest.read_bytes()
    second = store.find(chosen.file.sha256)

    assert isinstance(first, StoredWheel)
    assert (second, manifest.read_bytes()) == (first, renewed)


def test_any_flipped_byte_is_found_and_never_installed(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE)
    right = place.tree()
    chosen = place.selected(ONE)
    assert chosen.file.sha256 is not None
    chance = random.Random(0)
    # The note of when the entry was unpacked says only whether to hash it.
    for path in sorted(path for path in entry(place).iterdir() if path.name != "boot"):
        content = bytearray(path.read_bytes())
        for position in chance.sample(range(len(content)), min(len(content), 8)):
            flipped = bytearray(content)
            flipped[position] ^= 1
            path.write_bytes(flipped)
            found = WheelStore(str(place.cache)).find(chosen.file.sha256)
            assert found is StoreAbsence.DAMAGED, (path.name, position)
        path.write_bytes(content)

    other = again(place, interpreter)
    other.sync(ONE)
    assert other.tree() == right


@pytest.mark.parametrize("loss", ["manifest", "0", "archive"])
def test_lost_file_is_made_again(place: Place, interpreter: Interpreter, loss: str) -> None:
    place.sync(ONE)
    right = place.tree()
    if loss == "archive":
        (place.cache / f"archives/{ONE.sha256}.whl").unlink()
    else:
        (entry(place) / loss).unlink()

    other = again(place, interpreter)
    other.sync(ONE)

    assert other.tree() == right


FORGED = {
    "name that leads out": (b"a.py/b.txt", b"../b.txt"),
    "name with a slash": (b"b.txt", b"b/b.txt"),
    "empty name": (b"a.py/b.txt", b"a.py/"),
    "no names": (b"a.py/b.txt", b""),
    "directory that leads out": (b"\0one\0", b"\0..\0"),
    "directory elsewhere": (b"\0one\0", b"\0/one\0"),
    "one text more": (b"\0one\0", b"\0one\0\0"),
    "one text less": (b"\0one\0", b"\0"),
    "no text": (None, b"\0" * 30 + b"\xff"),
    "nothing": (None, b""),
}


def _forged(manifest: bytes, numbers: bytes, texts: bytes, columns: bytes) -> bytes:
    """Return a manifest that says something else than `manifest`, with the digest of that."""
    payload = _written(len(texts)) + numbers + texts + columns
    return manifest[: manifest.index(b"\n") + 1] + blake2b(ONE.sha256.encode() + payload).digest() + payload


def _parts(manifest: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the numbers, the texts and the columns of a manifest."""
    payload = manifest[manifest.index(b"\n") + 33 :]
    length, _, directories = (int.from_bytes(payload[at : at + 8], sys.byteorder) for at in (0, 8, 16))
    start = 8 * (6 + directories)
    return payload[8:start], payload[start : start + length], payload[start + length :]


def _written(number: int) -> bytes:
    return number.to_bytes(8, sys.byteorder)


@pytest.mark.parametrize("forgery", FORGED)
def test_manifest_is_read_as_data_and_leads_nowhere_else(forgery: str, place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE)
    right = place.tree()
    manifest = entry(place) / "manifest"
    numbers, texts, columns = _parts(manifest.read_bytes())
    old, new = FORGED[forgery]
    forged = texts.replace(old, new) if old else new
    assert forged != texts
    manifest.write_bytes(_forged(manifest.read_bytes(), numbers, forged, columns))

    found = WheelStore(str(place.cache)).find(Sha256(ONE.sha256))
    other = again(place, interpreter)
    other.sync(ONE)

    assert (found, other.tree()) == (StoreAbsence.DAMAGED, right)


@pytest.mark.parametrize("change", [lambda columns: columns[:-8], lambda columns: columns + bytes(8), lambda _: b""])
def test_manifest_with_other_columns_than_files_is_damaged(place: Place, change: Callable[[bytes], bytes]) -> None:
    place.sync(ONE)
    manifest = entry(place) / "manifest"
    numbers, texts, columns = _parts(manifest.read_bytes())
    manifest.write_bytes(_forged(manifest.read_bytes(), numbers, texts, change(columns)))

    assert WheelStore(str(place.cache)).find(Sha256(ONE.sha256)) is StoreAbsence.DAMAGED


@pytest.mark.parametrize("number", [0, 1, 3, 1 << 40, (1 << 64) - 1])
@pytest.mark.parametrize("place_of_number", ["directories", "scripts", "notes", "faults", "first directory"])
def test_manifest_with_other_numbers_is_damaged(place_of_number: str, number: int, place: Place) -> None:
    place.sync(ONE)
    manifest = entry(place) / "manifest"
    numbers, texts, columns = _parts(manifest.read_bytes())
    at = 8 * ["size", "directories", "scripts", "notes", "faults", "first directory"].index(place_of_number)
    forged = numbers[:at] + _written(number) + numbers[at + 8 :]
    is_changed = forged != numbers
    manifest.write_bytes(_forged(manifest.read_bytes(), forged, texts, columns))

    found = WheelStore(str(place.cache)).find(Sha256(ONE.sha256))

    assert (found is StoreAbsence.DAMAGED) is is_changed


@pytest.mark.parametrize("form", [b"3", b"4", b"5 l", b"6 b", b"9 l", b"A l", b"B " + OTHER_ORDER, b"C " + OTHER_ORDER])
def test_entry_of_another_form_is_unpacked_again_and_no_damage(
    place: Place, interpreter: Interpreter, form: bytes
) -> None:
    place.sync(ONE)
    right = place.tree()
    manifest = entry(place) / "manifest"
    manifest.write_bytes(b"lockenv-store " + form + manifest.read_bytes()[manifest.read_bytes().index(b"\n") :])

    store = WheelStore(str(place.cache))
    assert store.find(Sha256(ONE.sha256)) is StoreAbsence.MISSING
    assert [*store_check.damaged(store)] == []
    other = again(place, interpreter)
    assert other.sync(ONE).notes == ()
    assert other.tree() == right


def test_damaged_archive_is_never_unpacked(place: Place) -> None:
    chosen = place.selected(ONE)
    archive = place.cache / f"archives/{ONE.sha256}.whl"
    archive.write_bytes(ONE.content[:-1] + b"\1")

    with pytest.raises(LockenvError):
        WheelStore(str(place.cache)).unpack(str(archive), chosen, Limits())
    assert list((place.cache / "store-v1").glob("??/*")) == []


def test_archive_of_other_bytes_is_never_unpacked(place: Place) -> None:
    """A sound wheel of the same name and version, which only its hash distinguishes from the selected one."""
    chosen = place.selected(ONE)
    other = wheel("one", files={"one/a.py": "a = 2\n"})
    archive = place.cache / f"archives/{ONE.sha256}.whl"
    archive.write_bytes(other.content)

    with pytest.raises(RefusedError, match="locked sha256") as caught:
        WheelStore(str(place.cache)).unpack(str(archive), chosen, Limits())
    assert caught.value.rule == "hash-mismatch"
    assert list((place.cache / "store-v1").glob("??/*")) == []


def test_large_archive_is_hashed_again_once_it_may_have_changed(place: Place) -> None:
    chosen = place.selected(LARGE)
    archive = place.cache / f"archives/{LARGE.sha256}.whl"
    state = FileState.of(archive.stat())
    with archive.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\1")
    os.utime(archive, ns=(0, state.modified + 1))

    with pytest.raises(RefusedError, match="locked sha256"):
        WheelStore(str(place.cache)).unpack(str(archive), chosen, Limits(), state=state)


def test_large_archive_that_was_hashed_in_this_state_is_not_hashed_again(place: Place) -> None:
    """Seen by one of other bytes, which the state that is stated vouches for."""
    chosen = place.selected(LARGE)
    archive = place.cache / f"archives/{LARGE.sha256}.whl"
    archive.write_bytes(OTHER.content)

    stored = WheelStore(str(place.cache)).unpack(str(archive), chosen, Limits(), state=FileState.of(archive.stat()))

    assert stored.size == OTHER.size


def test_large_file_is_whole_and_hashed(place: Place) -> None:
    place.sync(LONG)

    found = WheelStore(str(place.cache)).find(Sha256(LONG.sha256), every_byte=True)
    assert isinstance(found, StoredWheel)
    assert (place.site / "long/zeros").read_bytes() == bytes(9 << 20)


def test_large_file_that_has_no_room_is_reported_and_nothing_is_kept(place: Place) -> None:
    chosen = place.selected(LONG)
    faults.arm("store.write:20:ENOSPC")
    try:
        with pytest.raises(MachineError, match="No space left"):
            WheelStore(str(place.cache)).unpack(str(place.cache / f"archives/{LONG.sha256}.whl"), chosen, Limits())
    finally:
        faults.arm("")

    assert list((place.cache / "store-v1").glob("??/*")) == []


def test_wheel_without_a_hash_is_never_unpacked(place: Place) -> None:
    chosen = place.selected(ONE)
    unknown = replace(chosen, file=replace(chosen.file, sha256=None))

    with pytest.raises(RefusedError) as caught:
        WheelStore(str(place.cache)).unpack(str(place.cache / f"archives/{ONE.sha256}.whl"), unknown, Limits())
    assert caught.value.rule == "hash-missing"


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_archive_that_is_a_link_is_not_followed(place: Place) -> None:
    chosen = place.selected(ONE)
    archive = place.cache / f"archives/{ONE.sha256}.whl"
    archive.rename(place.cache / "elsewhere")
    archive.symlink_to(place.cache / "elsewhere")

    with pytest.raises(MachineError):
        WheelStore(str(place.cache)).unpack(str(archive), chosen, Limits())


def test_left_over_of_a_killed_process_is_no_obstacle(place: Place) -> None:
    left = place.cache / f"store-v1/{ONE.sha256[:2]}/.{ONE.sha256}"
    left.mkdir(parents=True)
    (left / "0").write_bytes(b"half")

    place.sync(ONE)

    assert (place.site / "one/a.py").read_text() == "a = 1\n"
    assert not left.exists()


def test_copies_serve_where_links_cannot_be_made(place: Place, interpreter: Interpreter) -> None:
    place.sync(ONE)
    right = place.tree()
    from lockenv.files import faults

    other = again(place, interpreter)
    faults.arm("sync.link:1+:EXDEV")
    try:
        other.sync(ONE)
    finally:
        faults.arm("")

    assert other.tree() == right
    assert (other.site / "one/a.py").stat().st_nlink == 1


def test_no_op_loads_none_of_the_heavy_modules(place: Place) -> None:
    place.sync(ONE)
    code = f"""\
import sys
from tests.faults.program import main
assert main({str(place.root)!r}, {str(place.cache)!r}, {f"{ONE.filename}={ONE.sha256}"!r}) == 0
print(*sorted({{"packaging", "zipfile", "tempfile", "installer", "requests", "csv", "email", "json", "threading",
                "lockenv.sync.archive", "lockenv.sync.apply"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


def test_upkeep_finds_a_byte_that_inode_size_and_time_hide(place: Place) -> None:
    place.sync(ONE, wheel("two"))
    store = WheelStore(str(place.cache))
    item = next(path for path in entry(place).iterdir() if path.read_bytes() == b"a = 1\n")
    before = item.stat()
    with item.open("r+b") as stream:
        stream.write(b"b")
    os.utime(item, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert list(store_check.damaged(store)) == [ONE.sha256]


def test_prune_keeps_what_is_wanted_and_environments_whole(place: Place) -> None:
    two = wheel("two")
    place.sync(ONE, two)
    before = place.tree()
    store = WheelStore(str(place.cache))

    removed = store_check.prune(store, {Sha256(two.sha256)})

    assert (removed, store_check.entries(store), place.tree()) == ((ONE.sha256,), [two.sha256], before)


def test_too_little_room_is_reported_before_anything_is_fetched(place: Place) -> None:
    chosen = place.selected(ONE)
    huge = replace(chosen, file=replace(chosen.file, size=1 << 60))
    fetcher = Fetcher(FetchSettings(cache_dir=str(place.cache), offline=True))

    with pytest.raises(MachineError, match="are needed"):
        stage([huge], WheelStore(str(place.cache)), fetcher)
