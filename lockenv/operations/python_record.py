"""Which Python a lock records, and whether an environment has it.

In: what the project declares, a lock, an interpreter. Out: a LockedPython for a new lock, or how an environment
differs from what its lock records. Never: a change, a download.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.environment import interpreters
from lockenv.environment.verify import FileDifference
from lockenv.errors import MachineError, UsageError
from lockenv.lockfile.locked_python import locked_python
from lockenv.vocabulary.pep440 import python_admits, version_key
from lockenv.vocabulary.python_request import python_request

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.load import Project
    from lockenv.vocabulary.locked_python import LockedPython
    from lockenv.vocabulary.manifest import Manifest


def chosen(
    manifest: Manifest, old: Lock | None, project: Project, settings: Settings, *, is_upgraded: bool
) -> LockedPython:
    """Return the Python that a new lock of `manifest`, which asks for one, records.

    That of the `old` lock stays while it is what the project asks for, as pins do; when all may move, a newer one that
    this machine has takes its place. Raises UsageError and MachineError where this machine has none.
    """
    before = _kept(manifest, old)
    if before is not None and not is_upgraded:
        return before
    try:
        found = interpreters.record_of(
            interpreters.find_declared(
                manifest.python,
                requires_python=manifest.requires_python,
                environ=settings.tools_environ,
                cache_dir=settings.cache,
                project_dir=project.directory,
            )
        )
    except (MachineError, UsageError):
        if before is None:
            raise
        return before
    if before is not None and before.implementation == found.implementation:
        is_older = version_key(found.version) < version_key(before.version)
        return before if is_older or before.is_same(found) else found
    return found


def _kept(manifest: Manifest, old: Lock | None) -> LockedPython | None:
    """Return what `old` records, if the project still asks for it and admits it."""
    before, request = locked_python(old) if old is not None else None, python_request(manifest.python)
    if before is None or request is None:
        return None
    is_asked = request.admits(before.implementation, before.version, is_free_threaded=before.is_free_threaded)
    return before if is_asked and python_admits(manifest.requires_python, before.version) else None


def of_lock(lock: Lock) -> interpreters.PythonOfLock | None:
    """Return the Python that `lock` records, for those who look for it; None where it records none."""
    found = locked_python(lock)
    return None if found is None else interpreters.PythonOfLock(recorded=found, lock=os.path.basename(lock.file))


def difference(lock: Lock, environment: Environment, own: Interpreter) -> FileDifference | None:
    """Return that the interpreter of `environment`, `own`, is another Python than `lock` records; else None."""
    recorded, found = locked_python(lock), interpreters.record_of(own)
    if recorded is None or recorded.is_same(found):
        return None
    path = os.path.relpath(environment.python, environment.root).replace(os.sep, "/")
    return FileDifference(
        path=path, problem="python", detail=f"it is {found.title}, but the lockfile records {recorded.title}"
    )


def other_build(lock: Lock, own: Interpreter) -> str:
    """Return a sentence on `own` being another build of the Python that `lock` records; empty where it is not."""
    recorded, found = locked_python(lock), interpreters.record_of(own)
    if recorded is None or not (recorded.is_same(found) and recorded.is_another_build(found)):
        return ""
    return f"the Python is another build than the lockfile records: {found.build}, recorded {recorded.build}"
