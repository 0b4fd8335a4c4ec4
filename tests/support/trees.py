"""Record what a directory holds, so that two moments can be compared."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HISTORY = frozenset({"boot", "boot.new", "taken", "token"})


def snapshot(directory: Path) -> dict[str, tuple[int, str]]:
    """Return mode and content of everything below `directory`, by its relative path.

    Content is a sha256 for a file, the target for a link, empty for a directory. Byte-code is left out, which running
    a program writes, and so are lockenv's notes of how an environment became what it is.
    """
    found: dict[str, tuple[int, str]] = {}
    for root, directories, files in os.walk(directory):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        for name in [*directories, *files]:
            if os.path.basename(root) == ".lockenv" and name in _HISTORY:
                continue
            path = os.path.join(root, name)
            mode = os.lstat(path).st_mode
            found[os.path.relpath(path, directory)] = (mode, _content(path, mode))
    return found


def _content(path: str, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return os.readlink(path)
    if stat.S_ISREG(mode):
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    return ""
