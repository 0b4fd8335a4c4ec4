"""Measure the cache, remove what no environment uses, and find what is damaged in it.

In: the cache directory. Out: bytes, names, Removed. Never: printing, a file beside the parts of the cache.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.files.atomic import machine_error
from lockenv.files.ops import Folder
from lockenv.sync.store_check import damaged as damaged_wheels
from lockenv.sync.store_check import prune
from lockenv.sync.store_gc import damaged_archives, in_use, prune_archives
from lockenv.sync.wheel_store import WheelStore
from lockenv.vocabulary import late
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator


_ARCHIVES = "archives"


_PART = lazy_pattern(r"archives|built|overlays|scripts|trees|(?:store|proofs|interpreters)-v\d+|[a-z]+(?:-[a-z]+)*-\d+")
"""The directories of the cache, old forms included: nothing else is looked at or removed."""


_KEPT = lazy_pattern(r"store-v\d+")
"""Holds locks, whose files must never be removed; what it stores is."""


class Removed(NamedTuple):
    """How much was removed."""

    bytes: int
    wheels: int
    """Unpacked wheels."""
    archives: int


def _parts(cache: str) -> list[str]:
    names = os.listdir(cache) if os.path.isdir(cache) else []
    return sorted(name for name in names if _PART.fullmatch(name) and not os.path.islink(f"{cache}/{name}"))


def sizes(cache: str) -> dict[str, int]:
    """Return the bytes of each part, by its name."""
    return {part: sum(_lengths(f"{cache}/{part}")) for part in _parts(cache)}


def _lengths(directory: str) -> Iterator[int]:
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                yield os.lstat(os.path.join(root, name)).st_size
            except FileNotFoundError:
                continue  # another process removed it meanwhile


def remove(cache: str, *, everything: bool) -> Removed:
    """Remove what no environment uses, or everything. Raises MachineError."""
    before = sum(sizes(cache).values())
    store = WheelStore(cache)
    keep = frozenset() if everything else in_use(store)
    wheels = len(prune(store, keep)) if os.path.isdir(store.root) else 0
    archives = len(prune_archives(store, f"{cache}/{_ARCHIVES}", keep)) if os.path.isdir(f"{cache}/{_ARCHIVES}") else 0
    if everything:
        _clear(cache)
        late.at_end.clear()  # what was made from texts meanwhile is not remembered in a cache that is to be empty
    return Removed(before - sum(sizes(cache).values()), wheels, archives)


def _clear(cache: str) -> None:
    """Remove all parts but the archives and the store: they are made again when they are needed."""
    names = [name for name in _parts(cache) if name != _ARCHIVES and not _KEPT.fullmatch(name)]
    if not names:
        return
    try:
        with Folder.open(cache, "store") as folder:
            for name in names:
                folder.clear(name)
    except OSError as error:
        raise machine_error(error, error.filename or cache) from error


def damaged(cache: str) -> list[str]:
    """Return the path below `cache` of each archive and each unpacked wheel that is not what it was."""
    store = WheelStore(cache)
    bad = [f"{_ARCHIVES}/{name}" for name in damaged_archives(f"{cache}/{_ARCHIVES}")]
    bad += [f"{os.path.basename(store.root)}/{sha256[:2]}/{sha256}" for sha256 in damaged_wheels(store)]
    return bad
