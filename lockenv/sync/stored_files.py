"""The files of a stored wheel, by column.

Pure. Thousands of files are compared and linked by every sync that makes an environment: what is the same for all of
them is asked of a whole column. Who looks at single files gets a StoredFile for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
