"""Read text in lockenv's own layout, several times sooner than tomllib alone.

Pure. Regular expressions that match nothing else read the entries whose keys are the usual ones; tomllib reads what
is before and after them. Where an entry has another key, or another layout, only the values that fill nearly all
of a lock (files, dependencies, requires-dist) are cut out, and a mark replaces each while tomllib reads the rest.
Never: an answer where tomllib would have another one, or an error; then there is no answer, and tomllib is asked about
the whole.
"""

from __future__ import annotations

from lockenv.vocabulary import text_memory, toml
from lockenv.vocabulary.light_datetime import datetime
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence
    from typing import Any

_STRING = r'"([^"\\\n]*)"'
"""Other control characters are in no text that comes here: see `parse_own`."""
_SOME_STRING = _STRING.replace("*", "+")
_TEXT = '"([^"]*)"'
"""A string where nothing is escaped and no row holds a line feed: `_rows` sees to it, which takes half of the time."""
_FILE = (
    r"\{ (?:name = "
    + _TEXT.replace("*", "+")
    + r", )?(?:upload-time = ([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z), )?"
    + rf"url = {_TEXT}, (?:size = (0|[1-9][0-9]{{0,17}}), )?hashes = \{{ sha256 = {_TEXT} \}} \}}"
)
_FILES = lazy_pattern(rf"^    {_FILE},$", "m")
_DEPENDENCIES = lazy_pattern(rf"^    \{{ name = {_SOME_STRING}(?:, version = {_SOME_STRING})? \}},$", "m")
_TEXTS = lazy_pattern(r'"([^"\\\n]*(?:\\["\\][^"\\\n]*)*)"')
_ESCAPED = lazy_pattern(r"\\(.)")
_ROWS = r"\[\n((?:    \{ .*\n)+)\]"
_REQUIREMENTS = r'\[(".*"|\n(?:    ".*\n)+)\]'
_BLOCKS = lazy_pattern(
    rf"^(?:(wheels|dependencies) = {_ROWS}|(sdist) = (\{{ .* \}})|(requires-dist) = {_REQUIREMENTS})$", "m"
)
_IDENTITIES = "attestation-identities"
_LARGE = frozenset({"dependencies", "sdist", "wheels", "requires-dist", _IDENTITIES})
_HEADER = "\n[[packages]]\n"
_OWN_HEADER = "\n[packages.tool.lockenv]\n"
_KEYS = ("name", "version", "marker", "requires-python", "dependencies", "index", "sdist", "wheels", _IDENTITIES)
_OWN_KEYS = ("combined", "digest", "requires-dist", "yanked")
_USUAL = lazy_pattern(
    rf"name = {_SOME_STRING}\n"
    rf"(?:version = {_STRING}\n)?(?:marker = {_STRING}\n)?(?:requires-python = {_STRING}\n)?"
    rf"(?:dependencies = {_ROWS}\n)?(?:index = {_STRING}\n)?(?:sdist = (\{{ .* \}})\n)?(?:wheels = {_ROWS}\n)?"
    rf"(?:{_IDENTITIES} = {_ROWS}\n)?"
)
"""An entry between its header and that of our table, from a release on an index."""
_USUAL_OWN = lazy_pattern(
    rf"(?:combined = (true)\n)?digest = {_STRING}\n(?:requires-dist = {_REQUIREMENTS}\n)?(?:yanked = {_STRING}\n)?"
)
_FIELD = lazy_pattern(rf"([A-Za-z0-9_-]+) = {_STRING}")
_MANY = 100_000
"""Entries, more than any honest lock has: these are left to tomllib, and to the limit that `toml` sets it."""
_CONTROLS = bytes([*range(0x0A), *range(0x0B, 0x20), 0x7F])
"""The control characters of ASCII but the line feed; a tab, which TOML allows in a string, is left to tomllib."""
_MARK = "<cut from the lock "
_UNSURE = ('"""', "'''", "\\u", "\\U", "\\x", _MARK)
"""With any of these in the text, a line may be part of a string, or a string may spell a mark in another way."""


