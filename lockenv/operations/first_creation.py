"""Create an environment and have it hold staged wheels at once, where there is none and no two wheels share a file.

In: where it is to be, and what stages the wheels. Out: the environment, or None: then nothing is left, and the way of
every other change, with a journal, installs them or says why not. Never: a change of an environment that is there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.environment import interpreter as environment_interpreter
from lockenv.environment import ownership, unfinished_environment
from lockenv.errors import LockenvError
from lockenv.lockfile.paths import relative
from lockenv.sync import first_installation
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary.printable import python_title
from lockenv.vocabulary.progress import during

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.environment.unfinished_environment import UnfinishedEnvironment
    from lockenv.fetch.worker_process import WorkerProcesses
    from lockenv.operations.finishing import SyncCompletion
    from lockenv.sync.stage import StagedWheels


def create(
    root: str, completion: SyncCompletion, workers: WorkerProcesses, staged: Callable[[WheelStore], StagedWheels]
) -> StagedWheels | None:
    """Return what `staged` stages, now that the environment `root` holds it; None where a change has to do it.

    The store is held while `staged` is called, and the environment too. `workers` install a part. Raises what `staged`
    raises, UsageError for a path no environment can have, and MachineError; then no environment is there.
    """
    settings, listener = completion.settings, completion.listener
    unfinished = unfinished_environment.UnfinishedEnvironment(root, completion.interpreter)
    store = WheelStore(settings.made_cache())
    with unfinished_environment.held(root, listener.say) as is_vacant, store.held():
        if not is_vacant:
            return None
        try:
            found = staged(store)
            if not _can_be_linked(found, store, root):
                return None
            try:
                unfinished.begin()
                unfinished.fill()
                progress = listener.progress()
                with during(progress, "installing", len(found.wheels)):
                    first_installation.install(found.wheels, store, workers, unfinished.environment, progress)
                _finish(unfinished, completion)
            except (LockenvError, OSError) as error:
                if settings.log is not None:
                    settings.log.step(f"installing with a journal instead: {error}")
                return None
        finally:
            workers.close()  # before what is unfinished is removed: none of them may add to it
    return found


def _finish(unfinished: UnfinishedEnvironment, completion: SyncCompletion) -> None:
    """Have it be an environment of this user that is settled, and report that it was created."""
    environment, interpreter = unfinished.environment, completion.interpreter
    base = environment_interpreter.resolved(environment.base)
    ownership.remember(environment.root, base, completion.settings.environ)
    unfinished.finish()
    made_of = python_title(interpreter.implementation, interpreter.version)
    completion.listener.say(f"created {relative(environment.root)} with {made_of}")
    completion.settle(environment, is_new=True)


def _can_be_linked(staged: StagedWheels, store: WheelStore, root: str) -> bool:
    """Return whether all that is staged can be linked to `root`, which is there."""
    return os.stat(store.root).st_dev == os.stat(root).st_dev and not any(entry.faults for _, entry in staged.wheels)
