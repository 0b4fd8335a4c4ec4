"""Where something was written, so that every error and every explanation can point there."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A place in a file of the user, or on the command line."""

    file: str
    """The file as the user would name it, relative to the project; `command line` for an option."""
    key: str = ""
    """The TOML key such as `project.dependencies[2]`; empty where the line says it all."""
    line: int = 0
    """Counted from 1; 0 when unknown."""
    column: int = 0
    """Of the first character at fault, counted from 1; 0 when unknown."""
    source: str = ""
    """The line itself, without its end, to be shown above a caret; empty when unknown."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} ({self.key})" if self.key else place
