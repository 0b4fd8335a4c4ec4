"""Tell what changed between two locks, as a reviewer needs to know it.

Pure. A release that moved is one change, not a removal and an addition; the same version from other bytes is told
apart from everything else, since that is what an attack looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.lockfile.artifact import filename
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.names import NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One entry of a lock, as a change shows it."""

    version: str
    """Empty for an entry without one."""
    marker: str = ""
    """As the lock has it; empty for everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A release of a name that the old lock does not have."""

    name: NormalizedName
    release: Release

    def __str__(self) -> str:
        return f"+ {self.name} {_title(self.release)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A release of a name that the new lock does not have any more."""

    name: NormalizedName
    release: Release

    def __str__(self) -> str:
        return f"- {self.name} {_title(self.release)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A release that moved to another version, or to other environments."""

    name: NormalizedName
    old: Release
    new: Release

    def __str__(self) -> str:
        if self.old.version != self.new.version and self.old.marker == self.new.marker:
            return f"~ {self.name} {self.old.version} → {_title(self.new)}"
        if self.old.version == self.new.version:
            return f"~ {self.name} {self.old.version} ; {_where(self.old.marker)} → {_where(self.new.marker)}"
        return f"~ {self.name} {_title(self.old)} → {_title(self.new)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehashed:
    """A release whose files of the same name have other bytes than before."""

    name: NormalizedName
    version: str
    files: tuple[str, ...]
    """The names of the files concerned, sorted."""

    def __str__(self) -> str:
        return f"! {self.name} {self.version} HAS OTHER BYTES THAN BEFORE: {', '.join(self.files)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refiled:
    """A release that gained or lost files, or has them from elsewhere."""

    name: NormalizedName
    version: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    """The names of files with the same bytes under another URL; each part is sorted."""

    def __str__(self) -> str:
        parts = [(len(self.gained), "more"), (len(self.lost), "fewer"), (len(self.moved), "moved")]
        told = ", ".join(f"{count} {word}" for count, word in parts if count)
        return f"~ {self.name} {self.version} files: {told}"


Change = Added | Removed | Changed | Rehashed | Refiled


def diff(old: Lock | None, new: Lock) -> tuple[Change, ...]:
    """Give the changes from `old` (None for no lock) to `new`, by name, then in the order of the locks.

    Entries that only moved within the file, and keys other than versions, markers and files, are no change.
    """
    before, after = _by_name(old), _by_name(new)
    changes: list[Change] = []
    for name in sorted({*before, *after}):
        changes += _compare(name, before.get(name, []), after.get(name, []))
    return tuple(changes)


def _by_name(lock: Lock | None) -> dict[NormalizedName, list[Mapping[str, Any]]]:
    entries: dict[NormalizedName, list[Mapping[str, Any]]] = {}
    for package in lock.packages if lock else ():
        entries.setdefault(package["name"], []).append(package)
    return entries


def _compare(name: NormalizedName, old: list[Mapping[str, Any]], new: list[Mapping[str, Any]]) -> list[Change]:
    """Pair entries by version, then by marker, then in order; what is left came or went."""
    pairs: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
    gone, come = list(old), list(new)
    for key in ("version", "marker", None):
        for one in list(gone):
            other = next((each for each in come if key is None or each.get(key, "") == one.get(key, "")), None)
            if other is not None:
                pairs.append((one, other))
                gone.remove(one)
                come.remove(other)
    changes: list[Change] = []
    for one, other in sorted(pairs, key=lambda pair: new.index(pair[1])):
        before, after = _release(one), _release(other)
        if before != after:
            changes.append(Changed(name=name, old=before, new=after))
        if before.version == after.version:
            changes += _files(name, before.version, one, other)
    changes += [Removed(name=name, release=_release(each)) for each in gone]
    changes += [Added(name=name, release=_release(each)) for each in come]
    return changes


def _files(name: NormalizedName, version: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    before, after = _tables(old), _tables(new)
    both = before.keys() & after.keys()
    rehashed = sorted(each for each in both if not _agree(before[each].get("hashes"), after[each].get("hashes")))
    moved = sorted(each for each in both - {*rehashed} if _location(before[each]) != _location(after[each]))
    gained, lost = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    changes: list[Change] = []
    if rehashed:
        changes.append(Rehashed(name=name, version=version, files=tuple(rehashed)))
    if gained or lost or moved:
        changes.append(Refiled(name=name, version=version, gained=tuple(gained), lost=tuple(lost), moved=tuple(moved)))
    return changes


def _tables(package: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    tables = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else [])]
    return {filename(table): table for table in tables}


def _agree(one: object, other: object) -> bool:
    """Tell whether two tables of hashes can be of the same bytes: what both give is equal, and both give something."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    common = one.keys() & other.keys()
    return bool(common) and all(str(one[key]).lower() == str(other[key]).lower() for key in common)


def _location(table: Mapping[str, Any]) -> tuple[object, object]:
    return table.get("url"), table.get("path")


def _release(package: Mapping[str, Any]) -> Release:
    return Release(version=package.get("version", ""), marker=package.get("marker", ""))


def _title(release: Release) -> str:
    return f"{release.version} ; {release.marker}" if release.marker else release.version


def _where(marker: str) -> str:
    return marker or "everywhere"
