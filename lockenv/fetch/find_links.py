"""Files that are in local folders: as good as downloaded ones where their hash is known.

What is wanted and folders go in; a copy that was hashed while it was made comes out, under its final name. A file that
has the right name and other bytes is passed over, with a note.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from lockenv.fetch.local import FLAGS
from lockenv.fetch.settings import UNSTATED_LIMIT
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.fetch.wanted import FileRequest

_PART = 1 << 20


def copy(wanted: FileRequest, folders: Sequence[str], temporary: str, notes: list[str]) -> int | None:
    """Copy what is wanted from the first folder that has it to `temporary`, and return its size; None when none has it.

    Raises OSError when the copy cannot be written.
    """
    for path in _places(wanted, folders):
        try:
            source = os.open(path, FLAGS)
        except OSError:
            continue
        try:
            found = os.fstat(source)
            is_long = wanted.size is None and found.st_size > UNSTATED_LIMIT
            if not stat.S_ISREG(found.st_mode) or wanted.size not in (None, found.st_size) or is_long:
                notes.append(f"{path} does not match the locked file: {_difference(found, wanted)}")
                continue
            digest, size = _copied(source, temporary, found.st_size)
        finally:
            os.close(source)
        if digest == wanted.sha256:
            return size
        notes.append(f"{path} does not match the locked file: its sha256 is {digest}")
    return None


def is_in(wanted: FileRequest, folders: Sequence[str]) -> bool:
    """Return whether a folder has a file of this name."""
    return any(os.path.isfile(path) for path in _places(wanted, folders))


def _places(wanted: FileRequest, folders: Sequence[str]) -> list[str]:
    """Return where a file may be: a bundle puts the digest before a name that does not name the project."""
    names = (wanted.filename, f"{(wanted.sha256 or '')[:16]}-{wanted.filename}")
    return [os.path.join(folder, name) for folder in folders for name in names]


def _difference(found: os.stat_result, wanted: FileRequest) -> str:
    if not stat.S_ISREG(found.st_mode):
        return "it is not a regular file"
    return f"it has {found.st_size} bytes" + ("" if wanted.size is None else f", not {wanted.size}")


def _copied(source: int, temporary: str, most: int) -> tuple[Sha256, int]:
    """Copy the first `most` bytes; one that grows meanwhile is not followed."""
    import hashlib

    digest, size = hashlib.sha256(), 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    target = os.open(temporary, flags, 0o644)
    try:
        while part := os.read(source, min(_PART, most - size)):
            digest.update(part)
            size += len(part)
            view = memoryview(part)
            while view:
                view = view[os.write(target, view) :]
    finally:
        os.close(target)
    return Sha256(digest.hexdigest()), size
