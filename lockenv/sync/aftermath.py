"""Repair what a loss of power may have left of an environment, as far as no wheel is needed for it.

In: an environment whose lock is held, and how closely to look. Out: what is installed, in which distributions that lost
something count as damaged, so that a plan installs them again; and what the user should know. What the last change took
away and the disk still has goes again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from lockenv.environment.doubt import Inspection, begin
from lockenv.environment.installed import scan
from lockenv.environment.venv import NEW
from lockenv.errors import InputError
from lockenv.files.atomic import machine_error
from lockenv.files.ops import Folder
from lockenv.files.reparse import is_link
from lockenv.sync import garbage
from lockenv.sync.inspection import note_whole, present_in
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockenv.environment.installed import Installed
    from lockenv.environment.venv import Environment
    from lockenv.sync import apply, journal, removal
    from lockenv.sync import walk as sync_walk
    from lockenv.sync.journal import Journal
else:
    apply = late("lockenv.sync.apply")
    journal = late("lockenv.sync.journal")
    removal = late("lockenv.sync.removal")
    sync_walk = late("lockenv.sync.walk")

_LABEL = "sync"


def repaired(
    environment: Environment, closely: Inspection, restore: Callable[[], tuple[str, ...]] | None, *, dry_run: bool
) -> tuple[tuple[Installed, ...], list[str]]:
    """Return what is installed, what lost something marked as damaged, and what the user should know.

    Unless this is a `dry_run`, `restore` writes again what creation wrote, what the last change took away goes, and
    when nothing was lost this is noted. Raises MachineError when the system refuses.
    """
    try:
        restored = restore() if restore is not None and not dry_run else ()
        if closely is Inspection.BYTES and not dry_run:
            _tidy(environment)
        installed = present_in(environment, closely)
        if not dry_run and restored:
            with Folder.open(environment.records, _LABEL) as records:
                begin(records)
        elif not dry_run and not any(one.is_damaged for one in installed):
            note_whole(environment, closely)
    except OSError as error:
        raise machine_error(error, error.filename or environment.root) from error
    return installed, [f"{path} was missing and was written again" for path in restored]


def _tidy(environment: Environment) -> None:
    """Take away what the last change took away and the disk has again, and what it left of its own."""
    with Folder.open(environment.records, _LABEL) as records:
        for name in (journal.OLD, NEW):
            garbage.clear(records, name)
        try:
            taken = journal.read(records, journal.TAKEN)
        except InputError:
            taken = None  # it was not flushed under this name; nothing is known then
        if taken is not None:
            since = records.stat(journal.TAKEN).st_mtime_ns
    if taken is None:
        return
    journal.prune(environment.root, taken)
    if left := tuple(_left(environment, taken, since)):
        apply.remove(left, environment)


def _left(environment: Environment, taken: Journal, since: int) -> Iterator[str]:
    """Return what `taken` took away that is there, belongs to nothing and was written before the moment `since`.

    What is a .dist-info is left to the plan; one that lost its RECORD owns nothing, and is installed again.
    """
    owned = _owned(environment)
    above = {parent for path in owned for parent in _above(path)}
    for path in taken.moved:
        full = f"{environment.root}/{path}"
        is_directory = os.path.isdir(full) and not is_link(full)
        # A directory where a file belongs is a leftover, and so is a file where a directory belongs.
        if path in (above if is_directory else owned) or path.endswith(".dist-info"):
            continue
        with suppress(FileNotFoundError, NotADirectoryError):
            if all(os.lstat(file).st_mtime_ns <= since for file in (_files(full) if is_directory else (full,))):
                yield path


def _files(directory: str) -> Iterator[str]:
    for root, _, names in os.walk(directory):
        yield from (f"{root}/{name}" for name in names)


def _owned(environment: Environment) -> set[str]:
    """Return the paths that any RECORD lists."""
    site, owned = environment.schemes()["purelib"], set[str]()
    with sync_walk.DirectoryWalk(environment.root, _LABEL) as walk:
        for one in scan(environment):
            with suppress(InputError):
                owned.update(removal.recorded(walk, site, one))
    return owned


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
