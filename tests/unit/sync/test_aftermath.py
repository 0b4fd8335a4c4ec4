"""What a loss of power took from an environment or the store is found, before anyone relies on it, and repaired."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.doubt import Inspection, doubt
from lockenv.environment.restoration import restore
from lockenv.errors import MachineError, RefusedError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.files import faults
from lockenv.sync.inspection import is_whole, lacks_created
from lockenv.sync.session import synchronise
from lockenv.sync.stored_wheel import StoredWheel
from lockenv.sync.wheel_store import StoreAbsence, WheelStore
from lockenv.vocabulary.names import Sha256
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.environment.interpreter import Interpreter
    from tests.unit.sync.conftest import Place

ONE = wheel("one", files={"one/a.py": "a = 1\n", "one/b.txt": "text"}, entry_points={"console_scripts": {"o": "one:m"}})
LOSSES = ["empty", "zeros", "beginning", "gone"]


@pytest.fixture(autouse=True)
def _is_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKENV_TEST", "1")
    monkeypatch.setenv("LOCKENV_TEST_BOOT", "first")


@pytest.fixture
def restart(monkeypatch: pytest.MonkeyPatch) -> partial[None]:
    return partial(monkeypatch.setenv, "LOCKENV_TEST_BOOT", "second")


def lose(path: Path, loss: str) -> None:
    """Leave of a file what a loss of power may leave; times stay, as they do on the disk."""
    before, content = path.stat(), path.read_bytes()
    if loss == "gone":
        path.unlink()
        return
    with path.open("r+b") as stream:
        stream.truncate(0)
        stream.write({"empty": b"", "zeros": bytes(len(content)), "beginning": content[: len(content) // 2]}[loss])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    "name",
    [
        "{site}/one/a.py",
        "{site}/one-1.0.dist-info/RECORD",
        "{site}/one-1.0.dist-info/METADATA",
        "{site}/one-1.0.dist-info/provenance_url.json",
        "bin/o",
    ],
)
def test_lost_file_is_found_after_a_restart_and_installed_again(
    place: Place, restart: partial[None], name: str, loss: str
) -> None:
    place.sync(ONE)
    right = place.tree()
    lose(place.root / name.format(site=place.site), loss)
    restart()

    was_whole = is_whole(place.environment)
    place.sync(ONE)

    # What was damaged in the store, of which the file is a link, was unpacked again.
    assert (was_whole, place.tree()) == (False, right)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["bin/activate", ".gitignore", ".lockenv/environment.json"])
def test_lost_file_of_creation_is_written_again(
    place: Place, interpreter: Interpreter, restart: partial[None], name: str, loss: str
) -> None:
    place.sync(ONE)
    right = place.tree()
    lose(place.root / name, loss)
    restart()

    is_lacking = lacks_created(place.environment, doubt(place.environment.records))
    restored = restore(place.environment, interpreter)

    own = () if name.startswith(".lockenv") else (name,)
    assert (is_lacking, restored, place.tree()) == (True, own, right)


def test_what_a_person_wrote_into_a_script_of_creation_stays(
    place: Place, interpreter: Interpreter, restart: partial[None]
) -> None:
    place.sync(ONE)
    with (place.root / "bin/activate").open("a") as stream:
        stream.write("export EXTRA=1\n")
    mine = place.tree()
    restart()

    assert (restore(place.environment, interpreter), place.tree()) == ((), mine)


def test_one_look_after_a_change_and_one_after_a_restart_are_enough(place: Place, restart: partial[None]) -> None:
    seen = []
    place.sync(ONE)
    for moment in ("changed", "restarted", "again"):
        if moment == "restarted":
            restart()
        seen.append(doubt(place.environment.records))
        assert is_whole(place.environment)
        seen.append(doubt(place.environment.records))

    assert seen == [
        Inspection.SIZES,
        Inspection.NONE,
        Inspection.BYTES,
        Inspection.NONE,
        Inspection.NONE,
        Inspection.NONE,
    ]


def test_look_within_the_same_run_does_not_count_after_a_restart(place: Place, restart: partial[None]) -> None:
    place.sync(ONE)
    assert is_whole(place.environment)
    lose(place.site / "one/b.txt", "zeros")

    before = doubt(place.environment.records)
    restart()
    assert (before, is_whole(place.environment)) == (Inspection.NONE, False)


@pytest.mark.parametrize("note", ["", "first", "first written", "first see\n", "\0\0\0\0\0\0\0\0\n", "any written\n"])
def test_note_that_was_not_written_whole_is_no_note(place: Place, note: str) -> None:
    (place.root / ".lockenv/boot").write_text(note)

    assert doubt(place.environment.records) is Inspection.BYTES


@pytest.mark.parametrize(
    ("name", "was_whole"), [(".lockenv/boot", True), (".lockenv/environment.json", False), ("bin/activate", False)]
)
def test_pipe_in_place_of_what_is_looked_at_is_not_waited_for(place: Place, name: str, *, was_whole: bool) -> None:
    place.sync(ONE)
    (place.root / name).unlink()
    os.mkfifo(place.root / name)

    assert is_whole(place.environment) is was_whole


def test_pipe_in_place_of_a_script_of_creation_is_refused(place: Place, interpreter: Interpreter) -> None:
    (place.root / "bin/activate").unlink()
    os.mkfifo(place.root / "bin/activate")

    with pytest.raises(RefusedError, match=r"bin/activate is a device or a pipe"):
        restore(place.environment, interpreter)


def test_change_is_noted_when_its_journal_is_flushed(place: Place, restart: partial[None]) -> None:
    place.sync(ONE)
    restart()
    assert is_whole(place.environment)
    faults.arm("sync.fsync:2:EIO")
    try:
        with pytest.raises(MachineError):
            place.sync(wheel("two"))
    finally:
        faults.arm("")

    assert doubt(place.environment.records) is Inspection.SIZES


def test_what_the_last_change_took_away_and_the_disk_has_again_goes(place: Place, restart: partial[None]) -> None:
    place.sync(ONE, wheel("two"))
    kept = {
        path: path.read_bytes() for path in (place.site / "one/a.py", place.site / "one/b.txt", place.root / "bin/o")
    }
    place.sync(wheel("two"))
    right = place.tree()
    taken = (place.root / ".lockenv/taken").stat().st_mtime
    for path, content in kept.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (taken - 60, taken - 60))
    (place.root / ".lockenv/old").mkdir()
    (place.root / ".lockenv/old/0").write_text("stale")
    restart()

    place.sync(wheel("two"))
    assert place.tree() == right


def test_file_of_a_person_where_the_last_change_took_one_away_stays(place: Place, restart: partial[None]) -> None:
    place.sync(ONE)
    place.sync()
    mine = place.site / "one/b.txt"
    mine.parent.mkdir()
    mine.write_text("written since")
    taken = (place.root / ".lockenv/taken").stat().st_mtime
    os.utime(mine, (taken + 60, taken + 60))
    restart()

    place.sync()
    assert mine.read_text() == "written since"


def test_entry_of_the_store_is_hashed_once_after_a_restart(place: Place, restart: partial[None]) -> None:
    place.sync(ONE)
    store, sha256 = WheelStore(str(place.cache)), Sha256(ONE.sha256)
    item = next(
        path for path in (place.cache / f"store-v1/{sha256[:2]}/{sha256}").iterdir() if path.read_bytes() == b"a = 1\n"
    )
    restart()

    first = store.find(sha256)
    lose(item, "zeros")
    second = store.find(sha256)
    (item.parent / "boot").write_text("first")
    third = store.find(sha256)
    assert (type(first), type(second), third) == (StoredWheel, StoredWheel, StoreAbsence.DAMAGED)


def test_damaged_distribution_that_goes_takes_its_claim_along(place: Place, restart: partial[None]) -> None:
    place.sync(ONE, wheel("two"))
    lose(place.site / "one-1.0.dist-info/RECORD", "zeros")
    restart()

    fetcher = Fetcher(FetchSettings(cache_dir=str(place.cache), offline=True))
    done = synchronise([place.selected(wheel("two"))], place.environment, fetcher)

    assert ([one.name for one in done.plan.remove], (place.site / "one-1.0.dist-info").exists()) == (["one"], False)
