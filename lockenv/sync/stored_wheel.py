"""A wheel in the store, and the manifest that describes it there.

Pure. In: the manifest of an entry. Out: a StoredWheel; and the other way. Files are kept by column: thousands of them
are compared and linked by every sync that makes an environment, and what is the same for all of them is asked of a
whole column. A manifest begins with a hash of the name of its entry and of the rest, so that a damaged one is noticed,
and one in the place of another. Numbers follow as the machine writes them, then texts with NUL between them, and then
the numbers of all files, by column: a few calls read all of it, and no module is loaded for them. Never: a name that
leads out of the entry or of the place of its directory.
"""

from __future__ import annotations

import sys
from itertools import accumulate, chain, islice, pairwise

from lockenv.errors import BugError
from lockenv.sync.entrypoints import Script
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.hashing import blake2b
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    import struct
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Literal, TypeAlias

    from lockenv.sync import wheel_faults
    from lockenv.sync.wheel_faults import Fault
else:
    struct = late("struct")
    wheel_faults = late("lockenv.sync.wheel_faults")

MANIFEST = "manifest"
"""What the manifest of an entry is called in it."""
_MAGIC = f"lockenv-store B {sys.byteorder[0]}\n".encode()
_MAGIC_FAULTY = f"lockenv-store C {sys.byteorder[0]}\n".encode()
"""Begins the manifest of a wheel with faults, which names them: who does not know of them must not use it."""
_OTHER_ORDER = "b" if sys.byteorder == "little" else "l"
_OTHERS = tuple(
    f"lockenv-store {form}".encode()
    for form in ("3\n", "4\n", "5 ", "6 ", "9 ", "A ", f"B {_OTHER_ORDER}\n", f"C {_OTHER_ORDER}\n")
)
_MAGIC_LENGTH = len(_MAGIC)
_START = _MAGIC_LENGTH + 32
"""Where the payload begins: after the digest of it."""
_LENGTH = 8
"""Bytes of a number."""
_HEAD = 6 * _LENGTH
"""Bytes of the first numbers: how long the texts are, the size of the archive, and how many directories, scripts, notes
and faults there are."""
_SEPARATOR = "\0"
"""Between texts."""
_ENCODING = ("utf-8", "surrogatepass")
_KINDS = ("console", "gui")
"""Of scripts."""
_known_items: tuple[str, ...] = ()
"""What files are called in an entry, in their order: as many as the largest one so far has."""
_NAMES = ("inodes", "sizes", "moments", "modes", "own_modes")
_COLUMNS: tuple[Literal["Q", "q"], ...] = ("Q", "q", "q", "q", "q")
"""The form of each, as `memoryview.cast` names it."""


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


class FileColumns:
    """What is known of the files of a stored wheel, by column."""

    __slots__ = (
        "_digests",
        "are_linkable",
        "inodes",
        "items",
        "modes",
        "moments",
        "names",
        "own_modes",
        "sizes",
    )

    def __init__(
        self,
        names: Sequence[str],
        items: Sequence[str],
        digests: Sequence[str] | str,
        numbers: Sequence[Sequence[int]],
        *,
        are_linkable: bool,
    ) -> None:
        """Keep `digests` in one text, with commas between them, as they are: who writes no RECORD needs none."""
        self.names = names
        self.items = items
        self._digests = digests
        self.inodes, self.sizes, self.moments, self.modes, self.own_modes = numbers
        self.are_linkable = are_linkable
        """Whether each file has the mode in the store that it has in an environment."""

    @property
    def digests(self) -> Sequence[str]:
        """The sha256 of each, as RECORD writes it."""
        if isinstance(self._digests, str):
            self._digests = self._digests.split(",") if self._digests else ()
        return self._digests


class StoredFiles:
    """Some files of a stored wheel, in an order that does not change: a part of its columns."""

    __slots__ = ("_part", "columns")

    def __init__(self, columns: FileColumns, start: int, end: int) -> None:
        self.columns = columns
        self._part = slice(start, end)

    @classmethod
    def of(cls, files: Iterable[StoredFile]) -> StoredFiles:
        """Return `files`, by column."""
        names, items, digests, witnesses = [*zip(*files, strict=True)] or ((), (), (), ())
        first = [witness[:4] for witness in witnesses]
        numbers = [*zip(*first, strict=True)] or [(), (), (), ()]
        own_modes = tuple(witness[4] if len(witness) == 5 else -1 for witness in witnesses)
        are_linkable = own_modes.count(-1) == len(own_modes)
        columns = FileColumns(names, items, digests, [*numbers, own_modes], are_linkable=are_linkable)
        return cls(columns, 0, len(names))

    @property
    def names(self) -> Sequence[str]:
        """What each is called in its directory."""
        return self.columns.names[self._part]

    @property
    def items(self) -> Sequence[str]:
        """What each is called in the entry."""
        return self.columns.items[self._part]

    @property
    def digests(self) -> Sequence[str]:
        """The sha256 of each, as RECORD writes it."""
        return self.columns.digests[self._part]

    @property
    def inodes(self) -> Sequence[int]:
        """The inode of each."""
        return self.columns.inodes[self._part]

    @property
    def sizes(self) -> Sequence[int]:
        """The length of each in bytes."""
        return self.columns.sizes[self._part]

    @property
    def moments(self) -> Sequence[int]:
        """When each was changed, in nanoseconds since the epoch."""
        return self.columns.moments[self._part]

    @property
    def modes(self) -> Sequence[int]:
        """The mode of each in the store."""
        return self.columns.modes[self._part]

    @property
    def own_modes(self) -> Sequence[int]:
        """The permission bits that the wheel says where the store sets others; -1 where it has them."""
        return self.columns.own_modes[self._part]

    @property
    def are_linkable(self) -> bool:
        """Whether each has the mode in the store that it has in an environment."""
        return self.columns.are_linkable or self.own_modes.count(-1) == len(self)

    def __len__(self) -> int:
        return self._part.stop - self._part.start

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
    try:
        stored = _stored(path, memoryview(payload))
    except (TypeError, ValueError):
        return None  # its digest is right, and yet nothing of this program wrote it
    return stored if magic == _magic(stored) else None


