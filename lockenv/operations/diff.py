"""Find the two locks to compare, in files or in revisions of git.

In: what its user names. Out: the two sides. Never: printing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.context.project_files import lock_at
from lockenv.errors import UsageError
from lockenv.history.git import content
from lockenv.lockfile.text import decode, read
from lockenv.operations import load
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock


class Side(NamedTuple):
    """One of two locks that are compared."""

    name: str
    """As messages name it."""
    lock: Lock | None
    """None where there is no lock."""


def sides(revisions: Sequence[str], settings: Settings, lockfile: str = "") -> tuple[Side, Side]:
    """Return what is compared: two named things, or one with the working tree, or HEAD with it.

    Raises UsageError and InputError.
    """
    match revisions:
        case [first, second]:
            return side(first, settings, lockfile), side(second, settings, lockfile)
        case [] | [_]:
            project = load.project(settings, (), lockfile)
            first = revisions[0] if revisions else "HEAD"
            name = f"{project.lock_name} in the working tree"
            return side(first, settings, project=project), Side(name, load.lock(project))
    raise UsageError("`lockenv diff` compares two lockfiles at most", hint="specify at most two files or revisions")


def names_file(revisions: Sequence[str], settings: Settings) -> bool:
    """Return whether one of what is compared is a file."""
    return any(os.path.isfile(os.path.join(settings.directory, word)) for word in revisions)


def side(word: str, settings: Settings, lockfile: str = "", project: load.Project | None = None) -> Side:
    """Return the lock that `word` names: a file that is there, else the project's lock as of a revision.

    Raises InputError.
    """
    path = os.path.join(settings.directory, word)
    if os.path.isfile(path):
        return Side(word, lock_at(path))

    project = project or load.project(settings, (), lockfile)
    directory, file = os.path.split(project.lock)
    found = content(directory, word, file, settings.tools_environ)
    name = f"{project.lock_name} at {word}"
    return Side(name, None if found is None else read(decode(found, name), name))
