"""Read and write the text of a lock.

Pure: text goes in, a checked Lock comes out; a document goes in, canonical text comes out. Reading is exact TOML.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.lockfile.fast_reader import parse_own
from lockenv.lockfile.lock import RESTORE, Lock, at_offset
from lockenv.lockfile.structure import check
from lockenv.vocabulary import toml
from lockenv.vocabulary.late import late
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from lockenv.lockfile import toml_writer
else:
    toml_writer = late("lockenv.lockfile.toml_writer")

__all__ = ["Lock", "decode", "read", "write"]

_CONFLICT = lazy_pattern(r"^(?:<{7}|>{7}|\|{7})(?: |\r?$)|^={7}\r?$", "m")
_AT = lazy_pattern(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")


def read(text: str, file: str = "pylock.toml") -> Lock:
    """Return the lock that `text` writes; `file` is how messages name it.

    Raises InputError, pointing at the place, when it is not TOML, not a lock of a version that lockenv reads, or not
    well-formed. The files of its packages are checked by `select` (those it selects) and `validate` (all).
    """
    lock = Lock(document=_parse(text, file), file=file, text=text)
    notes = check(lock)
    return Lock(document=lock.document, file=file, text=text, notes=notes) if notes else lock


def write(document: Mapping[str, Any]) -> str:
    """Return the canonical text of `document`, which reads back as `document` with its packages sorted."""
    return toml_writer.lay_out(document)


def decode(content: bytes, file: str = "pylock.toml") -> str:
    """Return the text of a lock's bytes; raise InputError where they are not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise InputError(
            "the lockfile is not UTF-8 text",
            hint=RESTORE,
            origin=Origin(file=file, line=line, column=column),
        ) from error


def _parse(text: str, file: str) -> dict[str, Any]:
    document = parse_own(text)
    if document is not None:
        return document
    try:
        return toml.loads(text)
    except RecursionError as error:
        raise InputError("the lockfile nests values too deeply", hint=RESTORE, origin=Origin(file=file)) from error
    except ValueError as error:
        _fail(text, file, error)


def _fail(text: str, file: str, error: ValueError) -> NoReturn:
    conflict = _CONFLICT.search(text)
    if conflict:
        origin = at_offset(text, file, conflict.start())
        raise InputError(
            f"the lockfile has unresolved merge conflict markers at line {origin.line}",
            hint="run `lockenv lock` to lock again, preferring the pins of both sides",
            origin=origin,
        ) from error
    message = str(error)
    at = _AT.search(message)
    origin = Origin(file=file)
    if at:
        message = message[: at.start()]
        origin = _at_line(text, file, int(at[1]), int(at[2])) if at[1] else at_offset(text, file, len(text.rstrip()))
    raise InputError(
        f"the lockfile is not valid TOML: {message[:1].lower()}{message[1:]}",
        hint=RESTORE,
        origin=origin,
    ) from error


def _at_line(text: str, file: str, line: int, column: int) -> Origin:
    lines = text.split("\n")
    source = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    return Origin(file=file, line=line, column=column, source=source)
