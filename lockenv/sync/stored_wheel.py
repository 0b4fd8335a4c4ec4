"""A wheel in the store, and the manifest that describes it there.

Pure. In: the manifest of an entry. Out: a StoredWheel; and the other way. Files are kept by column: thousands of them
are compared and linked by every sync that makes an environment, and what is the same for all of them is asked of a
whole column. A manifest begins with a hash of the name of its entry and of the rest, so that a damaged one is noticed,
and one in the place of another; facts in JSON follow, and then the numbers of all files as the machine writes them,
which a few calls read. Never: a name that leads out of the entry or of the place of its directory.
"""

from __future__ import annotations

import sys

from lockenv.sync.entrypoints import Script
from lockenv.sync.wheel_faults import Fault
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import json
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, Literal, TypeAlias
else:
    json = late("json")

_MAGIC = f"lockenv-store 9 {sys.byteorder[0]}\n".encode()
_MAGIC_FAULTY = f"lockenv-store A {sys.byteorder[0]}\n".encode()
"""Begins the manifest of a wheel with faults, which names them: who does not know of them must not use it."""
_OTHER_ORDER = "b" if sys.byteorder == "little" else "l"
_OTHERS = tuple(
    f"lockenv-store {form}".encode()
    for form in ("3\n", "4\n", "5 ", "6 ", f"9 {_OTHER_ORDER}\n", f"A {_OTHER_ORDER}\n")
)
_MAGIC_LENGTH = len(_MAGIC)
_START = _MAGIC_LENGTH + 32
"""Where the payload begins: after the digest of it."""
_LENGTH = 8
"""Bytes of a number."""
_NAMES = ("inodes", "sizes", "moments", "modes", "own_modes")
_COLUMNS: tuple[Literal["Q", "q"], ...] = ("Q", "q", "q", "q", "q")
"""The form of each, as `memoryview.cast` names it."""
_NOT_NAMES = frozenset({"", ".", ".."})


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


class StoredFiles:
    """Some files of a stored wheel, in an order that does not change."""

    __slots__ = ("digests", "inodes", "items", "modes", "moments", "names", "own_modes", "sizes")

    def __init__(
        self,
        names: Sequence[str],
        items: Sequence[str],
        digests: Sequence[str],
        inodes: Sequence[int],
        sizes: Sequence[int],
        moments: Sequence[int],
        modes: Sequence[int],
        own_modes: Sequence[int],
    ) -> None:
        self.names = names
        self.items = items
        self.digests = digests
        self.inodes = inodes
        self.sizes = sizes
        self.moments = moments
        """When each was changed, in nanoseconds since the epoch."""
        self.modes = modes
        self.own_modes = own_modes
        """The permission bits that the wheel says where the store sets others; -1 where it has them."""

    @classmethod
    def of(cls, files: Iterable[StoredFile]) -> StoredFiles:
        """Return `files`, by column."""
        names, items, digests, witnesses = [*zip(*files, strict=True)] or ((), (), (), ())
        first = [witness[:4] for witness in witnesses]
        inodes, sizes, moments, modes = [*zip(*first, strict=True)] or ((), (), (), ())
        own_modes = tuple(witness[4] if len(witness) == 5 else -1 for witness in witnesses)
        return cls(names, items, digests, inodes, sizes, moments, modes, own_modes)

    @property
    def are_linkable(self) -> bool:
        """Whether each has the mode in the store that it has in an environment."""
        return self.own_modes.count(-1) == len(self.own_modes)

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[StoredFile]:
        rows = zip(self.names, self.items, self.digests, self.inodes, self.sizes, self.moments, self.modes, strict=True)
        for (name, item, digest, *witness), own in zip(rows, self.own_modes, strict=True):
            yield StoredFile(name, item, digest, (*witness, own) if own >= 0 else tuple(witness))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoredFiles) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"StoredFiles.of({[*self]!r})"


