"""Read and write the text of a lock.

Pure: text goes in, a checked Lock comes out; a document goes in, canonical text comes out. Reading is exact TOML:
the shortcut for lines that lockenv itself writes gives what tomllib gives, several times sooner.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from lockenv.errors import InputError
from lockenv.lockfile.layout import lay_out
from lockenv.lockfile.lock import Lock, at_offset
from lockenv.lockfile.structure import check
from lockenv.vocabulary.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Lock", "decode", "read", "write"]

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: |\r?$)|^={7}\r?$", re.MULTILINE)
_AT = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")

_STRING = r'"([^"\\\x00-\x1f\x7f]*)"'
_LINE = (
    r'\{ (?:name = "([^"\\\x00-\x1f\x7f]+)", )?'
    r"(?:upload-time = ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z), )?"
    rf"url = {_STRING}, (?:size = (0|[1-9][0-9]{{0,17}}), )?hashes = \{{ sha256 = {_STRING} \}} \}}"
)
_FILES = re.compile(r"^    " + _LINE + r",$", re.MULTILINE)
_BLOCK = re.compile(rf"^wheels = \[\n((?:    \{{ .*\n)+)\]$|^sdist = ({_LINE})$", re.MULTILINE)
_MARK = "<files of entry "
# With any of these in the text, a line may be part of a string, or a string may spell the mark in another way.
_UNSURE = re.compile(r'"""|\'\'\'|\\[uUx]|' + _MARK)


def read(text: str, file: str = "pylock.toml") -> Lock:
    """Give the lock that `text` writes; `file` is how messages name it.

    Raises InputError, pointing at the place, when it is not TOML, not a lock of a version that lockenv reads, or not
    well-formed. The files of its packages are checked by `select` (those it selects) and `validate` (all).
    """
    lock = Lock(document=_parse(text, file), file=file, text=text)
    notes = check(lock)
    return Lock(document=lock.document, file=file, text=text, notes=notes) if notes else lock


def write(document: Mapping[str, Any]) -> str:
    """Give the canonical text of `document`, which reads back as `document` with its packages sorted."""
    return lay_out(document)


def decode(content: bytes, file: str = "pylock.toml") -> str:
    """Give the text of a lock's bytes; raise InputError where they are not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise InputError(
            "the lock is not UTF-8 text",
            hint="restore it from version control, or lock again",
            origin=Origin(file=file, line=line, column=column),
        ) from error


def _parse(text: str, file: str) -> dict[str, Any]:
    if _UNSURE.search(text) is None:
        document = _parse_own(text)
        if document is not None:
            return document
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError("the lock nests values too deeply", origin=Origin(file=file)) from error
    except ValueError as error:
        _fail(text, file, error)


def _parse_own(text: str) -> dict[str, Any] | None:
    """Give what tomllib makes of `text`, or None where the shortcut is not sure to agree.

    Blocks of file lines in our layout are cut out by regular expressions that match nothing else; a mark stands for
    each while tomllib reads the rest. A block in a place where it does not belong leaves its mark unused, or makes the
    rest invalid: then tomllib is asked about the whole.
    """
    cut: dict[str, list[dict[str, Any]]] = {}

    def take(match: re.Match[str]) -> str:
        rows = _FILES.findall(match[1] or f"    {match[2]},")
        if match[1] and len(rows) != match[1].count("\n"):
            return match[0]
        mark = f"{_MARK}{len(cut)}>"
        try:
            cut[mark] = [_file(row) for row in rows]
        except ValueError:
            return match[0]
        return f'{"wheels" if match[1] else "sdist"} = "{mark}"'

    rest = _BLOCK.sub(take, text)
    try:
        document = tomllib.loads(rest)
    except (ValueError, RecursionError):
        return None
    packages = document.get("packages")
    if not isinstance(packages, list):
        return None if cut else document
    for package in packages:
        if isinstance(package, dict):
            _put_back(package, cut)
    return None if cut else document


def _put_back(package: dict[str, Any], cut: dict[str, list[dict[str, Any]]]) -> None:
    wheels, sdist = package.get("wheels"), package.get("sdist")
    if isinstance(wheels, str) and wheels in cut:
        package["wheels"] = cut.pop(wheels)
    if isinstance(sdist, str) and sdist in cut:
        (package["sdist"],) = cut.pop(sdist)


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


def _fail(text: str, file: str, error: ValueError) -> NoReturn:
    conflict = _CONFLICT.search(text)
    if conflict:
        origin = at_offset(text, file, conflict.start())
        raise InputError(
            f"the lock has unresolved merge conflict markers at line {origin.line}",
            hint="keep either side of the file, then run `lockenv lock`",
            origin=origin,
        ) from error
    message = str(error)
    at = _AT.search(message)
    origin = Origin(file=file)
    if at:
        message = message[: at.start()]
        origin = _at_line(text, file, int(at[1]), int(at[2])) if at[1] else at_offset(text, file, len(text.rstrip()))
    raise InputError(
        f"the lock is not valid TOML: {message[:1].lower()}{message[1:]}",
        hint="restore it from version control, or lock again",
        origin=origin,
    ) from error


def _at_line(text: str, file: str, line: int, column: int) -> Origin:
    lines = text.split("\n")
    source = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    return Origin(file=file, line=line, column=column, source=source)
