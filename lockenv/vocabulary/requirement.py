"""Requirements, as text and as values.

Pure: a PEP 508 string goes in, a Requirement comes out; each distinct string is parsed once per process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lockenv.vocabulary.names import ExtraName, NormalizedName, normalize

if TYPE_CHECKING:
    from lockenv.vocabulary.origin import Origin


@dataclass(frozen=True, slots=True)
class Requirement:
    """A dependency specifier (PEP 508), canonical: equal requirements have equal text."""

    name: NormalizedName
    extras: tuple[ExtraName, ...] = ()
    """Normalized, sorted, each once."""
    specifier: str = ""
    """Clauses as `packaging` prints them, sorted, joined by commas without spaces; empty for any version."""
    marker: str = ""
    """As `packaging` prints it; empty for every environment."""
    url: str = ""
    """The direct reference; empty for a requirement that an index answers."""

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        what = f"{self.name}{extras} @ {self.url}" if self.url else f"{self.name}{extras}{self.specifier}"
        separator = " ; " if self.url else "; "
        return f"{what}{separator}{self.marker}" if self.marker else what


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A requirement that a person wrote, and where."""

    requirement: Requirement
    origin: Origin


@cache
def parse(text: str) -> Requirement:
    """Give the requirement that `text` writes.

    Raises ValueError (packaging's `InvalidRequirement`, which says where and why) when it is not PEP 508.
    """
    from packaging.requirements import Requirement as Parsed

    parsed = Parsed(text)
    return Requirement(
        name=normalize(parsed.name),
        extras=tuple(sorted({ExtraName(normalize(extra)) for extra in parsed.extras})),
        specifier=",".join(sorted(str(clause) for clause in parsed.specifier)),
        marker=str(parsed.marker) if parsed.marker else "",
        url=parsed.url or "",
    )
