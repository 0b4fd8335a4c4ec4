"""Read a dump of OSV: a zip archive of JSON records (OSV schema), as its publishers offer one for each ecosystem.

Pure: the bytes of the archive go in, a text with one line for each project comes out; that text and a release go in,
advisories come out. Never: a request, or a file.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

from lockenv.errors import InputError
from lockenv.index.advisories import Advisory, advisory_of, tables
from lockenv.vocabulary.names import is_valid, normalize
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.pep440 import version_key

if TYPE_CHECKING:
    from collections.abc import Iterator

_ECOSYSTEM: Final = "PyPI"
_MOMENT = lazy_pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2})?")
"""The beginning of a time of RFC 3339, to the second."""
_LONGEST: Final = 16 << 20
"""Bytes of one record."""
_MOST: Final = 2 << 30
"""Bytes of all records."""
_HINT: Final = "check `database` of [tool.lockenv.audit]: it is the URL or the path of a zip archive of OSV records"


def compact(content: bytes, url: str) -> bytes:
    """Return what a cache keeps of the archive `content`: a line for the newest record, then one for each project.

    What was withdrawn is left out, and so are other ecosystems. Raises InputError, naming `url`, for what is no such
    archive.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    newest = ""
    count = 0
    for record in _records(content, url):
        count += 1
        moment = _MOMENT.match(str(record.get("modified", "")))
        newest = max(newest, moment[0] if moment else "")
        if record.get("withdrawn") or not isinstance(record.get("id"), str):
            continue
        for affected in tables(record.get("affected")):
            package = affected.get("package")
            if not isinstance(package, dict) or package.get("ecosystem") != _ECOSYSTEM:
                continue
            # What is no name can be no project's, and would be more than the beginning of a line.
            if is_valid(name := str(package.get("name", ""))):
                found.setdefault(normalize(name), []).append(_kept(record, affected))
    if not count:
        raise InputError(f"{url} contains no OSV records", hint=_HINT)
    lines = [f"{name}\t{json.dumps(found[name], separators=(',', ':'))}\n" for name in sorted(found)]
    return f"{newest}\n{''.join(lines)}".encode()


def newest(payload: bytes) -> str:
    """Return when the newest record of a kept dump was changed, as it says; empty where none does."""
    return payload.partition(b"\n")[0].decode()


def of_release(payload: bytes, name: str, version: str) -> tuple[Advisory, ...]:
    """Return the advisories of a kept dump that are about a release."""
    start = payload.find(f"\n{name}\t".encode())
    if start < 0:
        return ()
    line = payload[start + len(name) + 2 : payload.find(b"\n", start + 1)]
    return tuple(_advisory(record) for record in json.loads(line) if _is_affected(record, version))


def _records(content: bytes, url: str) -> Iterator[dict[str, Any]]:
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                if member.is_dir() or not member.filename.endswith(".json"):
                    continue
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile("a record is compressed by another method than deflate")
                with archive.open(member) as stream:
                    text = stream.read(_LONGEST + 1)
                total += len(text)
                if len(text) > _LONGEST or total > _MOST:
                    raise InputError(f"{url}: its records are too long ({member.filename})", hint=_HINT)
                value = json.loads(text)
                if isinstance(value, dict):
                    yield value
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{url} is not a zip archive of OSV records: {error}", hint=_HINT) from error
    except ValueError as error:
        raise InputError(f"{url} contains a record that is not JSON", hint=_HINT) from error


def _kept(record: dict[str, Any], affected: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a record: what people read, and which versions of one project it is about."""
    # OSV schema, affected[].ranges[].type: of PyPI, versions are "ECOSYSTEM"; commits of a repository are no releases.
    ranges = [
        [(kind, str(event[kind])) for event in tables(span.get("events")) for kind in event if kind in _EVENTS]
        for span in tables(affected.get("ranges"))
        if span.get("type") == "ECOSYSTEM"
    ]
    fixed = [version for events in ranges for kind, version in events if kind == "fixed"]
    links = [str(link.get("url", "")) for link in tables(record.get("references"))]
    known = advisory_of(record, fixed=tuple(dict.fromkeys(fixed)), url=next(filter(None, links), ""))
    versions = affected.get("versions")
    return {
        "id": known.id,
        "aliases": list(known.aliases),
        "summary": known.summary,
        "fixed": list(known.fixed),
        "url": known.url,
        "versions": [str(one) for one in versions] if isinstance(versions, list) else [],
        "ranges": ranges,
    }


_EVENTS: Final = ("introduced", "fixed", "last_affected")


def _advisory(record: dict[str, Any]) -> Advisory:
    return Advisory(
        id=record["id"],
        aliases=tuple(record["aliases"]),
        summary=record["summary"],
        fixed=tuple(record["fixed"]),
        url=record["url"],
    )


def _is_affected(record: dict[str, Any], version: str) -> bool:
    """Return whether a record is about a version (OSV schema, "Evaluation")."""
    key = _key(version)
    if any(one == version or (key is not None and _key(one) == key) for one in record["versions"]):
        return True
    return key is not None and any(_is_within(events, key) for events in record["ranges"])


def _is_within(events: list[list[str]], key: Any) -> bool:
    ordered = sorted(
        ((found, kind) for kind, text in events if (found := () if text == "0" else _key(text)) is not None),
        key=lambda each: each[0],
    )
    is_in = False
    for found, kind in ordered:
        if kind == "introduced" and found <= key:
            is_in = True
        elif (kind == "fixed" and found <= key) or (kind == "last_affected" and found < key):
            is_in = False
    return is_in


def _key(text: str) -> Any:
    """Return the key of a version; None for what is none: it cannot be compared."""
    try:
        return version_key(text)
    except ValueError:
        return None
