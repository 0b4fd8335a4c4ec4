"""Record what a directory holds, so that two moments can be compared, or keep it, to have it again."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HISTORY = frozenset({"boot", "boot.new", "sealed", "taken", "token"})


def snapshot(directory: Path) -> dict[str, tuple[int, str]]:
    """Return mode and content of everything below `directory`, by its relative path; nothing where it is missing.

    Content is a sha256 for a file, the target for a link, empty for a directory. Byte-code is left out, which running
    a program writes, and so are lockenv's notes of how an environment became what it is.
    """
    found: dict[str, tuple[int, str]] = {}
    _look(os.fspath(directory), "", found)
    return found


def _look(directory: str, relative: str, found: dict[str, tuple[int, str]]) -> None:
    """Enter what is below `directory`, whose path begins with `relative`, into `found`."""
    try:
        with os.scandir(directory) as entries:
            here = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    has_history = os.path.basename(directory) == ".lockenv"
    for entry in here:
        name = entry.name
        if (has_history and name in _HISTORY) or (name == "__pycache__" and entry.is_dir()):
            continue
        path = f"{relative}{name}"
        mode = entry.stat(follow_symlinks=False).st_mode
        found[path] = (mode, _content(entry.path, mode))
        if stat.S_ISDIR(mode):
            _look(entry.path, f"{path}/", found)


def _content(path: str, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return os.readlink(path)
    if stat.S_ISREG(mode):
        with open(path, "rb", buffering=0) as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    return ""


def link_tree(source: str | Path, target: str | Path) -> None:
    """Copy a directory with its times; files are linked, so that the store finds the inodes it knows."""
    os.makedirs(target)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                link_tree(entry.path, f"{target}/{entry.name}")
            else:
                os.link(entry.path, f"{target}/{entry.name}", follow_symlinks=False)
    status = os.stat(source)
    os.chmod(target, stat.S_IMODE(status.st_mode))
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
