"""Files that are wanted, and what came of them: values that travel between those who fetch."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.files.file_state import FileState
    from lockenv.vocabulary.names import Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequest:
    """A file, and how to check that it is the right one."""

    url: str
    filename: str
    sha256: Sha256 | None
    """None only where nothing says it yet; the file is then trusted as it comes, and hashed."""
    size: int | None = None
    """In bytes; None when unknown."""
    hashes: tuple[tuple[str, str], ...] = ()
    """(algorithm, lower-case digest): each of them must hold as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadedFile:
    """A file with the right bytes."""

    wanted: FileRequest
    path: str
    """In the directory it was wanted in, named by its sha256."""
    sha256: Sha256
    state: FileState
    """Of the file when `sha256` was computed of its bytes."""
