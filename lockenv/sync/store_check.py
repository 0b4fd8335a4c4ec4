"""Look after the store: find what is damaged in it, and remove what no one wants.

In: a store. Out: what was found or removed. Environments keep their files, whatever happens here: a link is a file of
its own. Removing waits for those that link from the store, and they for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.files.atomic import machine_error
from lockenv.files.ops import Folder
from lockenv.sync import kept_metadata
from lockenv.sync.wheel_store import StoreAbsence
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lockenv.sync.wheel_store import WheelStore

_HEX = frozenset("0123456789abcdef")


def entries(store: WheelStore) -> list[Sha256]:
    """Return the sha256 of each wheel in the store, sorted."""
    return [Sha256(name) for shard in _shards(store) for name in sorted(os.listdir(shard)) if _is_digest(name)]


def damaged(store: WheelStore) -> Iterator[Sha256]:
    """Return each entry of which a file is not what it was when it was unpacked or kept there; every byte is read.

    Sorted. No one uses such an entry any more, also where its files look as they did; a store that cannot be written to
    stays as it is.
    """
    for sha256 in entries(store):
        if store.find(sha256, every_byte=True) is StoreAbsence.DAMAGED or not _are_kept_files_whole(store, sha256):
            store.disown(sha256)
            yield sha256


def _are_kept_files_whole(store: WheelStore, sha256: Sha256) -> bool:
    try:
        with Folder.open(store.path(sha256), "store") as entry:
            return kept_metadata.are_whole(entry)
    except FileNotFoundError:
        return True  # another process removed it meanwhile


def prune(store: WheelStore, keep: Collection[Sha256] = ()) -> tuple[Sha256, ...]:
    """Remove every entry but those to `keep`, and what killed processes left; return what was removed, sorted.

    Waits until no process links from the store. Raises MachineError when the system refuses.
    """
    removed = []
    try:
        with store.held(alone=True):
            for shard in _shards(store):
                with Folder.open(shard, "store") as folder:
                    for name in folder.names():
                        if name not in keep:
                            folder.clear(name)
                            removed.append(name)
    except OSError as error:
        raise machine_error(error, error.filename or store.root) from error
    return tuple(Sha256(name) for name in removed if _is_digest(name))


def _shards(store: WheelStore) -> list[str]:
    try:
        names = sorted(os.listdir(store.root))
    except FileNotFoundError:
        return []
    return [f"{store.root}/{name}" for name in names if len(name) == 2 and set(name) <= _HEX]


def _is_digest(name: str) -> bool:
    return len(name) == 64 and set(name) <= _HEX
