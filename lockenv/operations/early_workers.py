"""Start other processes for pages before it is read which pages these are, where the cache has none.

In: settings. Out: the same, with processes that load what they need while this one loads what it needs itself. Never:
a process that outlives the block; one where the cache, or a lock that is there, probably makes it useless.
"""

from __future__ import annotations

import os
import sys

from lockenv.index.page_columns import FORM
from lockenv.operations import load
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.fetch import worker_process
    from lockenv.index import kept_pages
else:
    worker_process = late("lockenv.fetch.worker_process")
    kept_pages = late("lockenv.index.kept_pages")


_TURN = 0.0002
"""Seconds for which a thread computes while another one has something to do."""


class EarlyWorkers:
    """Processes for the first fetcher of a command; they end with it, or else with the block."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._workers: worker_process.WorkerProcesses | None = None
        self._turn = sys.getswitchinterval()

    def __enter__(self) -> Settings:
        """Return the settings, with the processes where some start. Raises UsageError where there is no project."""
        settings = self._settings
        is_known = os.path.isdir(os.path.join(settings.cache_path, FORM)) or os.path.exists(load.project(settings).lock)
        if settings.offline or is_known:
            return settings
        self._workers = worker_process.WorkerProcesses((*kept_pages.ASKING, *kept_pages.WORKERS))
        __import__("typing")  # with `re`, which all of them need, as this one does: what is there is loaded once
        self._workers.fork()
        # A thread that has an answer, and work for a process that waits, should not wait for the search.
        sys.setswitchinterval(min(self._turn, _TURN))
        return replace(settings, workers=self._workers) if self._workers.are_prepared else settings

    def __exit__(self, *_raised: object) -> None:
        if self._workers is not None:
            self._workers.close()
            sys.setswitchinterval(self._turn)
