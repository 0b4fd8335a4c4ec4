"""Put new keys into the text of a TOML document, in the table that they belong to.

Pure: text that `tomllib` has accepted, a path and a value go in; the new text comes out, everything else as it was.
Line ends are single line feeds here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.project import messages
from lockenv.project.arrays import written
from lockenv.project.positions import spots
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.project.positions import Path

_LONGEST = 88
"""Characters of a line, beyond which an array gets one line for each element."""
_BARE = lazy_pattern(r"[A-Za-z0-9_-]+")


def put(text: str, path: Path, value: Any) -> str:
    """Return `text` with `value` at `path`, where nothing is: at the end of its table, which is made where it lacks."""
    if text and not text.endswith("\n"):
        text += "\n"
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value) and path[0] == "tool":
        for one in value:
            lines = "".join(f"{_key(key)} = {literal(each)}\n" for key, each in one.items())
            text = _with_section(text, path, f"[[{_header(path)}]]\n{lines}")
        return text
    line = f"{_key(str(path[-1]))} = {literal(value)}\n"
    table = path[:-1]
    for place, start, end in _sections(text):
        if place == table and not text[start:end].lstrip(" \t").startswith("[["):
            at = _end_of_keys(text, start, end)
            return text[:at] + line + text[at:]
    return _with_section(text, table, f"[{_header(table)}]\n{line}")


def literal(value: Any) -> str:
    """Return `value` as TOML: an array on one line where that is short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(str(key))} = {literal(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        elements = [literal(one) for one in value]
        line = f"[{', '.join(elements)}]"
        if len(line) <= _LONGEST and len(elements) < 5:
            return line
        return "[\n" + "".join(f"    {one},\n" for one in elements) + "]"
    return written(str(value)) if isinstance(value, str) else str(value)


def _with_section(text: str, table: Path, section: str) -> str:
    """Return `text` with a new section: behind the last one of its kind, else at the end; `[project]` before all."""
    sections = _sections(text)
    kind = table[:2] if table[0] == "tool" else table[:1]
    ends = [end for place, _, end in sections if place[: len(kind)] == kind]
    if not ends and kind == ("dependency-groups",):
        ends = [end for place, _, end in sections if place[:1] == ("project",)]
    if not ends and kind == ("project",) and not _first_keys(text, sections):
        return f"{section}\n{text}" if text.strip() else section
    if not ends:
        before = text.rstrip("\n")
        return f"{before}\n\n{section}" if before else section
    at = _end_of_keys(text, 0, max(ends))
    rest = text[at:].lstrip("\n")
    return text[:at] + "\n" + section + (f"\n{rest}" if rest else "")


def _first_keys(text: str, sections: Sequence[tuple[Path, int, int]]) -> bool:
    """Return whether there are keys before the first header, which a new section would take over."""
    first = sections[0][1] if sections else len(text)
    return any(line.strip() and not line.lstrip().startswith("#") for line in text[:first].splitlines())


def _sections(text: str) -> list[tuple[Path, int, int]]:
    """Return the path of each header, the offset of its line, and that of the next header's line."""
    found: list[tuple[Path, int]] = []
    for path, spot in spots(text).items():
        start = text.rfind("\n", 0, spot.key) + 1
        if spot.key == spot.value and text[start : spot.key].lstrip().startswith("["):
            if found and found[-1][1] == start:
                found[-1] = (path, start)
            else:
                found.append((path, start))
    found.sort(key=lambda one: one[1])
    ends = [start for _, start in found[1:]] + [len(text)]
    return [(path, start, end) for (path, start), end in zip(found, ends, strict=False)]


def _end_of_keys(text: str, start: int, end: int) -> int:
    """Return where the last key of a section ends: blank lines and comments behind it belong to what follows."""
    lines = text[start:end].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")) and len(lines) > 1:
        end -= len(lines.pop())
    return end


def _header(path: Path) -> str:
    return ".".join(_key(str(key)) for key in path if isinstance(key, str))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else messages.key_text((key,))
