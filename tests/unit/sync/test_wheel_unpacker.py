from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockenv.fetch.worker_process import WorkerProcesses
from lockenv.files.file_state import FileState
from lockenv.sync.wheel_faults import FaultyWheelError
from lockenv.sync.wheel_store import WheelStore
from lockenv.sync.wheel_unpacker import WheelUnpacker
from lockenv.vocabulary.names import NormalizedName, Sha256
from tests.support.wheels import wheel
from tests.unit.sync.crafted import archive, built, members, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.sync.stored_wheel import StoredWheel
    from lockenv.vocabulary.manifest import Accepted
    from tests.support.wheels import Built
    from tests.unit.sync.conftest import Place

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="another process needs a second processor")

ONE = wheel("one", files={"one/a.py": "a = 1\n", "one/b.txt": "text"}, entry_points={"console_scripts": {"o": "one:m"}})
BAD = NormalizedName("bad")
FAULTY = built(archive(parts({**members(), "bad.py": b"a = 2\n"})))
"""Its RECORD has another hash."""
_MUCH = 1 << 30
"""Bytes; enough for other processes."""


@pytest.fixture
def workers() -> Iterator[WorkerProcesses]:
    made = WorkerProcesses()
    yield made
    made.close()


def unpack(place: Place, workers: WorkerProcesses, made: Built, accepted: Accepted, total: int = _MUCH) -> StoredWheel:
    store = WheelStore(str(place.cache))
    chosen = place.selected(made)
    path = place.cache / f"archives/{made.sha256}.whl"
    unpacker = WheelUnpacker(store, workers, accepted)
    unpacker.prepare(1, total)
    return unpacker.unpack(str(path), chosen, lambda _: None, FileState.of(path.stat()))


def test_wheel_that_another_process_unpacked_is_the_one_in_the_store(place: Place, workers: WorkerProcesses) -> None:
    stored = unpack(place, workers, ONE, {})

    assert workers.answers == 1
    assert stored == WheelStore(str(place.cache)).find(Sha256(ONE.sha256), every_byte=True)


def test_few_bytes_are_unpacked_here(place: Place, workers: WorkerProcesses) -> None:
    unpack(place, workers, ONE, {}, total=1000)

    assert workers.answers == 0


def test_another_process_accepts_what_the_project_accepts(place: Place, workers: WorkerProcesses) -> None:
    stored = unpack(place, workers, FAULTY, {BAD: ("record-mismatch",)})

    assert workers.answers == 1
    assert [fault.rule for fault in stored.faults] == ["record-mismatch"]


def test_what_another_process_refuses_is_refused_here(place: Place, workers: WorkerProcesses) -> None:
    with pytest.raises(FaultyWheelError, match="does not match RECORD"):
        unpack(place, workers, FAULTY, {})

    assert list((place.cache / "store-v1").glob("??/*")) == []
