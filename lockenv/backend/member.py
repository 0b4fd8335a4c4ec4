"""What an archive of sources holds, whatever its format. Pure values."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from lockenv.vocabulary.dataclasses import NamedTuple, dataclass

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a source distribution may ask of the machine."""

    unpacked: int = 2 << 30
    """Bytes of all contents together."""
    ratio: int = 200
    """Unpacked bytes per packed byte, looked at above `ratio_floor`."""
    ratio_floor: int = 10 << 20
    """Bytes below which any ratio is harmless."""
    entries: int = 100_000
    depth: int = 100
    """Directories in one another: each is held open, and of some systems a program gets 256."""

    def most(self, packed: int) -> int:
        """Return the bytes that an archive of `packed` bytes may unpack to."""
        return min(self.unpacked, max(self.ratio_floor, self.ratio * packed))


class Member(NamedTuple):
    """One entry."""

    name: str
    """As the archive writes it."""
    size: int
    """Length in bytes of a file's content; 0 for all else."""
    is_directory: bool
    is_executable: bool
    link: str
    """What a link points to, from the root of the archive, unresolved; empty for what is no link."""
    open: Callable[[], IO[bytes]]
    symlink: str = ""
    """What a symbolic link says, as the archive has it; empty for all else."""


class DamagedError(Exception):
    """Why an archive is refused, as a sentence without the archive's name."""
