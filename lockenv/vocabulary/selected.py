"""What a lock selects for one environment."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.distribution import Sdist, Wheel
    from lockenv.vocabulary.names import NormalizedName, Sha256


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
