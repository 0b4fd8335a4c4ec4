"""Read a lock from a file or from text, and find the interpreter that it is to serve: for callers of the library.

In: a path, text, Settings. Out: Lock, Target. Never: writing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.context.project_files import lock_at
from lockenv.environment.interpreters import find
from lockenv.errors import InputError
from lockenv.lockfile.text import read

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.target import Target


def read_lock(path: str | os.PathLike[str]) -> Lock:
    """Return the lock at `path`. Raises InputError where there is none, or it cannot be understood."""
    found = lock_at(os.fspath(path))
    if found is None:
        raise InputError(f"{os.fspath(path)} does not exist", hint="run `lockenv lock` and commit the lockfile")
    return found


def parse_lock(text: str, name: str = "pylock.toml") -> Lock:
    """Return the lock that `text` writes; messages call it `name`. Raises InputError."""
    return read(text, name)


def find_target(settings: Settings, python: str = "", requires_python: str = "") -> Target:
    """Return what markers and wheel tags are for the interpreter that `python` names as `--python` does.

    Without it, the one that the project prefers, of those that `requires_python` admits. Raises UsageError and
    MachineError.
    """
    return find(
        python or None,
        requires_python=requires_python,
        environ=settings.tools_environ,
        cache_dir=settings.cache,
        project_dir=settings.directory,
    ).target
