"""What a run that ended in the middle left is tidied up by the next, and noted is only what is so."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import InputError, MachineError
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.files import faults
from lockenv.files.locks import hold
from lockenv.sync import apply, journal, state
from lockenv.sync.session import synchronise
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from tests.unit.sync.conftest import Place

OLD = wheel("moving", "1.0", files={"moving/__init__.py": "", "moving/old/deep/module.py": "x = 1\n"})
NEW = wheel("moving", "2.0", files={"moving/__init__.py": ""})
DECISION = state.SyncDecision(lock="a", declared="b", choice="c")


@pytest.mark.parametrize("number", range(1, 9))
def test_no_empty_directory_stays_when_tidying_up_was_interrupted(place: Place, number: int) -> None:
    place.sync(OLD)
    faults.arm(f"sync.rmdir:{number}:EIO")
    try:
        place.sync(NEW)
    except MachineError:
        pass
    finally:
        faults.arm("")

    place.sync(NEW)
    assert {path for path in place.tree() if "/moving/" in path} <= {
        path for path in place.tree() if path.endswith("moving/__init__.py")
    }


def test_what_was_decided_is_noted_before_another_process_may_change_it(place: Place) -> None:
    reported: list[str] = []

    def settled() -> None:
        state.remember(place.environment, DECISION, state.SyncChoice())
        with (
            pytest.raises(MachineError, match="still in use"),
            hold(f"{place.environment.records}/lock", timeout=0),
        ):
            pass
        reported.append("settled")

    fetcher = Fetcher(FetchSettings(cache_dir=str(place.cache), offline=True))
    run = partial(synchronise, [place.selected(NEW)], place.environment, fetcher, settled=settled)
    run()
    run()

    assert (reported, state.last(place.environment)) == (["settled"] * 2, DECISION)


def test_half_written_memory_is_replaced_and_does_not_stay(place: Place) -> None:
    place.sync(NEW)
    half = place.root / ".lockenv/state.new"
    half.write_text("a\nb")

    state.remember(place.environment, DECISION, state.SyncChoice())

    assert (half.exists(), state.last(place.environment)) == (False, DECISION)


@pytest.mark.parametrize("path", ["../victim", "lib/../../victim", "/victim", ""])
@pytest.mark.parametrize("key", ["moved", "created", "claims", "made", "floors"])
def test_journal_that_names_a_path_outside_is_refused(place: Place, key: str, path: str) -> None:
    victim = place.root.parent / "victim"
    victim.write_text("precious")
    change = journal.Journal(phase="changing", moved=(), created=(), claims=(), made=(), floors=())
    fields = {name: list(getattr(change, name)) for name in ("moved", "created", "claims", "made", "floors")}
    (place.root / ".lockenv/journal").write_text(json.dumps({"format": 1, "phase": "changing", **fields, key: [path]}))

    with pytest.raises(InputError, match="a path that no change could have"):
        apply.recover(str(place.root))
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("number", [0, 2, "1", None])
def test_journal_of_another_format_is_refused(place: Place, number: object) -> None:
    fields = {"format": number, "phase": "done", "moved": [], "created": [], "claims": [], "made": [], "floors": []}
    (place.root / ".lockenv/journal").write_text(json.dumps(fields))

    with pytest.raises(InputError, match="another format"):
        apply.recover(str(place.root))


def test_nothing_changes_before_the_journal_is_flushed(place: Place) -> None:
    place.sync(OLD)
    before = place.tree()
    faults.arm("sync.fsync:1:EIO")
    try:
        with pytest.raises(MachineError):
            place.sync(NEW)
    finally:
        faults.arm("")

    assert place.tree() == before


def test_what_was_removed_by_a_killed_run_is_not_called_the_last_state(place: Place) -> None:
    place.sync(OLD)
    state.remember(place.environment, DECISION, state.SyncChoice())
    (place.root / ".lockenv/journal").write_text("{}")

    assert state.last(place.environment) is None


def test_change_inside_a_kept_dist_info_is_no_last_state(place: Place) -> None:
    place.sync(OLD)
    state.remember(place.environment, DECISION, state.SyncChoice())
    (place.site / "moving-1.0.dist-info/INSTALLER").unlink()

    assert state.last(place.environment) is None
