"""Report which paths of an environment go when a distribution goes.

In: an installed distribution and its RECORD. Out: paths that exist, relative to the environment's root. A path that
leaves the environment, or belongs to the environment itself or to another distribution's .dist-info, is never given,
whatever RECORD says.
"""

from __future__ import annotations

import hashlib
import posixpath
import stat
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from lockenv.errors import InputError, RefusedError
from lockenv.sync import paths, record
from lockenv.sync.walk import order
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Set
    from typing import TypeVar

    from lockenv.environment.installed import Installed
    from lockenv.sync.walk import DirectoryWalk

    _T = TypeVar("_T")


_NO_NAMES = frozenset({"", ".", ".."})
"""What comes after the last slash of a path, and is the name of no file."""
_ODD = ("/.", "//", "\n.", "\n/", "/\n", ":", "\\")
"""With none of these in them, lines are paths with nothing to resolve, below the directory they are relative to."""


class OwnedPaths(NamedTuple):
    """What goes with a distribution, and what stays although it came with it."""

    paths: tuple[str, ...]
    """Its .dist-info as a whole, then its files and the byte-code of its modules."""
    changed: tuple[str, ...]
    """Files that are no longer what was installed: somebody's work may be in them. Sorted."""


def owned(walk: DirectoryWalk, site: str, installed: Installed, shared: Set[str] = frozenset()) -> OwnedPaths:
    """Return what `installed`, whose .dist-info is in `site`, put into the environment, as far as it is there.

    What is `shared` with a distribution that stays is left out. Raises InputError when there is no RECORD; of what is
    damaged, then only the .dist-info is known.
    """
    claim = f"{site}/{installed.directory}"
    try:
        rows = recorded(walk, site, installed)
    except InputError:
        if not installed.is_damaged:
            raise
        return OwnedPaths((claim,), ())
    found: dict[str, None] = {claim: None}
    changed: list[str] = []
    caches: dict[str, list[str]] = {}
    for path in sorted(rows.keys() - shared, key=order):
        if not _may_go(path, claim, installed):
            continue
        match _state_of(installed, walk, path, rows[path]):
            case "absent":
                continue
            case "changed":
                changed.append(path)
            case _:
                found[path] = None
                found |= dict.fromkeys(_bytecode(walk, path, caches))
    return OwnedPaths(tuple(found), tuple(changed))


def _state_of(
    installed: Installed, walk: DirectoryWalk, path: str, row: record.Row
) -> Literal["absent", "changed", "right"]:
    try:
        return _state(walk, path, row)
    except RefusedError:
        if not installed.is_damaged:
            raise
        return "absent"  # what took its place may have a file where it had a directory


def _state(walk: DirectoryWalk, path: str, row: record.Row) -> Literal["absent", "changed", "right"]:
    folder, name = walk.split(path)
    try:
        found = folder.stat(name) if folder is not None else None
    except FileNotFoundError:
        found = None
    if folder is None or found is None or stat.S_ISDIR(found.st_mode):
        return "absent"
    if row.algorithm not in record.STRONG:
        return "right"
    if not stat.S_ISREG(found.st_mode) or row.size not in (-1, found.st_size):
        return "changed"
    return (
        "right" if record.encoded(hashlib.new(row.algorithm, folder.read(name)).digest()) == row.digest else "changed"
    )


def _bytecode(walk: DirectoryWalk, path: str, caches: dict[str, list[str]]) -> list[str]:
    """Return the compiled forms of the module at `path`; `caches` remembers what each directory holds."""
    directory, _, name = path.rpartition("/")
    if not name.endswith(".py"):
        return []
    cache = f"{directory}/__pycache__"
    if cache not in caches:
        folder = walk.at(cache)
        caches[cache] = folder.names() if folder is not None else []
    # PEP 3147: `name.<tag>.pyc`, with optimization levels between.
    stem = name.removesuffix("py")
    return [f"{cache}/{one}" for one in caches[cache] if one.startswith(stem) and one.endswith(".pyc")]