class StoredDirectory(NamedTuple):
    """The files of one directory of a stored wheel."""

    scheme: str
    path: str
    """Below the scheme's directory; empty for that directory itself."""
    files: StoredFiles
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
    magic, digest, payload = manifest[:_MAGIC_LENGTH], manifest[_MAGIC_LENGTH:_START], manifest[_START:]
    if magic not in (_MAGIC, _MAGIC_FAULTY) or _digest(path, payload) != digest:
        return None
    length = int.from_bytes(payload[:_LENGTH], "little")
    try:
        columns = memoryview(payload)[_LENGTH + length :]
        return _stored(path, json.loads(payload[_LENGTH : _LENGTH + length]), columns)
    except (AttributeError, RecursionError, TypeError, ValueError):
        return None  # its digest is right, and yet nothing of this program wrote it


def _stored(path: str, facts: Any, columns: memoryview) -> StoredWheel:
    """Return the entry at `path` that `facts` and `columns` describe. Raises ValueError or TypeError if they cannot."""
    name, version, size, dist_info, root_scheme, directories, scripts, notes, *faults = facts
    return StoredWheel(
        path,
        name,
        version,
        size,
        dist_info,
        root_scheme,
        tuple(_directories(directories, columns)),
        tuple(map(Script._make, scripts)),
        tuple(notes),
        tuple(map(Fault._make, faults)),
    )


def _directories(directories: Any, columns: memoryview) -> Iterator[StoredDirectory]:
    """Return directories of an entry. Raises ValueError where a name leads out of one, or the columns are not as long.

    The items are the numbers of the files.
    """
    lists = [names.split("/") if names else [] for _, _, names, _ in directories]
    count = sum(map(len, lists))
    width = count * _LENGTH
    if len(columns) != width * len(_COLUMNS):
        raise ValueError("columns of another length")
    values = [columns[at * width : (at + 1) * width].cast(form).tolist() for at, form in enumerate(_COLUMNS)]
    items = [*map(str, range(count))]
    start = 0
    for (scheme, path, _, digests), names in zip(directories, lists, strict=True):
        end = start + len(names)
        stated = digests.split(",") if digests else []
        if len(stated) != len(names) or not _NOT_NAMES.isdisjoint(names):
            raise ValueError(path)
        if path and not _NOT_NAMES.isdisjoint(path.split("/")):
            raise ValueError(path)
        yield StoredDirectory(
            scheme, path, StoredFiles(names, items[start:end], stated, *[column[start:end] for column in values])
        )
        start = end


def is_of_other_form(manifest: bytes) -> bool:
    """Return whether another version of lockenv, or another kind of machine, wrote `manifest`."""
    return manifest.startswith(_OTHERS)


def dumped(stored: StoredWheel) -> bytes:
    """Return the manifest of an entry, whose items are the numbers of its files."""
    files = [each.files for each in stored.directories]
    directories = [
        (each.scheme, each.path, "/".join(each.files.names), ",".join(each.files.digests))
        for each in stored.directories
    ]
    facts = (stored.name, stored.version, stored.size, stored.dist_info, stored.root_scheme)
    rest = (directories, stored.scripts, stored.notes, *stored.faults)
    text = json.dumps((*facts, *rest), separators=(",", ":")).encode("ascii")
    columns = (
        value.to_bytes(_LENGTH, sys.byteorder, signed=form == "q")
        for form, name in zip(_COLUMNS, _NAMES, strict=True)
        for each in files
        for value in getattr(each, name)
    )
    payload = b"".join((len(text).to_bytes(_LENGTH, "little"), text, *columns))
    return (_MAGIC_FAULTY if stored.faults else _MAGIC) + _digest(stored.path, payload) + payload


def _digest(path: str, payload: bytes) -> bytes:
    """Return what a manifest begins with: the entry at `path` is named after the sha256 of its archive."""
    found = blake2b(path.replace("\\", "/").rpartition("/")[2].encode())
    found.update(payload)
    return found.digest()
