"""What an interrupted change must undo, and how it is undone.

A Journal is written and flushed before the first file of an environment changes. Until it says that the change is
done, recovery restores the old environment; from then on, it tidies up what the new one no longer needs. Recovery can
itself be killed at any point and begin again. Paths are relative to the environment's root.

What a change takes away is moved to `.lockenv/old/<n>`, n being its place in the journal's list: whether that file
exists says whether the n-th move had happened, so that the journal is written once and not once per move.
"""

from __future__ import annotations

from lockenv.environment.doubt import UNFINISHED as UNFINISHED_NOTE
from lockenv.environment.doubt import begin
from lockenv.environment.venv import NEW, RECORDS
from lockenv.errors import InputError, RefusedError
from lockenv.sync import garbage, paths
from lockenv.sync.walk import LABEL, DirectoryWalk, order
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    import json
    from typing import Literal

    from lockenv.files.ops import Folder
else:
    json = late("json")

FILE = "journal"
UNFINISHED = "journal.new"
TAKEN = "taken"
"""What the last change that was done took away: its journal, kept for the case that the disk still has it."""
OLD = "old"
_FORMAT = 1
_LISTS = ("moved", "created", "claims", "made", "floors")


class JournalError(InputError):
    """A journal that cannot be understood, so that nothing can be undone or finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """A change of an environment."""

    phase: Literal["changing", "done"]
    moved: tuple[str, ...]
    """What is taken away: files, .dist-info directories, and other directories with all that is in them."""
    created: tuple[str, ...]
    """New files in directories that were there before."""
    claims: tuple[str, ...]
    """New .dist-info directories."""
    made: tuple[str, ...]
    """Directories that did not exist, the topmost alone: all that is below them is of this change."""
    floors: tuple[str, ...]
    """Directories that belong to the environment itself, and stay when they are empty."""


def write(records: Folder, journal: Journal) -> None:
    """Put `journal` in its place, on the disk.

    With that of a change that begins, the directories of what is moved away and of what is new are there, empty and
    on the disk, and it is noted that the environment changes: one flush covers all of it. Until the journal has its
    name, a kill leaves its unfinished form, by which the next command knows that there is something to tidy up.
    """
    fields = {"format": _FORMAT, "phase": journal.phase, **{name: getattr(journal, name) for name in _LISTS}}
    content = json.dumps(fields).encode("utf-8", "surrogateescape")
    records.unlink(UNFINISHED)
    try:
        records.create(UNFINISHED, content, durable=True)
        if journal.phase == "changing":
            for name in (OLD, NEW):
                garbage.clear(records, name)
                records.mkdir(name)
            begin(records)
        records.rename(UNFINISHED, records, FILE)
    except BaseException:
        with suppress(OSError):
            if journal.phase == "changing":
                tidy(records)
            records.unlink(UNFINISHED)
        raise
    records.flush()


def tidy(records: Folder) -> None:
    """Remove what a change that did not begin left beside its unfinished journal."""
    for name in (OLD, NEW, UNFINISHED_NOTE):
        garbage.clear(records, name)


def read(records: Folder, name: str = FILE) -> Journal | None:
    """Return the journal of an interrupted change, or that in the file `name`; None when none was interrupted.

    Raises InputError when it cannot be understood; it is replaced whole, so no kill leaves it so.
    """
    try:
        content = records.read(name)
    except FileNotFoundError:
        return None
    try:
        fields = json.loads(content)
        if fields.pop("format") != _FORMAT or fields["phase"] not in ("changing", "done"):
            raise ValueError("another format")
        lists = {name: tuple(fields[name]) for name in _LISTS}
        if any(not isinstance(path, str) or paths.fault(path) for listed in lists.values() for path in listed):
            raise ValueError("a path that no change could have")
        return Journal(phase=fields["phase"], **lists)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise JournalError(
            f"cannot read {records.join(name)} ({error})",
            hint="run `lockenv sync` to rebuild the environment",
        ) from error


def undo(root: str, journal: Journal) -> None:
    """Restore the environment as it was before the change."""
    with DirectoryWalk(root, LABEL) as walk, _old(root) as old:
        kept = set(journal.moved)
        claims = [number for number, path in enumerate(journal.moved) if path.endswith(".dist-info")]
        # A distribution stops claiming to be there before any file of it goes, and claims to be there again last.
        for claim in journal.claims:
            if claim not in kept:
                _clear(walk, claim)
        for number in claims:
            if old.root.has(str(number)):
                _clear(walk, journal.moved[number])
        for path in sorted(journal.created, key=order):
            if path not in kept:
                _clear(walk, path)
        # Of what is both taken away and new, only its old form being aside shows which of the two is there.
        for path in journal.made:
            if path not in kept:
                _clear(walk, path)
        for number, path in enumerate(journal.moved):
            if not path.endswith(".dist-info"):
                _restore(walk, old.root, number, path)
        for number in claims:
            _restore(walk, old.root, number, journal.moved[number])
        _close(walk)


def finish(root: str, journal: Journal) -> None:
    """Remove what the change, which is done, took away, and the directories that are empty without it."""
    with DirectoryWalk(root, LABEL) as walk:
        records = walk.at(RECORDS)
        if records is not None:
            garbage.clear(records, OLD)
    prune(root, journal)
    with DirectoryWalk(root, LABEL) as walk:
        records = walk.at(RECORDS)
        if records is not None:
            garbage.clear(records, NEW)
            records.unlink(UNFINISHED)
            if records.has(FILE):
                records.rename(FILE, records, TAKEN)


def prune(root: str, journal: Journal) -> None:
    """Remove the directories that are empty without what the change, which is done, took away."""
    with DirectoryWalk(root, LABEL) as walk:
        emptied = {path.rpartition("/")[0] for path in journal.moved if not path.endswith(".dist-info")}
        for directory in sorted(emptied, key=order, reverse=True):
            _prune(walk, directory, journal.floors)


def _old(root: str) -> DirectoryWalk:
    """Return the directory of what was moved away, made if it is missing."""
    with DirectoryWalk(root, LABEL) as walk:
        path = walk.make(f"{RECORDS}/{OLD}").path
    return DirectoryWalk(path, LABEL)


def _close(walk: DirectoryWalk) -> None:
    records = walk.at(RECORDS)
    if records is not None:
        for name in (OLD, NEW):
            garbage.clear(records, name)
        records.unlink(UNFINISHED)
        records.unlink(FILE)


def _restore(walk: DirectoryWalk, old: Folder, number: int, path: str) -> None:
    if old.has(str(number)):
        directory, _, name = path.rpartition("/")
        folder = walk.make(directory)
        # A directory does not replace a file, nor a file a directory.
        folder.clear(name)
        old.rename(str(number), folder, name)


def _clear(walk: DirectoryWalk, path: str) -> None:
    folder, name = walk.split(path)
    if folder is not None:
        folder.clear(name)


def _prune(walk: DirectoryWalk, directory: str, floors: tuple[str, ...]) -> None:
    """Remove `directory` and its parents as far as they are empty and not the environment's own."""
    while directory and not any((floor + "/").startswith(directory + "/") for floor in floors):
        try:
            folder, name = walk.split(directory)
        except RefusedError:
            folder, name = None, ""  # a file has taken the place of a directory above it
        # What is gone already went in a run that ended here: its parent may be empty as well.
        if folder is not None and not folder.rmdir(name) and folder.has(name):
            return
        directory = directory.rpartition("/")[0]
