"""What an index says about a project, whatever the format of its page. Pure values."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final


ACCEPT: Final = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
"""What to ask an index for (PEP 691, "Version + Format Selection")."""


class File(NamedTuple):
    """One file that a page lists, of the project and of a kind that can be used. Built thousands at a time."""

    filename: str
    url: str
    sha256: str
    """Empty when the index states none."""
    size: int | None
    upload_time: str
    requires_python: str
    yanked: str | None
    """The reason, possibly empty; None when it is not yanked."""
    metadata: str
    """The sha256 of its metadata file; `true` when there is one without a hash; empty when none is advertised."""
    provenance: str = ""
    """The URL of who published it and how that is proved (PEP 740); empty where the index offers none."""


class Page(NamedTuple):
    """What an index says about a project."""

    files: list[File]
    """In the order of the page."""
    status: str
    """PEP 792: `active`, `archived`, `quarantined` or `deprecated`."""
    status_reason: str
    skipped: int
    """How many files were left out because their entry makes no sense."""
    example: str = ""
    """The name of one of them, as far as it has one: one line of printable text."""
