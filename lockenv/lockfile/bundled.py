"""Compose the lock that is beside its own files: a part of a lock, each file by its path.

Pure: a Lock and a LockSubset of it go in, a TOML mapping comes out. What the lock was made from stays recorded, so that
its freshness can still be judged; its environments are those of the part.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from lockenv.lockfile.lock import direct_kind, filename_of, own
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.direct import Directory, is_local
from lockenv.vocabulary.distribution import sdist_release
from lockenv.vocabulary.markers import WORLD, marker_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.lock import Lock
    from lockenv.lockfile.subset import Entry, LockSubset
    from lockenv.vocabulary.direct import Commit
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


class BundledCommit(NamedTuple):
    """The archive that a commit was made."""

    filename: str
    sha256: str
    size: int
    """In bytes."""


def document(
    lock: Lock, part: LockSubset, environments: Sequence[Marker], commits: Mapping[int, BundledCommit], back: str = ""
) -> dict[str, Any]:
    """Return the mapping of the lock of `part`, not sealed; `environments` exclude each other.

    Every file is named by its path, relative to the lock: the file's name alone. `commits` are those of `lock`, by
    their positions. What comes from no index is an archive there, and `source` says what it is in `lock`. Directories
    are named where the bundle is beside them: `back` is the way from it to the directory of `lock`, else empty.
    """
    entries = part.entries if back else part.carried
    there = {(entry.name, entry.version) for entry in entries}
    names = {entry.name for entry in entries}
    texts = [marker_text(marker, assuming=WORLD) for marker in environments]
    packages = []
    for entry in entries:
        package = _package(lock.packages[entry.position].table, entry, there, names)
        if "directory" in package:
            package["directory"] = moved(package["directory"], back, ("path",))
        packages.append(
            _by_itself(package, entry, commits.get(entry.position), back) if _is_archived(entry) else package
        )
    whole = {**lock.document, "packages": packages}
    mine = own(whole)
    recorded = mine.get("inputs") if mine else None
    if back and mine and isinstance(recorded, dict) and isinstance(recorded.get("direct"), dict):
        # Seen from the bundle, as what the project declares is when it is compared.
        placed = {name: moved(table, back, ("path", "archive", "git")) for name, table in recorded["direct"].items()}
        whole["tool"] = {**whole["tool"], "lockenv": {**mine, "inputs": {**recorded, "direct": placed}}}
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


def _is_archived(entry: Entry) -> bool:
    return entry.direct is not None and not isinstance(entry.direct, Directory)


def moved(table: Mapping[str, Any], back: str, keys: Sequence[str]) -> dict[str, Any]:
    """Return `table` with its local paths as they are seen from where `back` leads from."""
    return {
        key: posixpath.normpath(posixpath.join(back, value)) if key in keys and is_local(str(value)) else value
        for key, value in table.items()
    }


def filename(name: str, project: str, hashes: Hashes) -> str:
    """Return the name in a bundle of an archive of `project` that no index names: others may be named `main.zip` too.

    That of a wheel stays, and that which names the project.
    """
    if name.endswith(".whl") or sdist_release(name, project)[0]:
        return name
    return f"{dict(hashes).get('sha256', '')[:16]}-{name}"


def commit_filename(project: NormalizedName, commit: Commit) -> str:
    """Return how the archive of a commit is called: by the project and the whole commit."""
    return f"{project}-{commit.commit}.tar.gz"


def _by_itself(package: dict[str, Any], entry: Entry, carried: BundledCommit | None, back: str) -> dict[str, Any]:
    """Return an entry that comes from no index as one of the archive that the bundle has of it."""
    kind = direct_kind(package)
    table = package[kind]
    if carried is None:
        ((file, hashes),) = entry.files
        name = filename(file.filename, entry.name, hashes)
        kept = {key: value for key, value in table.items() if key not in ("url", "path", "name")}
        archive = {"path": name, **kept}
    else:
        archive = {"path": carried.filename, "size": carried.size, "hashes": {"sha256": carried.sha256}}
        if "subdirectory" in table:
            archive["subdirectory"] = table["subdirectory"]
    mine, place = own(package), moved(table, back, ("path",))
    tool = (
        package.get("tool", {}) if mine is None else {**package["tool"], "lockenv": {**mine, "source": {kind: place}}}
    )
    kept = {key: value for key, value in package.items() if key not in (kind, "tool")}
    return {**kept, "archive": archive, **({"tool": tool} if tool else {})}


def _file(table: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in table.items() if key not in ("url", "path", "name")}
    return {**kept, "path": filename_of(table)}
