"""Start the processes that unpack wheels before the lock is read, where the cache has no wheel.

In: what a sync was asked of an environment that is not there, and settings. Out: the same settings with these
processes, one of which finds out what the interpreter is while this process understands the lock. Never: a process that
outlives the block; a program that is run though the sync would not run it.
"""

from __future__ import annotations

import json
import os

from lockenv.environment.python_pin import first_looked_at
from lockenv.fetch.worker_process import WorkerProcesses
from lockenv.files import faults
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.dataclasses import replace

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.context.settings import Settings
    from lockenv.environment import interpreter
    from lockenv.operations.load import Project
    from lockenv.operations.synced import SyncRequest
else:
    from lockenv.vocabulary.late import late

    interpreter = late("lockenv.environment.interpreter")

_MODULES = ("lockenv.environment.run_probe", "lockenv.sync.wheel_unpacker", "lockenv.sync.first_installation")


class EarlyUnpacking:
    """Processes for the first fetcher of a sync; they end with it, or else with the block."""

    def __init__(self, request: SyncRequest, project: Project, root: str, settings: Settings) -> None:
        """Start nothing. `root` is the path of the environment."""
        self._request, self._project, self._root, self._given = request, project, root, settings
        self._workers: WorkerProcesses | None = None
        self._answer: Callable[[], bytes | None] = lambda: b""
        self.settings = settings
        """With the processes, where some start."""

    def __enter__(self) -> EarlyUnpacking:
        """Start the processes, if they help. Raises what the look for the first interpreter and the cache raises."""
        given, request = self._given, self._request
        is_in_vain = request.check or request.dry_run or given.offline or faults.ACTIVE
        if is_in_vain or os.path.lexists(self._root) or os.path.lexists(WheelStore(given.cache_path).root):
            return self
        workers = WorkerProcesses(_MODULES)
        workers.fork(beside=True)
        self._workers = workers
        if workers.are_prepared:
            self.settings = replace(given, workers=workers)
            first = first_looked_at(request.python, self._project.directory, given.environ)
            if first:
                environ = json.dumps(dict(given.tools_environ))
                self._answer = workers.promise(remembered, first, given.made_cache(), environ)
        return self

    def wait(self) -> None:
        """Come back when the interpreter is known, or no process will find out."""
        if self._workers is not None:
            __import__("lockenv.fetch.http_client")  # meanwhile: each download needs it
        self._answer()

    def __exit__(self, *_raised: object) -> None:
        if self._workers is not None:
            self._workers.close()


def remembered(executable: str, cache: str, environ: str) -> bytes:
    """Remember in the cache what the interpreter at `executable` is: what another process does."""
    found = interpreter.probe(executable, cache_dir=cache, environ=json.loads(environ))
    return found.executable.encode("utf-8", "surrogateescape")