def _stored(path: str, payload: memoryview) -> StoredWheel:
    """Return the entry at `path` that `payload` describes. Raises ValueError or TypeError if it cannot."""
    length, size, *counts = payload[:_HEAD].cast("Q").tolist()
    directories, scripts, notes, faults = counts
    start = _HEAD + directories * _LENGTH
    end = start + length
    texts = str(payload[start:end], *_ENCODING).split(_SEPARATOR)
    name, version, dist_info, root_scheme, names, digests, *_ = texts
    rest = iter(texts[6:])
    if len(texts) != 6 + 2 * directories + 4 * scripts + notes + 2 * faults:
        raise ValueError("another number of texts")
    places = [*islice(rest, directories)], [*islice(rest, directories)]
    files = _files(names, digests, payload[_HEAD:start].cast("Q").tolist(), payload[end:])
    if _leads_elsewhere("/".join(filter(None, places[1]))):
        raise ValueError("a directory that leads elsewhere")
    return StoredWheel(
        path,
        name,
        version,
        size,
        dist_info,
        root_scheme,
        tuple(map(StoredDirectory, *places, files)),
        tuple(_script(*islice(rest, 4)) for _ in range(scripts)),
        tuple(islice(rest, notes)),
        tuple(wheel_faults.Fault(*islice(rest, 2)) for _ in range(faults)),
    )


def _files(names: str, digests: str, counts: Sequence[int], columns: memoryview) -> list[StoredFiles]:
    """Return the files of each directory, which has so many of them as `counts` says.

    Raises ValueError where a name leads elsewhere, or there are more or fewer names, digests or numbers than files.
    The items are the numbers of the files.
    """
    count = sum(counts)
    listed = names.split("/") if names else []
    stated = digests.count(",") + 1 if digests else 0
    width = count * _LENGTH
    if len(listed) != count or stated != count or len(columns) != width * len(_COLUMNS):
        raise ValueError("columns of another length")
    if _leads_elsewhere(names):
        raise ValueError("a name that leads elsewhere")
    numbers = [columns[at * width : (at + 1) * width].cast(form).tolist() for at, form in enumerate(_COLUMNS)]
    are_linkable = numbers[-1].count(-1) == count
    together = FileColumns(listed, _items(count)[:count], digests, numbers, are_linkable=are_linkable)
    ends = [*accumulate(counts, initial=0)]
    return [StoredFiles(together, start, end) for start, end in pairwise(ends)]


def _leads_elsewhere(names: str) -> bool:
    """Return whether one of the names with `/` between them is none of a file in its directory."""
    around = f"/{names}/" if names else ""
    return "//" in around or "/./" in around or "/../" in around


def _items(count: int) -> tuple[str, ...]:
    """Return at least `count` names of files in an entry: their numbers."""
    global _known_items  # noqa: PLW0603 - what another thread puts there says the same
    known = _known_items
    if len(known) < count:
        _known_items = known = tuple(map(str, range(count)))
    return known


def _script(name: str, module: str, attribute: str, kind: str) -> Script:
    return Script(name, module, attribute, _KINDS.index(kind) > 0)


def is_of_other_form(manifest: bytes) -> bool:
    """Return whether another version of lockenv, or another kind of machine, wrote `manifest`."""
    return manifest.startswith(_OTHERS)


def dumped(stored: StoredWheel) -> bytes:
    """Return the manifest of an entry, whose items are the numbers of its files."""
    directories, files = stored.directories, [each.files for each in stored.directories]
    texts = [stored.name, stored.version, stored.dist_info, stored.root_scheme]
    texts.append("/".join(chain.from_iterable(each.names for each in files)))
    texts.append(",".join(chain.from_iterable(each.digests for each in files)))
    texts += [each.scheme for each in directories]
    texts += [each.path for each in directories]
    for script in stored.scripts:
        texts += (script.name, script.module, script.attribute, _KINDS[script.is_gui])
    texts += stored.notes
    texts += chain.from_iterable(stored.faults)
    if any(_SEPARATOR in text for text in texts):
        raise BugError(f"a text of {stored.name} {stored.version} has the separator of texts in it")
    text = _SEPARATOR.join(texts).encode(*_ENCODING)
    counts = (len(directories), len(stored.scripts), len(stored.notes), len(stored.faults))
    columns = [
        _packed(form, [*chain.from_iterable(getattr(each, name) for each in files)])
        for form, name in zip(_COLUMNS, _NAMES, strict=True)
    ]
    numbers = _packed("Q", (len(text), stored.size, *counts, *map(len, files)))
    payload = b"".join((numbers, text, *columns))
    return _magic(stored) + _digest(stored.path, payload) + payload


def _magic(stored: StoredWheel) -> bytes:
    return _MAGIC_FAULTY if stored.faults else _MAGIC


def _packed(form: str, numbers: Sequence[int]) -> bytes:
    """Return what `memoryview.cast` with this `form` reads: `_LENGTH` bytes for each number."""
    return struct.pack(f"={len(numbers)}{form}", *numbers)


def _digest(path: str, payload: bytes) -> bytes:
    """Return what a manifest begins with: the entry at `path` is named after the sha256 of its archive."""
    found = blake2b(path.replace("\\", "/").rpartition("/")[2].encode())
    found.update(payload)
    return found.digest()
