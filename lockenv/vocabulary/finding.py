"""What a look at a lock found, for a person, a review or a scanner. Values only."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Literal

    from lockenv.errors import Place

    Level = Literal["error", "warning", "note"]
    """An `error` makes the answer no; a `warning` should be looked at; a `note` is good to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing, where it is written, and what fixes it."""

    rule: str
    """The stable id of what was looked for, such as `stale`."""
    level: Level
    sentence: str
    origin: Place | None = None
    """The place to change; None where there is none."""
    hint: str = ""
    """What to do, naming the command where there is one; empty when nothing is to be done."""
