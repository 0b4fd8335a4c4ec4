"""Break lines that are longer than a terminal is wide.

Pure: text goes in, with its changes of style, and text comes out. Never: a break within a word or a short command,
so that paths, addresses and commands can be copied whole.
"""

from __future__ import annotations

import unicodedata

from lockenv.vocabulary.patterns import lazy_pattern

_STYLE = lazy_pattern(r"\x1b\[[0-9;]*m")
_COMMAND = lazy_pattern(r"`[^`]*`")
_TIED = "\x00"
"""A space at which no line ends, here alone: what is written to a terminal has no such character."""
_WIDE = ("W", "F")


def wrapped(text: str, width: int, *, hanging: int = 2) -> str:
    """Return `text` with each of its lines broken at spaces, so that none takes more than `width` columns.

    What is left of a line is `hanging` columns further right than its beginning.
    """
    return "\n".join(_broken(line, width, hanging) for line in text.split("\n"))


def cells(text: str) -> int:
    """Return how many columns `text` takes: a change of style none, a wide character two."""
    return sum(1 + (unicodedata.east_asian_width(char) in _WIDE) for char in _STYLE.sub("", text))


def window(source: str, before: str, width: int) -> tuple[str, str]:
    """Return at most `width` characters of a line of source around the end of `before`, and what they show of that."""
    start = max(0, min(len(before) - width // 3, len(source) - width))
    shown = source[start : start + width]
    if start:
        shown = f"…{shown[1:]}"
    if start + width < len(source):
        shown = f"{shown[:-1]}…"
    return shown, before[start:]


def _broken(line: str, width: int, hanging: int) -> str:
    if cells(line) <= width:
        return line
    indent = len(line) - len(line.lstrip(" "))
    lines, now, room = [], " " * indent, indent
    is_fresh = True
    tied = _COMMAND.sub(lambda found: found[0].replace(" ", _TIED) if len(found[0]) * 2 < width else found[0], line)
    for word in tied[indent:].split(" "):
        size = cells(word)
        if not is_fresh and room + 1 + size > width:
            lines.append(now)
            now, room, is_fresh = " " * (indent + hanging), indent + hanging, True
        now += word if is_fresh else f" {word}"
        room += size + (not is_fresh)
        is_fresh = False
    return "\n".join([*lines, now]).replace(_TIED, " ")
