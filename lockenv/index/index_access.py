"""An index as it is asked: a plain value."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexAccess:
    """An index, ready to be asked."""

    url: str
    """The simple root, ending in a slash, without credentials."""
    name: str = ""
    explicit: bool = False
    """True: serves only the projects that `sources` maps to its name."""
    is_flat: bool = False
    """True: one folder or page with the files of many projects."""

    @property
    def is_server(self) -> bool:
        """Whether it is a server with a page for each project."""
        return not self.is_flat and not self.url.startswith("file:")
