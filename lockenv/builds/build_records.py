"""What built wheels were, recorded in the lock of what builds: another machine reports when it builds other bytes.

A record never changes what is installed: `[tool]` tables must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.lockfile.lock import Lock

_KEY = "built"
_SOURCE = "sdist"


def recorded(lock: Lock | None, group: str, source: str, place: str) -> str:
    """Return the sha256 that `lock`, of build tools, records of what `group` builds of `source` in `place`, or none."""
    of_group = _records(lock).get(group, {})
    return str(of_group.get(place, "")) if of_group.get(_SOURCE) == source else ""


def carried(document: dict[str, Any], old: Lock | None) -> dict[str, Any]:
    """Return `document`, of a lock of build tools, with the records of `old` where both build with the same."""
    kept = {group: _records(old)[group] for group in document["dependency-groups"] if group in _records(old)}
    if old is None or not kept or old.document["packages"] != document["packages"]:
        return document
    return _with(document, kept)


def added(lock: Lock, group: str, source: str, place: str, sha256: str) -> dict[str, Any]:
    """Return the document of `lock`, of build tools, with one more record; those of other sources go."""
    before = _records(lock).get(group, {})
    kept = before if before.get(_SOURCE) == source else {_SOURCE: source}
    return _with(lock.document, {**_records(lock), group: {**kept, place: sha256}})


def _records(lock: Lock | None) -> Mapping[str, Mapping[str, Any]]:
    found = ((lock.own if lock else None) or {}).get(_KEY, {})
    return found if isinstance(found, dict) and all(isinstance(each, dict) for each in found.values()) else {}


def _with(document: Mapping[str, Any], records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    tool = document["tool"]
    return {**document, "tool": {**tool, "lockenv": {**tool["lockenv"], _KEY: records}}}