def recorded(walk: DirectoryWalk, site: str, installed: Installed) -> dict[str, record.Row]:
    """Return the rows of the RECORD of `installed` by path, relative to the environment's root where it is below it.

    Nothing is known about the paths: they may be missing, be someone else's, or lead out of the environment by `..`.
    Raises InputError when there is no RECORD or it cannot be understood.
    """
    rows = _read(walk, site, installed, record.parse)
    root = _prefix(walk)
    return {_placed(site, root, path): rows[path] for path in rows if _is_inside(root, path)}


def recorded_sizes(walk: DirectoryWalk, site: str, installed: Installed) -> dict[str, int]:
    """Return the sizes of the rows of `recorded` by path, -1 for none. Raises InputError as it does."""
    sizes = _read(walk, site, installed, record.sizes)
    text = "\n".join(["", *sizes, ""])
    if text.startswith("\n.") or any(odd in text for odd in _ODD):
        root = _prefix(walk)
        return {_placed(site, root, path): sizes[path] for path in sizes if _is_inside(root, path)}
    return dict(zip(text.replace("\n", f"\n{site}/").split("\n")[1:-1], sizes.values(), strict=True))


def recorded_names(walk: DirectoryWalk, site: str, installed: Installed) -> dict[str, set[str]]:
    """Return the names of the paths of `recorded`, by their directory. Raises InputError as it does."""
    root = _prefix(walk)
    heads: dict[str, set[str]] = {}
    for head, slash, name in [path.rpartition("/") for path in _read(walk, site, installed, record.paths)]:
        if head or not slash:  # else it is in the root of the filesystem
            heads.setdefault(head, set()).add(name)
    found: dict[str, set[str]] = {}
    for head, names in heads.items():
        # A directory is made plain once for all names in it that are names, which nearly all are.
        odd = names & _NO_NAMES
        for name in (*odd, *(["x"] if odd != names else ())):
            path = f"{head}/{name}" if head else name
            if path and _is_inside(root, path):
                directory, _, last = _placed(site, root, path).rpartition("/")
                found.setdefault(directory, set()).update({last} if name in odd else names - odd)
    return found


def _read(walk: DirectoryWalk, site: str, installed: Installed, parse: Callable[[str], _T]) -> _T:
    """Return what `parse` makes of the RECORD of `installed`. Raises InputError as `recorded` does."""
    folder = walk.at(f"{site}/{installed.directory}")
    try:
        if folder is None or not folder.has("RECORD"):
            raise InputError(
                f"{installed.name} {installed.version} in {walk.root.path} has no RECORD, so its files are unknown",
                hint=f"remove it with the tool that installed it, or remove {walk.root.path} and run `lockenv sync`",
            )
        return parse(folder.read("RECORD").decode("utf-8"))
    except ValueError as error:
        raise InputError(
            f"{walk.root.path}/{site}/{installed.directory}/RECORD is invalid: {error}",
            hint=f"remove {walk.root.path} and run `lockenv sync`",
        ) from error


def _prefix(walk: DirectoryWalk) -> str:
    return walk.root.path.replace("\\", "/") + "/"


def _is_inside(root: str, path: str) -> bool:
    # "Recording installed projects": paths are absolute, or relative to the directory of the .dist-info.
    return not path.startswith("/") or path.startswith(root)


def _placed(site: str, root: str, path: str) -> str:
    """Return a path of a RECORD relative to the environment's root, which `root` is with a slash."""
    return path.removeprefix(root) if path.startswith(root) else _below(site, path)


def _below(site: str, path: str) -> str:
    """Return `path`, which is relative to `site`, relative to the environment's root."""
    # Of the thousands of paths of an environment, few have anything to make plain.
    is_plain = "/." not in path and "//" not in path and path[:1] != "." and path[-1:] != "/"
    return f"{site}/{path}" if is_plain else posixpath.normpath(f"{site}/{path}")


def _may_go(path: str, claim: str, installed: Installed) -> bool:
    if paths.fault(path) or paths.is_reserved_target(path, installed.name) or path.startswith(claim + "/"):
        return False
    if ".dist-info" not in (folded := paths.folded_on_windows(path)):
        return True
    # One that is further down came with a copy of a distribution that this one includes, and is its own.
    site = paths.folded_on_windows(claim).split("/")[-2]
    parts = folded.split("/")
    return not any(part.endswith(".dist-info") and site == above for above, part in pairwise(parts))
