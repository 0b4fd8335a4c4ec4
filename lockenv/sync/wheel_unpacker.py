"""Unpack wheels into the store on several processors: in this process, and in others beside it.

In: archives that are there, and the wheels that they are. Out: their entries in the store. Threads take turns at the
interpreter, once for each file that they create, and two of them unpack little faster than one. Never: an answer that
the store would not return here: what fails in another process is unpacked again in this one, which raises the reason.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lockenv.files import faults
from lockenv.files.file_state import FileState
from lockenv.sync.archive import Limits
from lockenv.sync.stored_wheel import StoredWheel, dumped, parsed
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.selected import Selected

if TYPE_CHECKING:
    from lockenv.fetch.worker_process import WorkerProcesses
    from lockenv.sync.archive import Count
    from lockenv.vocabulary.manifest import Accepted

_WORTH_PROCESSES = 8 << 20
"""Bytes of archives below which starting a process costs more than it saves."""


class WheelUnpacker:
    """Unpacks wheels for one sync. Safe to use from several threads."""

    def __init__(
        self, store: WheelStore, workers: WorkerProcesses, accepted: Accepted, limits: Limits | None = None
    ) -> None:
        """With `limits` of a test, all is unpacked here."""
        self._store = store
        self._workers = workers
        self._limits = limits or Limits()
        self._accepted = accepted
        # A fault that a test asks for happens in this process, or it would happen in each.
        self._may_share = limits is None and not faults.ACTIVE
        self._is_shared = False

    def prepare(self, count: int, total: int) -> None:
        """Start other processes if they help with `count` archives of `total` bytes; wait for nothing."""
        self._is_shared = self._may_share and (total >= _WORTH_PROCESSES or self._workers.are_prepared)
        if self._is_shared and not self._workers.are_prepared:
            self._workers.modules = (__name__,)
            self._workers.prepare(count, beside=True)

    def unpack(self, archive: str, selected: Selected, count: Count, state: FileState) -> StoredWheel:
        """Return the entry of `selected`, whose archive is the file `archive`, as `WheelStore.unpack` does."""
        wheel = selected.file
        if self._is_shared and wheel.sha256 is not None:
            facts = (selected.name, selected.version, wheel.filename, wheel.sha256)
            accepted = self._accepted.get(selected.name, ())
            question = json.dumps([self._store.cache_dir, archive, facts, state, accepted])
            manifest = self._workers.offer(unpacked, question)
            stored = manifest and parsed(manifest, self._store.path(wheel.sha256))
            if stored:
                count(stored.size)
                return stored
        return self._store.unpack(archive, selected, self._limits, self._accepted, count, state)


def unpacked(question: str) -> bytes:
    """Return the manifest of the wheel that `question` describes, unpacked: what another process does."""
    cache_dir, archive, (name, version, filename, sha256), state, accepted = json.loads(question)
    stored = WheelStore(cache_dir).unpack(
        archive,
        Selected(name=name, version=version, file=Wheel(filename=filename, url="", sha256=sha256)),
        Limits(),
        {name: tuple(accepted)},
        state=FileState(*state),
    )
    return dumped(stored)
