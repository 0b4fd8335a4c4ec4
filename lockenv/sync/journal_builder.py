"""Draft the journal of a change: what is taken away, and what is new.

In: an InstallPlan, where its wheels go, and the environment as it is. Out: a Journal. Nothing is written.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Literal

from lockenv.errors import RefusedError
from lockenv.sync import layout
from lockenv.sync.journal import Journal
from lockenv.sync.removal import owned
from lockenv.sync.walk import order
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from lockenv.sync import respelling
    from lockenv.sync.layout import Layout
    from lockenv.sync.plan import InstallPlan
    from lockenv.sync.walk import DirectoryWalk
else:
    respelling = late("lockenv.sync.respelling")


def draft(
    walk: DirectoryWalk,
    plan: InstallPlan,
    layouts: Sequence[Layout],
    directories: dict[str, str],
    kept: Mapping[str, object],
) -> tuple[Journal, list[str]]:
    """Return the journal of the change, and the files of removed distributions that stay.

    `directories` are those of the schemes; `kept` are the paths that distributions that stay list. Raises RefusedError
    when a link, or what is to stay, is in the way.
    """
    site = directories["purelib"]
    moved: dict[str, None] = {}
    changed: list[str] = []
    for installed in plan.remove:
        own = owned(walk, site, installed, kept.keys())
        moved |= dict.fromkeys(own.paths)
        changed.extend(own.changed)
    claims = [one.claim for one in layouts]
    moved, aliases = (
        respelling.respelled(walk, moved, (*_files(layouts), *claims)) if moved else (moved, frozenset[str]())
    )
    created, made = _new_paths(walk, layouts, moved.keys())
    if aliases:
        created, made, claims = (
            [path for path in paths if not respelling.is_one_of(path, aliases)] for paths in (created, made, claims)
        )
    moved, present = _out_of_the_way(walk, sorted((*created, *claims), key=order), moved)
    # What no one owned and would be overwritten is taken away as well, so that a failure restores it.
    moved |= dict.fromkeys(present)
    change = Journal(
        phase="changing",
        moved=tuple(moved),
        created=tuple(created),
        claims=tuple(claims),
        made=tuple(made),
        floors=tuple(sorted(set(directories.values()) - {""})),
    )
    return change, [path for path in changed if path not in moved]


def _files(layouts: Sequence[Layout]) -> Iterator[str]:
    for one in layouts:
        for directory, names in layout.put_by_directory(one):
            yield from (f"{directory}/{name}" if directory else name for name in names)


def _new_paths(walk: DirectoryWalk, layouts: Sequence[Layout], moved: Set[str]) -> tuple[list[str], list[str]]:
    """Return the new files in directories that are there, and the topmost directories that are not.

    A directory is not there either where one of the files that are to be `moved` away is.
    """
    wanted: dict[str, list[str]] = {}
    for one in layouts:
        for directory, names in layout.put_by_directory(one):
            wanted.setdefault(directory, []).extend(names)
    created: list[str] = []
    made: list[str] = []
    for directory in sorted(wanted, key=order):
        if made and (directory + "/").startswith(made[-1] + "/"):
            continue
        if (replaced := _replaced(directory, moved)) is not None:
            made.append(replaced)
            continue
        if walk.at(directory) is not None:
            created.extend(f"{directory}/{name}" if directory else name for name in wanted[directory])
            continue
        missing = directory
        while (parent := missing.rpartition("/")[0]) and walk.at(parent) is None:
            missing = parent
        made.append(missing)
    return created, made


def _replaced(directory: str, moved: Set[str]) -> str | None:
    """Return the path at or above `directory` that is to be moved away; None when nothing of it is."""
    end = 0
    while end >= 0:
        end = directory.find("/", end + 1)
        if (path := directory[:end] if end >= 0 else directory) in moved:
            return path
    return None


def _out_of_the_way(
    walk: DirectoryWalk, wanted: Iterable[str], moved: dict[str, None]
) -> tuple[dict[str, None], list[str]]:
    """Return what is moved away so that the files `wanted` have their places, and what else is at these.

    A directory all of whose files are moved is moved as a whole where a file takes its place.
    """
    present = []
    for path in wanted:
        if path in moved:
            continue
        match _standing(walk, path):
            case "file":
                present.append(path)
            case "directory" if path.endswith(".dist-info"):
                present.append(path)
            case "directory":
                _refuse_others(walk, path, moved.keys())
                moved = {one: None for one in moved if not one.startswith(path + "/")} | {path: None}
            case "nothing":
                pass
    return moved, present


def _standing(walk: DirectoryWalk, path: str) -> Literal["nothing", "file", "directory"]:
    folder, name = walk.split(path)
    try:
        mode = folder.stat(name).st_mode if folder is not None else None
    except FileNotFoundError:
        mode = None
    if mode is None:
        return "nothing"
    return "directory" if stat.S_ISDIR(mode) else "file"


def _refuse_others(walk: DirectoryWalk, directory: str, moved: Set[str]) -> None:
    """Raise RefusedError when something in `directory`, where a file is needed, is not to be moved away."""
    staying = next((path for path in _below(walk, directory) if path not in moved), None)
    if staying is not None:
        raise RefusedError(
            "target-link",
            f"{walk.root.path}/{directory} is a directory, but a file is needed, and it contains {staying}",
            hint="remove it and run `lockenv sync`",
        )


def _below(walk: DirectoryWalk, directory: str) -> Iterator[str]:
    """Return every file and link below `directory`."""
    folder = walk.at(directory)
    for name in folder.names() if folder is not None else ():
        path = f"{directory}/{name}"
        if _standing(walk, path) == "directory":
            yield from _below(walk, path)
        else:
            yield path
