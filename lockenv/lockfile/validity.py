"""Check everything that a lock says, where `read` checks only its shape and `select` only what it selects.

For `lock` and `check`, which can afford it: a few milliseconds for each hundred files.
"""

from __future__ import annotations

from lockenv.lockfile import artifact
from lockenv.lockfile.conditions import lock_admits, marker_of, universe
from lockenv.vocabulary.pep440 import is_version

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.markers import Marker

_SOME_PYTHON = "3.11.0"


def validate(lock: Lock) -> None:
    """Raise InputError, pointing at the place, for the first thing in `lock` that a reader must refuse.

    Beyond each file, marker and specifier: two entries of one name that one environment would both install.
    """
    lock_admits(lock, None, lock.requires_python, _SOME_PYTHON)
    covered = universe(lock)
    seen: dict[str, list[tuple[int, Marker]]] = {}
    for position, package in enumerate(lock.packages):
        _check_files(lock, position, package)
        lock_admits(lock, position, package.requires_python, _SOME_PYTHON)
        marker = marker_of(lock, position)
        for other, its_marker in seen.setdefault(package.name, []):
            if not (marker & covered).disjoint(its_marker):
                versions = [lock.packages[each].version or "?" for each in (other, position)]
                lock.fail(
                    position,
                    "marker",
                    f"the lockfile has {' and '.join(versions)} for the same environments",
                    hint="run `lockenv lock --upgrade`",
                )
        seen[package.name].append((position, marker))


def _check_files(lock: Lock, position: int, package: LockEntry) -> None:
    version = package.version
    if version and not is_version(version):
        lock.fail(position, "version", f"{version!r} is not a version")
    names: set[str] = set()
    for number in range(len(package.wheels)):
        file, _ = artifact.wheel(lock, position, number)
        if file.filename in names:
            lock.fail(position, f"wheels[{number}]", f"the lockfile has {file.filename} twice", near=file.filename)
        names.add(file.filename)
    if package.sdist is not None:
        artifact.sdist(lock, position)
    if package.archive is not None:
        artifact.archive(lock, position)
    if package.kind == "directory" and not isinstance(package.source.get("path"), str):
        lock.fail(position, "directory", "the directory has no path")
    if package.kind == "vcs":
        _check_vcs(lock, position, package.source)


def _check_vcs(lock: Lock, position: int, vcs: Mapping[str, Any]) -> None:
    for key in ("type", "commit-id"):
        if not isinstance(vcs.get(key), str):
            lock.fail(position, "vcs", f"the vcs entry has no {key}")
    if not isinstance(vcs.get("url", vcs.get("path")), str):
        lock.fail(position, "vcs", "the vcs entry has neither url nor path")
    for key in ("url", "path", "commit-id", "requested-revision", "subdirectory"):
        # A value that begins with a dash would be an option of the version control program.
        if str(vcs.get(key, "")).startswith("-"):
            lock.fail(position, "vcs", f"the {key} of the vcs entry begins with a dash")
