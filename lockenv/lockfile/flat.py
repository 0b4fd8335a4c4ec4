"""Compose the lockfile of one choice of extras and groups: what an installer that cannot choose installs whole.

Pure: a Lock and a LockSubset of it go in, a TOML mapping comes out (pylock.toml specification). Each entry keeps
what proves its files; nothing of what the lock was made from is recorded: it no longer follows the project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lockenv.lockfile.bundled import moved
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.markers import WORLD, marker_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.subset import Entry, LockSubset
    from lockenv.vocabulary.markers import Marker

_KEPT: Final = ("lock-version", "requires-python", "created-by")
_WITH_PATHS: Final = ("archive", "directory", "vcs", "sdist")


def flat(lock: Lock, part: LockSubset, environments: Sequence[Marker], back: str) -> dict[str, Any]:
    """Return the mapping of a lockfile that installs exactly `part`, in `environments` or, without them, everywhere.

    `back` is the way to the directory of `lock` from where the new lockfile will be.
    """
    found: dict[str, Any] = {key: lock.document[key] for key in _KEPT if key in lock.document}
    texts = [marker_text(marker.without_extras_and_groups(), assuming=WORLD) for marker in environments]
    if texts and all(texts):
        found["environments"] = texts
    there = {(entry.name, entry.version) for entry in part.entries}
    found["packages"] = [_package(lock, entry, part.region, there, back) for entry in part.entries]
    return found


def settled(document: Mapping[str, Any], part: LockSubset) -> dict[str, Any]:
    """Return `document`, the lockfile of `part` or of what of it is carried, with its one choice for good.

    It offers no extras and groups, its markers name none, and what it was made from is not recorded.
    """
    markers = {(entry.name, entry.version): marker_text(entry.marker, assuming=part.region) for entry in part.entries}
    packages = []
    for table in document["packages"]:
        marker = markers.get((table["name"], table.get("version", "")), "")
        kept = {key: value for key, value in table.items() if key != "marker"}
        packages.append({**kept, "marker": marker} if marker else kept)
    found = {key: document[key] for key in (*_KEPT, "environments") if key in document}
    return {**found, "packages": packages}


def _package(lock: Lock, entry: Entry, region: Marker, there: set[tuple[Any, str]], back: str) -> dict[str, Any]:
    table = lock.packages[entry.position].table
    dropped = ("marker", "dependencies", "wheels", "sdist")
    kept = {key: value for key, value in table.items() if key not in dropped}
    marker = marker_text(entry.marker, assuming=region)
    if marker:
        kept["marker"] = marker
    dependencies = [each for each in table.get("dependencies", ()) if _is_there(each, there)]
    if dependencies:
        kept["dependencies"] = dependencies
    if isinstance(entry.direct, Directory) and not entry.direct.editable and "directory" in kept:
        kept["directory"] = {key: value for key, value in kept["directory"].items() if key != "editable"}
    if entry.sdist:
        kept["sdist"] = table["sdist"]
    if entry.wheels:
        kept["wheels"] = [moved(table["wheels"][number], back, ("path",)) for number, _, _ in entry.wheels]
    return {key: moved(value, back, ("path",)) if key in _WITH_PATHS else value for key, value in kept.items()}


def _is_there(table: Mapping[str, Any], there: set[tuple[Any, str]]) -> bool:
    name = table.get("name")
    if "version" in table:
        return (name, table["version"]) in there
    return any(name == other for other, _ in there)
