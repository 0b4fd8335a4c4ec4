"""Measure the cache, remove what no environment uses, and find what is damaged in it.

In: the cache directory. Out: bytes, names, Removed. Never: printing, a file beside the parts of the cache.
"""

from __future__ import annotations

import os
import stat
from datetime import datetime
from typing import TYPE_CHECKING

from lockenv.errors import UsageError
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
    from collections.abc import Callable, Iterable, Iterator


_ARCHIVES = "archives"


_PART = lazy_pattern(r"archives|built|overlays|scripts|trees|(?:store|proofs|interpreters)-v\d+|[a-z]+(?:-[a-z]+)*-\d+")
"""The directories of the cache, old forms included: nothing else is looked at or removed."""


_KEPT = lazy_pattern(r"store-v\d+")
"""Holds locks, whose files must never be removed; what it stores is."""


_LEFT = lazy_pattern(r"\..{1,64}\.\d+\.[0-9a-f]{12}")
"""The names of files that `files.atomic` writes before it renames them: those that are there were left by a kill."""
_OLD = 3600
"""Seconds after which such a file is no longer being written."""


_SHARD = lazy_pattern(r"[0-9a-f]{2}")


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


def remove(cache: str, *, everything: bool, now: str) -> Removed:
    """Remove what no environment uses, and what killed processes left before `now` (RFC 3339); or everything.

    Raises MachineError.
    """
    before = sum(sizes(cache).values())
    store = WheelStore(cache)
    if everything:
        _clear_files_in_place_of_directories(cache, store)
    keep = frozenset() if everything else in_use(store)
    wheels = len(prune(store, keep)) if os.path.isdir(store.root) else 0
    archives = len(prune_archives(store, f"{cache}/{_ARCHIVES}", keep)) if os.path.isdir(f"{cache}/{_ARCHIVES}") else 0
    if everything:
        _clear(cache)
        late.at_end.clear()  # what was made from texts meanwhile is not remembered in a cache that is to be empty
    else:
        _clear_left(cache, _seconds(now) - _OLD)
    return Removed(before - sum(sizes(cache).values()), wheels, archives)


def _clear_files_in_place_of_directories(cache: str, store: WheelStore) -> None:
    """Remove files where archives and the store have directories, which could not be emptied otherwise."""
    _clear_all(cache, (name for name in _parts(cache) if name == _ARCHIVES or _KEPT.fullmatch(name)), _is_file)
    if os.path.isdir(store.root):
        _clear_all(store.root, (name for name in os.listdir(store.root) if _SHARD.fullmatch(name)), _is_file)


def _seconds(now: str) -> float:
    """Return a moment in seconds since the epoch. Raises UsageError."""
    try:
        return datetime.fromisoformat(now.upper()).timestamp()
    except ValueError as error:
        raise UsageError(
            f"LOCKENV_NOW: {now!a} is not a timestamp", hint="use a form such as 2026-11-01T00:00:00Z, or unset it"
        ) from error


def _clear_left(cache: str, before: float) -> None:
    """Remove what killed processes left in the parts, `before` a moment in seconds since the epoch.

    Archives and the store are emptied of it under their lock; what is in trees of others' files is theirs.
    """
    for part in _parts(cache):
        if part in (_ARCHIVES, "trees") or _KEPT.fullmatch(part) or not os.path.isdir(f"{cache}/{part}"):
            continue
        with os.scandir(f"{cache}/{part}") as found:
            below = [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
        for directory in (f"{cache}/{part}", *below):
            left = [name for name in _names(directory) if _LEFT.fullmatch(name)]
            _clear_all(directory, left, lambda found: stat.S_ISREG(found.st_mode) and found.st_mtime < before)


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []  # another process removed it meanwhile


def _is_file(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode)


def _clear_all(directory: str, names: Iterable[str], is_meant: Callable[[os.stat_result], bool]) -> None:
    """Remove those of `names` in `directory` that are there and meant. Raises MachineError."""
    names = [*names]
    if not names:
        return
    try:
        with Folder.open(directory, "store") as folder:
            for name in names:
                if folder.has(name) and is_meant(folder.stat(name)):
                    folder.unlink(name)
    except OSError as error:
        raise machine_error(error, error.filename or directory) from error


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
