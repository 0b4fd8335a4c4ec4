"""Say which paths of an environment go when a distribution goes.

In: an installed distribution and its RECORD. Out: paths that exist, relative to the environment's root. A path that
leaves the environment, or belongs to the environment itself or to another distribution's .dist-info, is never given,
whatever RECORD says.
"""

from __future__ import annotations

import posixpath
import stat
from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.sync import paths, record
from lockenv.sync.walk import order

if TYPE_CHECKING:
    from collections.abc import Set

    from lockenv.environment.installed import Installed
    from lockenv.sync.walk import Walk


def owned(walk: Walk, site: str, installed: Installed, shared: Set[str] = frozenset()) -> list[str]:
    """Give what `installed`, whose .dist-info is in `site`, put into the environment; its .dist-info first, as a whole.

    The byte-code of its modules is included, what is `shared` with a distribution that stays is not. Sorted, the first
    aside. Raises InputError when no RECORD says it.
    """
    claim = f"{site}/{installed.directory}"
    listed = {path for path in recorded(walk, site, installed) if _may_go(path, claim, installed)} - shared
    found: list[str] = []
    caches: dict[str, list[str]] = {}
    for path in sorted(listed, key=order):
        folder, name = walk.split(path)
        if folder is None or not _is_file(walk, path):
            continue
        found.append(path)
        directory = path.rpartition("/")[0]
        if name.endswith(".py"):
            if directory not in caches:
                cache = walk.at(f"{directory}/__pycache__")
                caches[directory] = cache.names() if cache is not None else []
            # PEP 3147: `name.<tag>.pyc`, with optimization levels between.
            stem = name.removesuffix("py")
            found.extend(
                f"{directory}/__pycache__/{compiled}"
                for compiled in caches[directory]
                if compiled.startswith(stem) and compiled.endswith(".pyc")
            )
    return [claim, *dict.fromkeys(found)]


def recorded(walk: Walk, site: str, installed: Installed) -> list[str]:
    """Give the paths that the RECORD of `installed` lists, relative to the environment's root where they are below it.

    Nothing is known about them: they may be missing, be someone else's, or lead out of the environment by `..`.
    Raises InputError when there is no RECORD or it cannot be understood.
    """
    folder = walk.at(f"{site}/{installed.directory}")
    try:
        if folder is None or not folder.has("RECORD"):
            raise InputError(
                f"{installed.name} {installed.version} in {walk.root.path} has no RECORD that says which files are its",
                hint="remove it with the tool that installed it, or create the environment anew",
            )
        rows = record.parse(folder.read("RECORD").decode("utf-8"))
    except ValueError as error:
        raise InputError(
            f"{walk.root.path}/{site}/{installed.directory}/RECORD cannot be understood: {error}",
            hint="create the environment anew",
        ) from error
    root = walk.root.path.replace("\\", "/") + "/"
    return [
        # "Recording installed projects": paths are absolute, or relative to the directory of the .dist-info.
        path.removeprefix(root) if path.startswith(root) else posixpath.normpath(f"{site}/{path}")
        for path in rows
        if path.startswith(root) or not path.startswith("/")
    ]


def _may_go(path: str, claim: str, installed: Installed) -> bool:
    if paths.fault(path) or paths.is_reserved_target(path, installed.name) or path.startswith(claim + "/"):
        return False
    return not any(paths.folded(part).endswith(".dist-info") for part in path.split("/"))


def _is_file(walk: Walk, path: str) -> bool:
    folder, name = walk.split(path)
    try:
        return folder is not None and not stat.S_ISDIR(folder.stat(name).st_mode)
    except FileNotFoundError:
        return False
