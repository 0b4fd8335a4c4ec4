"""What an index once said of a locked file, and whether it says the same now.

Pure: tables of files go in; a sentence, or whether two statements differ, comes out. Hashes are no matter here: a file
of other bytes is another file, and refused.
"""

from __future__ import annotations

from lockenv.lockfile.lock import filename_of
from lockenv.vocabulary.light_datetime import UTC, datetime, timedelta

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from lockenv.lockfile.lock import Lock

_MOST = 3
"""Files that one sentence names."""
_CLOSE = timedelta(seconds=1)
"""Moments closer than that are one: tools write fractions of a second to different lengths."""


def changed(document: Mapping[str, Any], old: Lock) -> str:
    """Return what the new lock `document` says otherwise than `old` of files that stay; empty for nothing.

    Compared are the sizes and upload times of files with the same name and hash, of the same release and index.
    """
    before = {_key(package): package for package in old.document["packages"]}
    found = []
    for package in document["packages"]:
        was = before.get(_key(package))
        if was is None or all(was.get(key) == package.get(key) for key in ("sdist", "wheels")):
            continue
        found += [f"{package['name']} {package.get('version', '')}: {each}" for each in _facts(was, package)]
    if not found:
        return ""
    more = f" (and {len(found) - _MOST} more)" if len(found) > _MOST else ""
    return f"the index changed what it states about locked files: {'; '.join(found[:_MOST])}{more}"


def is_another_moment(one: datetime, other: datetime) -> bool:
    """Return whether two upload times differ by a second or more; one without a zone is in UTC."""
    return abs(_zoned(one) - _zoned(other)) >= _CLOSE


def moment_text(moment: datetime) -> str:
    """Return an upload time as a sentence has it, to the second."""
    return _zoned(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _zoned(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _key(package: Mapping[str, Any]) -> tuple[str, str, str]:
    return package["name"], package.get("version", ""), package.get("index", "")


def _facts(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield a clause for each file of an entry of which something else is said."""
    tables = {filename_of(each): each for each in _files(was)}
    for table in _files(now):
        name = filename_of(table)
        old = tables.get(name)
        if old is None or old.get("hashes") != table.get("hashes"):
            continue
        parts = []
        if "size" in old and "size" in table and old["size"] != table["size"]:
            parts.append(f"size {table['size']} (locked {old['size']})")
        first, last = old.get("upload-time"), table.get("upload-time")
        if isinstance(first, datetime) and isinstance(last, datetime) and is_another_moment(first, last):
            parts.append(f"upload time {moment_text(last)} (locked {moment_text(first)})")
        if parts:
            yield f"{name} has {' and '.join(parts)}"


def _files(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*([package["sdist"]] if "sdist" in package else []), *package.get("wheels", ())]
