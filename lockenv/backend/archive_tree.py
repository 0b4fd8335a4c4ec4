"""The names and contents of an archive that comes from elsewhere, before anything of it is used.

Members go in; the components of their paths, and their contents, come out. What would lead elsewhere, is there twice or
has another length than it states is refused. Never: a change on disk.
"""

from __future__ import annotations

import unicodedata
from typing import IO, TYPE_CHECKING

from lockenv.backend.member import DamagedError
from lockenv.files.portable import is_special_on_windows
from lockenv.vocabulary import system
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.backend.member import Member

_DRIVE = lazy_pattern(r"[A-Za-z]:")
_LONGEST_COMPONENT, _LONGEST = 255, 2048
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of characters that control a terminal, end a line, or are none."""
_PIECE = 1 << 18


class ArchiveTree:
    """The names that an archive has so far, as the poorest filesystem that is meant would distinguish them."""

    def __init__(self, *, folds_case: bool = True) -> None:
        self._folds_case = folds_case
        self._files: set[str] = set()
        self._directories: set[str] = set()
        self._tops: set[str] = set()

    def add(self, parts: list[str], *, is_directory: bool) -> None:
        """Add one entry. Raises DamagedError for one that is there already, or in two places at once."""
        self._tops.add(parts[0])
        if len(self._tops) > 1:
            raise DamagedError(
                f"it has more than one top-level directory ({', '.join(sorted(map(ascii, self._tops)))})"
            )
        name = "/".join(parts)
        folded = unicodedata.normalize("NFC", name)
        if self._folds_case:
            folded = unicodedata.normalize("NFC", folded.casefold())
        if folded in self._files or (folded in self._directories and not is_directory):
            raise DamagedError(f"it contains {name!a} twice")
        (self._directories if is_directory else self._files).add(folded)
        parent = folded.rpartition("/")[0]
        while parent and parent not in self._directories:
            if parent in self._files:
                raise DamagedError(f"it contains {name!a} below a file")
            self._directories.add(parent)
            parent = parent.rpartition("/")[0]

    def top(self) -> str:
        """Return the one top-level directory. Raises DamagedError where there is none, or it holds nothing."""
        if not any("/" in name for name in self._files) or len(self._tops) != 1:
            raise DamagedError("it contains no top-level directory")
        return self._tops.pop()


def content(source: IO[bytes], member: Member) -> Iterator[bytes]:
    """Yield the content of `member`, open as `source`, in pieces. Raises DamagedError unless it has the stated size."""
    copied = 0
    while piece := source.read(_PIECE):
        copied += len(piece)
        if copied > member.size:
            raise DamagedError(f"{member.name!a} is longer than its header states")
        yield piece
    if copied != member.size:
        raise DamagedError(f"{member.name!a} is shorter than its header states")


def components(name: str) -> list[str]:
    """Return the components of a path below the archive; refuses what would lead elsewhere."""
    shown, name = name, name.removeprefix("./").rstrip("/")
    if shown in (".", "./"):
        return []
    parts = name.split("/")
    if (
        any(part in ("", ".", "..") or _is_long(part, _LONGEST_COMPONENT) for part in parts)
        or _is_long(name, _LONGEST)
        or "\\" in name
        or _DRIVE.match(name)
        or (system.is_windows and any(is_special_on_windows(part) for part in parts))
        or (not name.isprintable() and any(unicodedata.category(char) in _UNSEEN for char in name))
    ):
        raise DamagedError(f"it contains a file with an invalid name: {shown!a}")
    return parts


def _is_long(text: str, most: int) -> bool:
    return len(text.encode("utf-8", "surrogatepass")) > most
