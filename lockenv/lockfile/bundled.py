"""Compose the lock that lies beside its own files: a part of a lock, each file by its path.

Pure: a Lock and a Part of it go in, a TOML mapping comes out. What the lock was made from stays recorded, so that its
freshness can still be judged; its environments are those of the part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.lockfile import artifact
from lockenv.vocabulary.markers import WORLD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.part import Entry, Part
    from lockenv.vocabulary.markers import Marker


def document(lock: Lock, part: Part, environments: Sequence[Marker]) -> dict[str, Any]:
    """Give the mapping of the lock of `part`, not sealed; `environments` exclude each other.

    Every file is named by its path, relative to the lock: the file's name alone.
    """
    there = {(entry.name, entry.version) for entry in part.entries}
    names = {entry.name for entry in part.entries}
    texts = [marker.text(assuming=WORLD) for marker in environments]
    packages = [_package(lock.packages[entry.position], entry, there, names) for entry in part.entries]
    whole = {**lock.document, "packages": packages}
    # An empty text is everything, which the lock says in its own words already.
    return {**whole, "environments": texts} if texts and all(texts) else whole


def _package(package: Mapping[str, Any], entry: Entry, there: set[tuple[Any, str]], names: set[Any]) -> dict[str, Any]:
    kept = {key: value for key, value in package.items() if key not in ("wheels", "sdist", "dependencies")}
    dependencies = [
        table
        for table in package.get("dependencies", ())
        if ((table.get("name"), table["version"]) in there if "version" in table else table.get("name") in names)
    ]
    if dependencies:
        kept["dependencies"] = dependencies
    if entry.wheels:
        kept["wheels"] = [_file(package["wheels"][number]) for number, _, _ in entry.wheels]
    if entry.sdist:
        kept["sdist"] = _file(package["sdist"])
    return kept


def _file(table: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in table.items() if key not in ("url", "path", "name")}
    return {**kept, "path": artifact.filename(table)}
