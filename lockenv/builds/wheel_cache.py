"""Wheels that were built here: where they are kept, under what, and whether they say what was locked.

A wheel is kept by what decides it: the digest of its source, the interpreter and platform, and what built it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.builds import cache_keys
from lockenv.builds.wheel_checks import needs
from lockenv.errors import InputError, RefusedError
from lockenv.fetch.downloads import archive_path
from lockenv.files.atomic import machine_error
from lockenv.files.atomic import replace as write
from lockenv.index.archives import wheel_metadata
from lockenv.index.metadata import compact, decode
from lockenv.lockfile.inputs import recorded_indexes
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.archive_source import opened
from lockenv.vocabulary.dataclasses import NamedTuple, replace
from lockenv.vocabulary.distribution import NeedsBuild, Wheel
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.backend import failure
    from lockenv.builds import build_lock
    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.sync import wheel
    from lockenv.vocabulary.manifest import Accepted
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    build_lock = late("lockenv.builds.build_lock")
    wheel = late("lockenv.sync.wheel")
    failure = late("lockenv.backend.failure")

_NOTES = "built"


class BuiltWheel(NamedTuple):
    """What a source distribution was built to."""

    filename: str
    sha256: Sha256
    size: int
    """In bytes."""


def find(one: Selected, target: Target, tools: str, settings: Settings) -> Selected | None:
    """Return `one`, a source distribution, as the wheel that `tools` built from it before; None when none is kept."""
    found = noted(one, target, tools, settings)
    if found is None:
        return None
    try:
        there = os.stat(archive_path(_archives(settings), found.sha256, found.filename))
    except OSError:
        return None
    return _as_wheel(one, found) if there.st_size == found.size else None


def use_built_wheels(
    selected: Iterable[Selected],
    lock: Lock,
    path: str,
    target: Target,
    settings: Settings,
    manifest: Manifest | None,
) -> tuple[Selected, ...]:
    """Return `selected`, which `lock` at `path` selects, with the wheel of each source that was built here already.

    The indexes of `manifest`, or else of the lock, say where the tools came from that a lock of another tool lacks.
    """
    own, found = build_lock.tools(path) if not lock.is_foreign else None, []
    elsewhere = "" if own else build_lock.unlocked(manifest or Manifest(indexes=recorded_indexes(lock)), settings)
    for one in selected:
        if isinstance(one.file, Wheel):
            found.append(one)
        else:
            key = own.key(one.name, locked_version(one), target) if own else elsewhere
            found.append(find(one, target, key, settings) or one)
    return tuple(found)


def locked_version(one: Selected) -> str:
    """Return the version under which the lock of the build tools has `one`: trees have none."""
    return one.version if one.direct is None else ""


def noted(one: Selected, target: Target, tools: str, settings: Settings) -> BuiltWheel | None:
    """Return what `tools` last built `one` to, whether or not it is still there."""
    try:
        with open(_path(one, target, tools, settings), encoding="ascii") as stream:
            filename, digest, size = stream.read().split("\n")
            return BuiltWheel(filename, Sha256(digest), int(size))
    except (OSError, ValueError):
        return None


def keep(path: str, one: Selected, target: Target, tools: str, settings: Settings) -> Selected:
    """Put the wheel at `path` where downloads are, and note what it was built from. Raises MachineError."""
    import hashlib

    note = _path(one, target, tools, settings)
    try:
        with open(path, "rb") as stream:
            digest = Sha256(hashlib.file_digest(stream, "sha256").hexdigest())
        found = BuiltWheel(os.path.basename(path), digest, os.stat(path).st_size)
        os.makedirs(_archives(settings), exist_ok=True)
        os.replace(path, archive_path(_archives(settings), digest, found.filename))
        os.makedirs(os.path.dirname(note), exist_ok=True)
    except OSError as error:
        raise machine_error(error, path) from error
    write(note, "\n".join(map(str, found)).encode("ascii"))
    return _as_wheel(one, found)


def _as_wheel(one: Selected, found: BuiltWheel) -> Selected:
    wheel = Wheel(filename=found.filename, url=one.file.url, sha256=found.sha256, size=found.size)
    # A directory may leave its version to the build.
    version = one.version or found.filename.split("-")[1]
    return replace(one, version=version, file=wheel, hashes=(("sha256", found.sha256),), built_from=one.file.sha256)


def _archives(settings: Settings) -> str:
    return os.path.join(settings.cache, "archives")


def _path(one: Selected, target: Target, tools: str, settings: Settings) -> str:
    return os.path.join(settings.cache, _NOTES, f"{one.file.sha256}-{cache_keys.place(target)}-{tools[:32]}")


def read_locked_metadata(lock: Lock, one: Selected) -> tuple[str, ...] | None:
    """Return what `lock` says that `one` requires; None when it is the lock of another tool, which does not say it."""
    if lock.is_foreign:
        return None
    for package in lock.packages:
        if package.name == one.name and package.locked_version == one.version:
            return package.requires
    return None


def inspect(path: str, one: Selected, accepted: Accepted) -> None:
    """Raise what a sync would have against the wheel at `path`, which was built from `one`: it is not kept then."""
    with opened(path) as source:
        archive = Archive(source, os.path.basename(path), Limits())
        wheel.inspect(archive, one.name, one.version or os.path.basename(path).split("-")[1], accepted)


def check(path: str, made: str, one: Selected, locked_requires: Sequence[str] | None, target: Target) -> None:
    """Raise RefusedError unless the wheel at `path`, called `made`, is what the lock took the sources `one` for.

    It must fit `target`, be of this release, and require there `locked_requires`, what it required when it was locked;
    None for a lock that does not have it.
    """
    filename = one.file.filename
    _check_fits(made, filename, target)
    with open(path, "rb") as archive:
        content = compact(wheel_metadata(archive, made), made)
    found = decode(content, made, one.name, one.version or made.split("-")[1])
    if locked_requires is None or isinstance(found, NeedsBuild):
        return
    for texts, others, sentence in (
        (found.requires, locked_requires, "requires {0}, which it did not when it was locked"),
        (locked_requires, found.requires, "does not require {0}, which it did when it was locked"),
    ):
        missing = sorted(needs(texts, target) - needs(others, target))
        if missing:
            raise RefusedError(
                "metadata-mismatch",
                f"{filename}: the wheel built on this machine {sentence.format(', '.join(missing)[:300])}",
                hint="run `lockenv lock --refresh` with this Python, or choose a version that has a wheel",
            )


def _check_fits(made: str, filename: str, target: Target) -> None:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        *_, tags = parse_wheel_filename(made)
    except InvalidWheelFilename as error:
        raise InputError(
            f"{filename}: its build backend built {made!a}, which is not a valid wheel file name",
            hint=failure.AT_FAULT,
        ) from error
    if {*map(str, tags)}.isdisjoint(target.tags):
        raise InputError(
            f"{filename}: its build backend built {made!a}, which is not compatible with the Python that built it",
            hint=failure.AT_FAULT,
        )
