"""Write a lock as text that reviews and merges well.

Pure: a TOML mapping goes in, its one canonical text comes out. One artifact is on one line; keys are in the order
of the pylock.toml specification, keys it does not know after them, sorted; packages are in the order of their names,
then versions; each input is on a line of its own, so that what two branches add goes together.
Never: a clock, a path of the machine, a change of meaning.
"""

from __future__ import annotations

from itertools import pairwise

from lockenv.errors import BugError, InputError
from lockenv.vocabulary.light_datetime import date, datetime, time
from lockenv.vocabulary.light_library import lru_cache
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import version_key

TYPE_CHECKING = False

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping
    from typing import Any

_WIDTH = 120
"""Columns up to which an array of plain values stays on one line."""

# pylock.toml specification, File Format: "Keys in tables [...] SHOULD be recorded in a consistent order".
TOP = (
    "lock-version",
    "environments",
    "requires-python",
    "extras",
    "dependency-groups",
    "default-groups",
    "created-by",
    "packages",
    "tool",
)
PACKAGE = (
    "name",
    "version",
    "marker",
    "requires-python",
    "dependencies",
    "vcs",
    "directory",
    "archive",
    "index",
    "sdist",
    "wheels",
    "attestation-identities",
    "tool",
)
_FILE = ("name", "upload-time", "url", "path", "size", "hashes")
_INLINE = {
    "dependencies": ("name", "version"),
    "vcs": ("type", "url", "path", "requested-revision", "commit-id", "subdirectory"),
    "directory": ("path", "editable", "subdirectory"),
    "archive": ("url", "path", "size", "upload-time", "hashes", "subdirectory"),
    "sdist": _FILE,
    "wheels": _FILE,
    "attestation-identities": ("kind",),
}
_MERGED = "tool.lockenv.inputs"
_ARRAYS = (list, tuple)
_TEXT = {str}
_ESCAPES = {"\b": "\\b", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ESCAPED = lazy_pattern(r'[\x00-\x08\x0a-\x1f\x7f"\\]')
_CONTROLS = bytes([*range(0x20), 0x7F])
"""The control characters of ASCII."""
_MOST_KNOWN = 100_000
_known_moments: dict[int, tuple[datetime, str]] = {}
"""How moments are written that were read from a text, by their identity: each lives as long as its entry."""
_BARE = lazy_pattern(r"[A-Za-z0-9_-]+")


def lay_out(document: Mapping[str, Any]) -> str:
    """Return the canonical text of `document`; equal documents have equal text.

    Reading it returns `document` again, its packages sorted. Raises InputError where it nests too deeply to be written.
    """
    head, tail = around(document)
    packages = document.get("packages") or ()
    return (head + "".join(map(package_text, by_name_and_version(packages))) + tail).lstrip("\n")


def around(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text of `document` before its packages, and behind them. Raises InputError as `lay_out` does."""
    before: list[str] = []
    behind: list[str] = []
    try:
        for key in _ordered(document, TOP):
            value = document[key]
            if isinstance(value, dict):
                _table(_key(key), value, behind)
            elif key != "packages" or not value:
                _assign(key, value, before)
    except RecursionError as error:
        raise _too_deep() from error
    return "".join([f"{line}\n" for line in before]), "".join([f"{line}\n" for line in behind])


def package_text(package: Mapping[str, Any]) -> str:
    """Return the text of one entry, which begins with a blank line. Raises InputError as `lay_out` does."""
    try:
        return "\n".join([*_package(package), ""])
    except RecursionError as error:
        raise _too_deep() from error


def _too_deep() -> InputError:
    return InputError("the lockfile nests values too deeply", hint="restore it from version control")


def by_name_and_version(packages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the entries by name, then by version in the order of PEP 440, then by marker."""
    ordered = sorted(packages, key=lambda package: str(package["name"]))
    names = [package["name"] for package in ordered]
    if len(set(names)) == len(names):
        return ordered
    try:
        ordered = sorted(ordered, key=_order)
        if any(_order(one) == _order(other) for one, other in pairwise(ordered) if one["name"] == other["name"]):
            ordered.sort(key=lambda package: (*_order(package), _inline_table(package, PACKAGE)))
    except RecursionError as error:
        raise _too_deep() from error
    return ordered


def _order(package: Mapping[str, Any]) -> tuple[object, ...]:
    text = package.get("version", "")
    try:
        known: tuple[object, ...] = (1, version_key(text))
    except ValueError:  # InvalidVersion, or a number of more digits than Python reads
        known = (0, text)
    return (str(package["name"]), *known, str(package.get("marker", "")))


def _package(package: Mapping[str, Any]) -> list[str]:
    lines = ["", "[[packages]]"]
    for key in _ordered(package, PACKAGE):
        value = package[key]
        if type(value) is str:
            lines.append(f"{_key(key)} = {_string(value)}")
        elif key != "tool" or not isinstance(value, dict):
            _assign(key, value, lines)
    if isinstance(package.get("tool"), dict):
        _table("packages.tool", package["tool"], lines)
    return lines


def _table(path: str, table: Mapping[str, Any], lines: list[str]) -> None:
    """Add a table under its own header to `lines`; tables in it follow it, under theirs."""
    plain = sorted([key for key, value in table.items() if not isinstance(value, dict)])
    nested = sorted(table.keys() - plain) if len(plain) < len(table) else ()
    if plain or not nested:
        lines += ("", f"[{path}]")
    # What two branches add to the inputs merges only if it is not one line.
    is_merged = path.startswith(_MERGED)
    for key in plain:
        _assign(key, table[key], lines, is_merged=is_merged)
    for key in nested:
        _table(f"{path}.{_key(key)}", table[key], lines)


def _assign(key: str, value: object, lines: list[str], *, is_merged: bool = False) -> None:
    """Add a key and its value to `lines`."""
    order = _INLINE.get(key, ())
    if isinstance(value, dict):
        text = _plain_files((value,))[4:-1] if order is _FILE else ""
        lines.append(f"{_key(key)} = {text or _inline_table(value, order)}")
        return
    if not isinstance(value, _ARRAYS):
        lines.append(f"{_key(key)} = {_value(value)}")
        return
    kinds = set(map(type, value))
    texts = _plain_texts(value) if kinds == _TEXT else None
    if not (is_merged and value) and dict not in kinds:
        line = f"{_key(key)} = [{', '.join(texts or [_value(item) for item in value])}]"
        if len(line) <= _WIDTH:
            lines.append(line)
            return
    lines.append(f"{_key(key)} = [")
    if order is _FILE and (files := _plain_files(value)):
        lines.append(files)
    elif texts:
        lines.append("    " + ",\n    ".join(texts) + ",")
    else:
        lines += [f"    {_inline_table(item, order) if isinstance(item, dict) else _value(item)}," for item in value]
    lines.append("]")


def _plain_texts(texts: Iterable[str]) -> list[str] | None:
    """Return strings as `_string` writes them; None where in one of them something may have to be escaped."""
    together = "".join(texts)
    if not together.isprintable() or '"' in together or "\\" in together:
        return None
    return [f'"{text}"' for text in texts]


def _plain_files(tables: Iterable[Mapping[str, Any]]) -> str:
    """Return the lines of files as indexes describe most of them; empty where one is another table.

    Says what `_inline_table` says of them, several times sooner: files are nine tenths of a lock.
    """
    lines: list[str] = []
    texts: list[str] = []
    try:
        for table in tables:
            moment, url, size, hashes = table["upload-time"], table["url"], table["size"], table["hashes"]
            if len(table) != 4 or len(hashes) != 1 or type(size) is not int or type(moment) is not datetime:
                return ""
            known, digest = _known_moments.get(id(moment)), hashes["sha256"]
            when = known[1] if known is not None else _moment(moment)
            lines.append(
                f'    {{ upload-time = {when}, url = "{url}", size = {size}, hashes = {{ sha256 = "{digest}" }} }},'
            )
            texts += (url, digest)
        together = "".join(texts)
    except (KeyError, TypeError):
        return ""
    raw = together.encode("utf-8", "surrogatepass")
    is_plain = '"' not in together and "\\" not in together and len(raw.translate(None, _CONTROLS)) == len(raw)
    return "\n".join(lines) if is_plain else ""


def _ordered(table: Mapping[str, Any], order: tuple[str, ...]) -> list[str]:
    known = [key for key in order if key in table]
    return known if len(known) == len(table) else known + sorted(table.keys() - set(order))


def _inline_table(table: Mapping[str, Any], order: tuple[str, ...] = ()) -> str:
    if not table:
        return "{}"
    if len(table) == 1 and type(name := table.get("name")) is str:
        return f"{{ name = {_string(name)} }}"
    return "{ " + ", ".join([f"{_key(key)} = {_value(table[key])}" for key in _ordered(table, order)]) + " }"


@lru_cache(maxsize=256)
def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    if not text.isprintable():
        text = _ESCAPED.sub(_escape, text)
    elif '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _value(value: object) -> str:
    """Any value on one line, as tomli-w writes it but for the layout of arrays and of moments."""
    if type(value) is str:
        return _string(value)
    match value:
        case str():
            return _string(value)
        case bool():
            return "true" if value else "false"
        case dict():
            return _inline_table(value)
        case int():
            return str(value)
        case datetime():
            return _moment(value)
        case float() | date() | time() if getattr(value, "tzinfo", None) is None:
            return _rare_value(value)
        case list() | tuple():
            return f"[{', '.join([_value(item) for item in value])}]"
    raise BugError(f"a lockfile cannot contain a {type(value).__name__}")


def _rare_value(value: float | date | time) -> str:
    """Return what only keys that lockenv does not know hold, as tomli-w writes it."""
    import tomli_w

    return tomli_w.dumps({"_": value}).removeprefix("_ = ").rstrip()


def known_moment(moment: datetime, text: str) -> datetime:
    """Return `moment`, of UTC, that was read from `text`, which is remembered where it is written like that here.

    To find out takes a tenth of the time of writing it, and most locks have hundreds.
    """
    # It was read: where these characters are in their places, all others are digits, and all are there.
    marks, size = text[4:20:3], len(text)
    is_whole = size == 20 and marks == "--T::Z"
    has_fraction = size == 27 and marks == "--T::." and text[26] == "Z" and moment.microsecond > 0
    if (is_whole or has_fraction) and text[11:13] != "24":  # which a newer Python reads as the next day
        if len(_known_moments) > _MOST_KNOWN:
            _known_moments.clear()
        _known_moments[id(moment)] = moment, text
    return moment


def _moment(value: datetime) -> str:
    # RFC 3339, section 5.6; the shorter of its two ways to write UTC.
    text = value.isoformat()
    return f"{text[:-6]}Z" if text[-6:] == "+00:00" else text
