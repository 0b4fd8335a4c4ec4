"""Text in which `▲` marks the character that an error points at."""

from __future__ import annotations

from lockenv.vocabulary.origin import Origin

MARK = "▲"


def unmarked(text: str) -> str:
    """Return `text` without its mark."""
    return text.replace(MARK, "")


def marked_origin(text: str, file: str, key: str) -> Origin:
    """Return the origin that the mark in `text` means."""
    before, _, _ = text.partition(MARK)
    line = before.count("\n") + 1
    source = unmarked(text).split("\n")[line - 1]
    return Origin(file=file, key=key, line=line, column=len(before) - before.rfind("\n"), source=source)
