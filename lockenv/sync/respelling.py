"""Recognize files that come back under a name of another letter case, where the file system takes both for one.

In: what a change takes away and what it brings, and the environment as it is. Out: which of the new paths are names of
what is taken away: they are neither in its way nor new. Nothing is written.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from lockenv.sync.paths import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.sync.walk import DirectoryWalk


def respelled(
    walk: DirectoryWalk, moved: dict[str, None], wanted: Iterable[str]
) -> tuple[dict[str, None], frozenset[str]]:
    """Return `moved`, and those of the new paths `wanted`, or directories above them, that are names of a part of it.

    A directory whose name is spelled differently is moved as a whole if nothing in it stays.
    """
    spelled = {folded(path): path for path in moved}
    aliases: dict[str, str] = {}
    for path in wanted:
        old = spelled.get(folded(path))
        if old is not None and old != path and path not in moved and _is_same(walk, old, path):
            aliases[path] = old
    for new, old in dict(_directories(aliases)).items():
        below = {path for path in moved if path.startswith(old + "/")}
        if below.issuperset(_below(walk, old)):
            moved = {path: None for path in moved if path not in below} | {old: None}
            aliases[new] = old
    return moved, frozenset(aliases)


def is_one_of(path: str, aliases: frozenset[str]) -> bool:
    """Return whether `path` is one of `aliases`, or below one."""
    return path in aliases or any(path.startswith(alias + "/") for alias in aliases)


def _is_same(walk: DirectoryWalk, one: str, other: str) -> bool:
    found = []
    for path in (one, other):
        folder, name = walk.split(path)
        if folder is None or not folder.has(name):
            return False
        seen = folder.stat(name)
        found.append((seen.st_dev, seen.st_ino))
    return found[0] == found[1]


def _directories(aliases: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the topmost directory of each path that is spelled differently, and how it was spelled."""
    for new, old in aliases.items():
        parts = list(zip(new.split("/"), old.split("/"), strict=True))
        for number, (now, before) in enumerate(parts[:-1], 1):
            if now != before:
                yield "/".join(part for part, _ in parts[:number]), "/".join(part for _, part in parts[:number])
                break


def _below(walk: DirectoryWalk, directory: str) -> Iterator[str]:
    """Yield every file below `directory`."""
    folder = walk.at(directory)
    if folder is None:
        return
    found = [(name, stat.S_ISDIR(folder.stat(name).st_mode)) for name in folder.names()]
    for name, is_directory in found:
        path = f"{directory}/{name}"
        if is_directory:
            yield from _below(walk, path)
        else:
            yield path
