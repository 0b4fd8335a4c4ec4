"""Read text in lockenv's own layout, several times sooner than tomllib alone.

Pure. Values in the layout of `layout` that fill nearly all of a lock (files, dependencies, requires-dist) are cut out
by regular expressions that match nothing else; a mark stands for each while tomllib reads the rest. Never: an answer
where tomllib would give another one, or an error; then there is no answer, and tomllib is asked about the whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from lockenv.vocabulary import toml
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    import re

_STRING = r'"([^"\\\x00-\x1f\x7f]*)"'
_SOME_STRING = _STRING.replace("*", "+")
_FILE = (
    rf"\{{ (?:name = {_SOME_STRING}, )?"
    r"(?:upload-time = ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z), )?"
    rf"url = {_STRING}, (?:size = (0|[1-9][0-9]{{0,17}}), )?hashes = \{{ sha256 = {_STRING} \}} \}}"
)
_FILES = lazy_pattern(rf"^    {_FILE},$", "m")
_DEPENDENCIES = lazy_pattern(rf"^    \{{ name = {_SOME_STRING}(?:, version = {_SOME_STRING})? \}},$", "m")
_TEXTS = lazy_pattern(r'"([^"\\\x00-\x1f\x7f]*(?:\\["\\][^"\\\x00-\x1f\x7f]*)*)"')
_ESCAPED = lazy_pattern(r"\\(.)")
_BLOCKS = lazy_pattern(
    r"^(?:"
    r"(wheels|dependencies) = \[\n((?:    \{ .*\n)+)\]"
    r"|(sdist) = (\{ .* \})"
    r'|(requires-dist) = \[(".*"|\n(?:    ".*\n)+)\]'
    r")$",
    "m",
)
_MARK = "<cut from the lock "
# With any of these in the text, a line may be part of a string, or a string may spell a mark in another way.
_UNSURE = lazy_pattern(r'"""|\'\'\'|\\[uUx]|' + _MARK)


def parse_own(text: str) -> dict[str, Any] | None:
    """Return what tomllib makes of `text`, or None where that is not sure.

    A value that stands where it does not belong leaves its mark unused, or makes the rest invalid.
    """
    if _UNSURE.search(text) is not None:
        return None
    cut: dict[str, list[Any]] = {}

    def take(match: re.Match[str]) -> str:
        key = match[1] or match[3] or match[5]
        values = _values(key, match[2] or match[4] or match[6])
        if values is None:
            return match[0]
        mark = f"{_MARK}{len(cut)}>"
        cut[mark] = values
        return f'{key} = "{mark}"'

    rest = _BLOCKS.sub(take, text)
    try:
        document = toml.loads(rest)
    except (ValueError, RecursionError):
        return None
    packages = document.get("packages")
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict):
            _put_back(package, cut)
    return None if cut else document


def _values(key: str, body: str) -> list[Any] | None:
    """Return the elements of the array `body` (or the table itself, for an sdist) in our layout; else None."""
    match key:
        case "dependencies":
            found = _DEPENDENCIES.findall(body)
            tables = [{"name": name, "version": version} if version else {"name": name} for name, version in found]
            return tables if len(tables) == body.count("\n") else None
        case "requires-dist":
            texts: list[str] = _TEXTS.findall(body)
            lined = body.startswith("\n")
            again = "\n" + "".join([f'    "{each}",\n' for each in texts]) if lined else '"' + '", "'.join(texts) + '"'
            return [_ESCAPED.sub(_bare, each) if "\\" in each else each for each in texts] if again == body else None
    rows = _FILES.findall(body if key == "wheels" else f"    {body},")
    if len(rows) != (body.count("\n") or 1):
        return None
    try:
        return [_file(row) for row in rows]
    except ValueError:
        return None


def _bare(escaped: re.Match[str]) -> str:
    return escaped[1]


def _file(row: tuple[str, ...]) -> dict[str, Any]:
    name, moment, url, size, sha256 = row
    table: dict[str, Any] = {}
    if name:
        table["name"] = name
    if moment:
        table["upload-time"] = datetime.fromisoformat(moment)
    table["url"] = url
    if size:
        table["size"] = int(size)
    table["hashes"] = {"sha256": sha256}
    return table


def _put_back(package: dict[str, Any], cut: dict[str, list[Any]]) -> None:
    """Move what was cut to where its mark stands, if that is where `layout` writes such values."""
    for key in ("dependencies", "sdist", "wheels"):
        mark = package.get(key)
        if isinstance(mark, str) and mark in cut:
            values = cut.pop(mark)
            package[key] = values[0] if key == "sdist" else values
    tool = package.get("tool")
    mine = tool.get("lockenv") if isinstance(tool, dict) else None
    mark = mine.get("requires-dist") if isinstance(mine, dict) else None
    if isinstance(mine, dict) and isinstance(mark, str) and mark in cut:
        mine["requires-dist"] = cut.pop(mark)
