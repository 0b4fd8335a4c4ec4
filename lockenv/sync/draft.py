"""Draft the journal of a change: what is taken away, and what is new.

In: an InstallPlan, where its wheels go, and the environment as it stands. Out: a Journal. Nothing is written.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from lockenv.errors import InputError, RefusedError
from lockenv.sync import layout
from lockenv.sync.journal import Journal
from lockenv.sync.paths import folded
from lockenv.sync.removal import owned, recorded
from lockenv.sync.walk import order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set

    from lockenv.environment.installed import Installed
    from lockenv.sync.layout import Layout
    from lockenv.sync.plan import InstallPlan
    from lockenv.sync.walk import Walk
    from lockenv.vocabulary.manifest import Overwrites
    from lockenv.vocabulary.pin import Selected


def draft(
    walk: Walk,
    plan: InstallPlan,
    layouts: Sequence[Layout],
    directories: dict[str, str],
    overwrites: Overwrites = (),
) -> tuple[Journal, list[str]]:
    """Give the journal of the change, and the files of removed distributions that stay.

    `directories` are those of the schemes, `overwrites` those that `layouts` heed. Raises RefusedError when a link, or
    what is to stay, is in the way.
    """
    site = directories["purelib"]
    has_lost = any(one.overwritten_by for one in plan.remove)
    is_shared = has_lost or any(one.sha256 is None for one in (*plan.remove, *plan.keep))
    shared = _listed_by_kept(walk, site, plan) if is_shared else {}
    if has_lost:
        _refuse_lost(shared, layouts, overwrites)
    moved: dict[str, None] = {}
    changed: list[str] = []
    for installed in plan.remove:
        own = owned(walk, site, installed, shared.keys())
        moved |= dict.fromkeys(own.paths)
        changed.extend(own.changed)
    created, made = _new_paths(walk, layouts, moved.keys())
    claims = [one.claim for one in layouts]
    moved, present = _out_of_the_way(walk, sorted((*created, *claims), key=order), moved)
    if present:
        _refuse_kept(_listed_by_kept(walk, site, plan), layouts, present, overwrites)
    # What nobody owned and would be overwritten is taken away as well, so that a failure gives it back.
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


def _new_paths(walk: Walk, layouts: Sequence[Layout], moved: Set[str]) -> tuple[list[str], list[str]]:
    """Give the new files in directories that are there, and the topmost directories that are not.

    A directory is not there either where one of the files that are to be `moved` away is.
    """
    wanted: dict[str, list[str]] = {}
    for one in layouts:
        for directory, names in layout.by_directory(one):
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
    """Give the path at or above `directory` that is to be moved away; None when nothing of it is."""
    end = 0
    while end >= 0:
        end = directory.find("/", end + 1)
        if (path := directory[:end] if end >= 0 else directory) in moved:
            return path
    return None


def _out_of_the_way(walk: Walk, wanted: Iterable[str], moved: dict[str, None]) -> tuple[dict[str, None], list[str]]:
    """Give what is moved away so that the files `wanted` have their places, and what else stands at these.

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


def _standing(walk: Walk, path: str) -> Literal["nothing", "file", "directory"]:
    folder, name = walk.split(path)
    try:
        mode = folder.stat(name).st_mode if folder is not None else None
    except FileNotFoundError:
        mode = None
    if mode is None:
        return "nothing"
    return "directory" if stat.S_ISDIR(mode) else "file"


def _refuse_others(walk: Walk, directory: str, moved: Set[str]) -> None:
    """Raise RefusedError when something in `directory`, where a file is needed, is not to be moved away."""
    staying = next((path for path in _below(walk, directory) if path not in moved), None)
    if staying is not None:
        raise RefusedError(
            "target-link",
            f"{walk.root.path}/{directory} is a directory where a file is needed, and {staying} stays in it",
            hint="remove it, or create the environment anew",
        )


def _below(walk: Walk, directory: str) -> Iterator[str]:
    """Give every file and link below `directory`."""
    folder = walk.at(directory)
    for name in folder.names() if folder is not None else ():
        path = f"{directory}/{name}"
        if _standing(walk, path) == "directory":
            yield from _below(walk, path)
        else:
            yield path


def _listed_by_kept(walk: Walk, site: str, plan: InstallPlan) -> dict[str, Installed]:
    """Give what the distributions that stay list in their RECORD, as far as they have one."""
    found: dict[str, Installed] = {}
    for installed in plan.keep:
        with suppress(InputError):
            found |= dict.fromkeys(recorded(walk, site, installed), installed)
    return found


def _refuse_kept(
    kept: Mapping[str, Installed], layouts: Sequence[Layout], present: Collection[str], overwrites: Overwrites
) -> None:
    """Raise RefusedError when a file that would be overwritten is one of a distribution that stays."""
    for path in present:
        if other := kept.get(path):
            new = next(one.selected for one in layouts if path in layout.owned(one))
            raise _refusal(path, new, other, overwrites)


def _refuse_lost(kept: Mapping[str, Installed], layouts: Sequence[Layout], overwrites: Overwrites) -> None:
    """Raise RefusedError when a new file, maybe one lost before, is that of a distribution that stays.

    Names are compared as in `check_apart`: on this filesystem, both may have their places.
    """
    owners = {folded(path): other for path, other in kept.items()}
    for one in layouts:
        for path in sorted(layout.files(one) & owners.keys()):
            raise _refusal(path, one.selected, owners[path], overwrites)


def _refusal(path: str, new: Selected, other: Installed, overwrites: Overwrites) -> RefusedError:
    refusal = layout.owned_twice(path, new, other)
    if (new.name, other.name) in overwrites:
        # What the lock holds would have been installed anew, without the file.
        refusal.hint = f"{other.name} is not in the lock: sync without --inexact"
    return refusal
