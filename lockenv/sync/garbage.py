"""Take away what a change no longer needs, though a program may have it loaded.

In: an environment's own directory, and a name in it. Out: the name is free. Windows removes no file that a program has
loaded, such as an extension module or `python.exe`, but moves it: files go to the directory `garbage`, which this and
each later change empties as far as it can. So do directories in which NFS keeps files that are open. Elsewhere
everything is removed at once.
"""

from __future__ import annotations

import os
import stat

from lockenv.environment.venv import GARBAGE
from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.files.ops import Folder


def clear(records: Folder, name: str) -> None:
    """Remove `name` in `records` and all that is below it; what is in use is moved to the garbage. Raises OSError."""
    if not system.is_windows:
        records.clear(GARBAGE)
        if not records.clear(name):
            records.mkdir(GARBAGE)
            with records.enter(GARBAGE) as garbage:
                records.rename(name, garbage, os.urandom(8).hex())
    elif records.has(name):
        records.mkdir(GARBAGE)
        with records.enter(GARBAGE) as garbage:
            _move(records, name, garbage, os.urandom(8).hex())
            for held in garbage.names():
                garbage.discard(held)
        records.rmdir(GARBAGE)


def _move(folder: Folder, name: str, garbage: Folder, new: str) -> None:
    """Move the file `name`, or each file below the directory `name`, to `garbage`, and remove the directory."""
    if not stat.S_ISDIR(folder.stat(name).st_mode):
        folder.rename(name, garbage, new)
        return
    with folder.enter(name) as inner:
        for number, below in enumerate(inner.names()):
            _move(inner, below, garbage, f"{new}-{number}")
    folder.rmdir(name)
