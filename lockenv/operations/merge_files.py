"""Merge three files of a lock, as git hands them over.

In: the paths of the base and of both sides, and the name of the file.
Out: the text of the merged lock, proved, or None. Never: printing, writing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.context.access import catalog, fetcher
from lockenv.errors import InputError, LockenvError, MachineError
from lockenv.files import atomic
from lockenv.files.reading import read_bounded
from lockenv.lockfile.conflict import ConflictSides
from lockenv.lockfile.text import decode, read
from lockenv.operations import merge
from lockenv.operations.load import located
from lockenv.resolve.lock_soundness import unsound

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.progress import Listener


def merged(base: str, ours: str, theirs: str, name: str, settings: Settings, listener: Listener) -> str | None:
    """Return the merged lock, proved; None, with a note on why, where there is none.

    Raises MachineError.
    """
    try:
        one, other = _lock(ours, name), _lock(theirs, name)
        if one is None or other is None:
            return None
        sides = ConflictSides(ours=one, theirs=other, base=_base(base, name))
        found = merge.merged(sides, name)
        if found is not None:
            listener.say(f"{name}: merged the changes of both sides")
            return found[0]
        return _resolved(sides, name, settings, listener)
    except MachineError:
        raise
    except LockenvError as error:
        listener.note(f"{name}: {error.message}")
        return None


def _resolved(sides: ConflictSides, name: str, settings: Settings, listener: Listener) -> str | None:
    """Return the lock of the inputs of both sides, resolved from their pins; None where these contradict each other."""
    wanted = merge.inputs(sides, name)
    if wanted is None:
        listener.note(f"{name}: both sides changed the same requirement or setting")
        return None
    if not _is_trusted(sides):
        listener.note(f"{name}: the indexes changed or need environment variables, which a merge does not use")
        return None
    if wanted[1].direct:
        listener.note(f"{name}: packages that are not on an index are only locked by `lockenv lock`")
        return None
    base = os.path.dirname(os.path.abspath(name))
    manifest = located(wanted[1], base)
    with fetcher(settings, manifest.indexes, base=base) as source:
        index = catalog(manifest, settings, source)
        text = merge.rebuilt(sides, manifest, base, source, index, listener.progress())
    if text is None or any(each.level == "error" for each in unsound(read(text, name), manifest)):
        listener.note(f"{name}: no versions satisfy the requirements of both sides")
        return None
    listener.say(f"{name}: resolved the requirements of both sides, preferring their pins")
    return text


def _is_trusted(sides: ConflictSides) -> bool:
    """Return whether the indexes of the merged lock may be asked: they are our own side's, and hold no variable.

    What another branch says must lead no login and no variable of this machine to a server of its choice.
    """
    ours, theirs = (each.inputs.table.get("indexes") for each in (sides.ours, sides.theirs))
    return ours == theirs and "${" not in repr(ours)


def _lock(path: str, name: str) -> Lock | None:
    """Return the lock at `path`, which is called `name`; None for an empty file, which git passes for none."""
    try:
        content = read_bounded(path)
    except OSError as error:
        raise atomic.machine_error(error, path, "read") from error
    return read(decode(content, name), name) if content else None


def _base(path: str, name: str) -> Lock | None:
    try:
        return _lock(path, name)
    except InputError:
        return None  # an ancestor that is no lock, or itself a failed merge, says nothing
