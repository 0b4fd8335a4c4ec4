"""What is built: a source distribution, or a directory. Pure values."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source distribution whose bytes were checked."""

    path: str
    filename: str
    name: str
    version: str
    sha256: str

    @property
    def title(self) -> str:
        """How it is called in messages."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A directory of sources, built where it is."""

    path: str
    name: str
    version: str
    """Empty where only a build can say it."""
    key: str
    """Identifies its builds and names their directory: a digest of where it is, or of its commit."""

    @property
    def filename(self) -> str:
        """What errors call it."""
        return self.path

    @property
    def title(self) -> str:
        """How it is called in messages."""
        return f"{self.name} {self.version}".rstrip()