def parse_own(text: str) -> dict[str, Any] | None:
    """Return what tomllib makes of `text`, or None where that is not sure."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        return None
    try:
        return _of_usual_entries(text) or _of_marked_rest(text)
    except (ValueError, RecursionError):
        return None


def _of_usual_entries(text: str) -> dict[str, Any] | None:
    """Return what `text` says where each of its entries is a usual one; else None.

    What is before the entries is TOML by itself, and so is what is behind them, which begins with the header of a
    table: what neither of them leaves open, the entries cannot be a part of.
    """
    head, *entries = text.split(_HEADER)
    if not entries or len(entries) > _MANY:
        return None
    entries[-1], header, tail = entries[-1].partition("\n[tool.")
    packages = [entry for each in entries if (entry := _entry(each)) is not None]
    if len(packages) != len(entries):
        return None
    before, behind = (text_memory.made("toml", each, toml.loads) for each in (head, header + tail))
    if "packages" in before or "packages" in behind or before.keys() & behind.keys():
        return None
    return {**before, "packages": packages, **behind}


def _entry(text: str) -> dict[str, Any] | None:
    """Return the usual entry that `text` is; None for anything else."""
    at = text.find(_OWN_HEADER)
    match = _USUAL.fullmatch(text, 0, max(at, 0))
    if match is None:
        return None
    table, own = _read(_KEYS, match.groups()), _own(text, at + len(_OWN_HEADER))
    if table is None or own is None:
        return None
    table["tool"] = {"lockenv": own}
    return table


def _own(text: str, start: int) -> dict[str, Any] | None:
    """Return our table of an entry, which is `text` from `start` on; None where another table follows it.

    Keys that only some locks have are left to tomllib: what it reads to its end leaves nothing open.
    """
    match = _USUAL_OWN.fullmatch(text, start)
    if match is not None:
        return _read(_OWN_KEYS, match.groups())
    return None if "\n[" in text[start - 1 :] else toml.loads(text[start:])


def _read(keys: tuple[str, ...], bodies: Sequence[str | None]) -> dict[str, Any] | None:
    """Return the keys that have a body, with their values; None where one is in another layout."""
    found: dict[str, Any] = {}
    for key, body in zip(keys, bodies, strict=False):
        if body is None:
            continue
        if key in _LARGE:
            values = _values(key, body)
            if values is None:
                return None
            found[key] = values[0] if key == "sdist" else values
        else:
            found[key] = True if key == "combined" else body
    return found


def _of_marked_rest(text: str) -> dict[str, Any] | None:
    """Return what `text` says, its large values cut out; None where a mark of one is not found again.

    A value that is where it does not belong leaves its mark unused, or makes the rest invalid.
    """
    if any(each in text for each in _UNSURE):
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

    document = toml.loads(_BLOCKS.sub(take, text))
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
        case "attestation-identities":
            return _identities(body)
        case "requires-dist":
            texts: list[str] = _TEXTS.findall(body)
            lined = body.startswith("\n")
            again = "\n" + "".join([f'    "{each}",\n' for each in texts]) if lined else '"' + '", "'.join(texts) + '"'
            return [_ESCAPED.sub(_bare, each) if "\\" in each else each for each in texts] if again == body else None
    files = _rows(body if key == "wheels" else f"    {body},\n")
    if files is None:
        return None
    try:
        return [_file(row) for row in files]
    except ValueError:
        return None


def _rows(lines: str) -> list[tuple[str, ...]] | None:
    """Return what `lines` say of a file each; None where one is in another layout.

    A row that matched across a line feed would leave less rows than lines.
    """
    rows: list[tuple[str, ...]] = _FILES.findall(lines)
    return rows if len(rows) == lines.count("\n") and "\\" not in lines else None


def _identities(body: str) -> list[Any] | None:
    """Return the tables of texts that `body` has, one on each line; None where it is another text than they have."""
    rows = [_FIELD.findall(row) for row in body.splitlines()]
    fields = [", ".join([f'{key} = "{text}"' for key, text in row]) for row in rows]
    tables = [dict(row) for row in rows]
    is_whole = body == "".join([f"    {{ {each} }},\n" for each in fields])
    return tables if is_whole and sum(map(len, tables)) == sum(map(len, rows)) else None


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
    """Move what was cut to where its mark is, if that is where `layout` writes such values."""
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
