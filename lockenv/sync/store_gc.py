"""Report what of the cache is still used, and remove the rest.

In: a store, and the directory of archives beside it. Out: what was removed. A wheel is used when some environment has
links to its files; what was copied to another filesystem leaves no trace and counts as unused, which costs a download.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from lockenv.files.atomic import machine_error
from lockenv.files.ops import Folder
from lockenv.sync.store_check import entries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lockenv.sync.wheel_store import WheelStore
    from lockenv.vocabulary.names import Sha256

_HEX = frozenset("0123456789abcdef")
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_PART = 1 << 20


def in_use(store: WheelStore) -> frozenset[Sha256]:
    """Return the entries of which some file has another name elsewhere."""
    return frozenset(found for found in entries(store) if _is_linked(f"{store.root}/{found[:2]}/{found}"))


def _is_linked(entry: str) -> bool:
    try:
        with os.scandir(entry) as files:
            # What Windows lists does not say how many names a file has: each is asked.
            return any(os.lstat(file.path).st_nlink > 1 for file in files if file.is_file())
    except FileNotFoundError:
        return False


def prune_archives(store: WheelStore, directory: str, keep: Collection[Sha256]) -> tuple[str, ...]:
    """Remove every archive in `directory` but those to `keep`, and what killed processes left; return their names.

    Waits until no process fills the store. Raises MachineError when the system refuses.
    """
    removed = []
    try:
        with store.held(alone=True), Folder.open(directory, "store") as folder:
            for name in folder.names():
                if name.partition(".")[0] not in keep:
                    folder.clear(name)
                    removed.append(name)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise machine_error(error, error.filename or directory) from error
    return tuple(removed)


def damaged_archives(directory: str) -> Iterator[str]:
    """Return the name of each archive whose sha256 is not the one it is named by; every byte is read. Sorted."""
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    for name in names:
        stem = name.partition(".")[0]
        if len(stem) == 64 and set(stem) <= _HEX and _digest(f"{directory}/{name}") not in (stem, ""):
            yield name


def _digest(path: str) -> str:
    """Return the sha256 of a file; empty when it is gone, and another text when it may not be read."""
    digest = sha256()
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return ""
    except PermissionError:
        return "unreadable"
    except OSError as error:
        raise machine_error(error, path, "read") from error
    try:
        while piece := os.read(descriptor, _PART):
            digest.update(piece)
    finally:
        os.close(descriptor)
    return digest.hexdigest()
