"""What a lock selects for one environment."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.names import NormalizedName, Sha256

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.distribution import Sdist


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A file that a lock selects for one target."""

    name: NormalizedName
    version: str
    file: Wheel | Sdist
    """Its sha256 is None only where a lock of another tool has other hashes; its url may be a path below the lock.

    A commit and a directory are an Sdist here: its filename is how messages call them, its url is their direct_url
    (PEP 610), and its sha256 is of what decides how they are built; None until that was looked at.
    """
    hashes: tuple[tuple[str, str], ...] = ()
    """(algorithm, lower-case digest), sorted: what the lock has, every one of which must match."""
    index: str = ""
    built_from: Sha256 | None = None
    """Of a wheel that was or is to be built here: the digest of its sources, which are at `file.url`."""
    direct: Direct | None = None
    """Where it comes from when no index serves it."""

    @property
    def origin(self) -> Sha256 | None:
        """The digest of what the lock names."""
        return self.built_from or self.file.sha256

    @property
    def title(self) -> str:
        """Name and version, as far as they are known."""
        return f"{self.name} {self.version}".rstrip()

    def row(self) -> tuple[str, ...]:
        """Return what `of_row` makes a wheel of an index of again, of which the lock has one hash, its sha256."""
        file = self.file
        size = "" if file.size is None else str(file.size)
        texts = file.filename, file.url, file.sha256 or "", size, file.upload_time
        return (self.name, self.version, *texts, self.index)

    @classmethod
    def of_row(cls, row: Sequence[str]) -> Selected:
        """Return the wheel whose `row` this is."""
        name, version, filename, url, sha256, size, upload_time, index = row
        length, digest = int(size) if size else None, Sha256(sha256)
        file = Wheel(filename=filename, url=url, sha256=digest, size=length, upload_time=upload_time)
        hashes = (("sha256", digest),)
        return cls(name=NormalizedName(name), version=version, file=file, hashes=hashes, index=index)
