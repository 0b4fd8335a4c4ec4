"""Decide whether files of an environment may have been lost since they were written.

A change flushes its journal and nothing else, for flushing each file would cost more than the change. So the run of the
system in which the environment last changed is noted before the change. In: an environment. Out: how closely it has to
be looked at before anyone relies on it. After one such look it is relied on until the next change.
"""

from __future__ import annotations

from lockenv.files import boot
from lockenv.files.reading import read_own

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import ClassVar

    from lockenv.files.ops import Folder

FILE = "boot"
"""The file in the environment's records: the run of the system that the last change was made in, and what was seen."""
UNFINISHED = "boot.new"
_WRITTEN = "written"
_SEEN = "seen"
_ANY = "any"
"""In place of a run of the system: a later one has read every byte back, so that none can be lost any more."""
_LONGEST = 128


class Inspection:
    """How closely an environment has to be looked at: one of three, and no `Enum`, which takes a while to load."""

    __slots__ = ("_name",)
    NONE: ClassVar[Inspection]
    """It was looked at since its last change, or what was written then has been read back since."""
    SIZES: ClassVar[Inspection]
    """It was not looked at since its last change, which was made in this run of the system."""
    BYTES: ClassVar[Inspection]
    """The system was started again since its last change, or nothing is known of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self._name}"


Inspection.NONE, Inspection.SIZES, Inspection.BYTES = map(Inspection, ("NONE", "SIZES", "BYTES"))


def doubt(records: str) -> Inspection:
    """Return how closely the environment whose records are in the directory `records` has to be looked at."""
    word, _, what = _noted(records).partition(" ")
    if what == _SEEN and (word == _ANY or boot.is_current(word)):
        return Inspection.NONE
    return Inspection.SIZES if what == _WRITTEN and boot.is_current(word) else Inspection.BYTES


def begin(records: Folder) -> None:
    """Note that the environment changes now.

    The caller flushes `records` before the change: whatever is then read back in place of the note, it is not an
    older one.
    """
    _note(records, f"{boot.current()} {_WRITTEN}")


def dispel(records: Folder, seen: Inspection) -> None:
    """Note that the environment was looked at as closely as `seen` says, and is whole. The caller holds its lock."""
    if seen is not Inspection.NONE:
        _note(records, f"{_ANY if seen is Inspection.BYTES else boot.current()} {_SEEN}")


def _note(records: Folder, text: str) -> None:
    records.replace(FILE, f"{text}\n".encode(), temporary=UNFINISHED)


def _noted(records: str) -> str:
    try:
        content = read_own(f"{records}/{FILE}", _LONGEST)
    except OSError:
        return ""
    return content.decode("ascii", "replace").strip() if content.endswith(b"\n") else ""
