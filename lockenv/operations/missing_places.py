"""Refuse requirements files that name directories and files of another machine: all of them at once.

In: the sources that the files name, each with its line. Out: nothing, or the error that lists them. Never: a look into
what is there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.project.foreign.lines import FREEZE_HINT, is_conda_build, title
from lockenv.vocabulary.direct import Archive, Directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.vocabulary.direct import DeclaredSource, Direct
    from lockenv.vocabulary.names import NormalizedName


def refuse_missing(direct: Mapping[NormalizedName, DeclaredSource], base: str) -> None:
    """Raise InputError, at the line of the first, where a directory or file of `direct` is not there.

    Paths are seen from `base`. The message names each with its line, and with its version where its file name has one.
    """
    missing = {name: each for name, each in direct.items() if not _is_there(each.direct, base)}
    if not missing:
        return
    first = min((each.origin for each in missing.values()), key=lambda origin: (origin.file, origin.line))
    by_line = sorted(missing.items(), key=lambda item: (item[1].origin.file, item[1].origin.line))
    named = ", ".join(
        title(name, _path(each.direct), each.origin.line, "" if each.origin.file == first.file else each.origin.file)
        for name, each in by_line
    )
    is_one = len(missing) == 1
    count = "1 requirement names" if is_one else f"{len(missing)} requirements name"
    if all(is_conda_build(_path(each.direct)) for each in missing.values()):
        what = "a directory in which conda built it" if is_one else "directories in which conda built them"
        raise InputError(f"{count} {what}: {named}", hint=FREEZE_HINT, origin=first)
    what = "a file or directory that does not exist" if is_one else "files or directories that do not exist"
    raise InputError(f"{count} {what}: {named}", hint=f"correct the path, or {FREEZE_HINT}", origin=first)


def _is_there(direct: Direct, base: str) -> bool:
    path = _path(direct)
    return not path or os.path.exists(os.path.join(base, path))


def _path(direct: Direct) -> str:
    """Return the path of a directory or a file; empty for what is elsewhere, and for a repository."""
    match direct:
        case Directory(path=path):
            return path
        case Archive(location=location) if "://" not in location:
            return location
    return ""
