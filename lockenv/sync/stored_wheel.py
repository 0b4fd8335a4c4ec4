"""A wheel in the store, and the manifest that describes it there.

Pure. In: the manifest of an entry. Out: a StoredWheel; and the other way. A manifest begins with the hash of the rest,
so that a damaged one is noticed. Never: a name that leads out of the entry or of the place of its directory.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any, TypeAlias

from lockenv.sync.entrypoints import Script
from lockenv.sync.wheel_faults import Fault
from lockenv.vocabulary.dataclasses import NamedTuple

_MAGIC = b"lockenv-store 3\n"
_MAGIC_FAULTY = b"lockenv-store 4\n"
"""Begins the manifest of a wheel with faults, which names them: who does not know of them must not use it."""


Witness: TypeAlias = "tuple[int, int, int, int] | tuple[int, int, int, int, int]"


class StoredFile(NamedTuple):
    """A file of a stored wheel."""

    name: str
    """The last component of where it goes."""
    item: str
    """What it is called in the entry."""
    digest: str
    """Its sha256 as RECORD writes it."""
    witness: Witness
    """Inode, size, time of change in nanoseconds, and mode when it was last known to be right.

    Last, where the file system of the store sets another mode, the permission bits that the wheel says.
    """

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.witness[1]

    @property
    def mode(self) -> int:
        """Permission bits in an environment."""
        return self.witness[-1] & 0o7777

    @property
    def is_linkable(self) -> bool:
        """Whether it has the mode in the store that it has in an environment."""
        return len(self.witness) == 4


class StoredDirectory(NamedTuple):
    """The files of one directory of a stored wheel."""

    scheme: str
    path: str
    """Below the scheme's directory; empty for that directory itself."""
    files: tuple[StoredFile, ...]
    """Sorted by name."""


class StoredWheel(NamedTuple):
    """A wheel in the store."""

    path: str
    """Of the entry's directory."""
    name: str
    version: str
    """The release that the wheel was inspected as."""
    size: int
    """Of the archive, in bytes."""
    dist_info: str
    root_scheme: str
    """Where the .dist-info goes: `purelib` or `platlib`."""
    directories: tuple[StoredDirectory, ...]
    """Sorted by scheme and path."""
    scripts: tuple[Script, ...]
    """Commands made of entry points, sorted by name."""
    notes: tuple[str, ...]
    faults: tuple[Fault, ...] = ()
    """Rules that the wheel breaks: it is installed only where all of them are accepted."""


def parsed(manifest: bytes, path: str) -> StoredWheel | None:
    """Return the entry at `path` that `manifest` describes; None when that is not as `dumped` wrote it."""
    start = len(_MAGIC) + hashlib.sha256().digest_size
    payload = manifest[start:]
    digest = hashlib.sha256(payload).digest()
    if manifest[:start] not in (_MAGIC + digest, _MAGIC_FAULTY + digest):
        return None
    import json

    try:
        return _stored(path, json.loads(payload))
    except (AttributeError, RecursionError, TypeError, ValueError):
        return None  # its digest is right, and yet nothing of this program wrote it


def _stored(path: str, facts: Any) -> StoredWheel:
    """Return the entry at `path` that `facts` describe. Raises ValueError or TypeError where they cannot."""
    name, version, size, dist_info, root_scheme, directories, scripts, notes, *faults = facts
    return StoredWheel(
        path,
        name,
        version,
        size,
        dist_info,
        root_scheme,
        tuple(_directory(*each) for each in directories),
        tuple(map(Script._make, scripts)),
        tuple(notes),
        tuple(map(Fault._make, faults)),
    )


_as_stored_file = partial(tuple.__new__, StoredFile)
"""`StoredFile._make` without a call for each file."""


def _directory(scheme: str, path: str, files: Any) -> StoredDirectory:
    """Return a directory of an entry. Raises ValueError where a name leads out of it, or out of the entry."""
    if not files:
        return StoredDirectory(scheme, path, ())
    # By column: thousands of files are read so before each of them is linked.
    names, items, digests, witnesses = zip(*files, strict=True)
    if "/" in "".join(names) or not all(map(str.isdecimal, items)):
        raise ValueError(path)
    found = tuple(map(_as_stored_file, zip(names, items, digests, map(tuple, witnesses), strict=True)))
    if path and not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise ValueError(path)
    return StoredDirectory(scheme, path, found)


def dumped(stored: StoredWheel) -> bytes:
    """Return the manifest of an entry."""
    import json

    facts = (stored.name, stored.version, stored.size, stored.dist_info, stored.root_scheme)
    rest = (stored.directories, stored.scripts, stored.notes, *stored.faults)
    payload = json.dumps((*facts, *rest), separators=(",", ":")).encode("ascii")
    return (_MAGIC_FAULTY if stored.faults else _MAGIC) + hashlib.sha256(payload).digest() + payload
