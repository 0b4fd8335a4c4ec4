"""The part of a lock that some environments need: its entries, each with the files that could serve them.

Pure: a Lock and a marker go in; the entries come out, or the reasons why the lock does not serve those environments.
More than one file of a release may serve: a marker cannot see the version of glibc or of macOS.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from lockenv.lockfile import artifact, direct
from lockenv.lockfile.conditions import marker_of, universe
from lockenv.lockfile.select import NotCovered
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.direct import Archive, Directory
from lockenv.vocabulary.distribution import Sdist, Wheel
from lockenv.vocabulary.markers import ALWAYS, NEVER, Marker, in_extras, in_groups, python
from lockenv.vocabulary.wheeltags import wheel_marker

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.names import NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A package of a lock, as far as some environments need it."""

    position: int
    """In the lock."""
    name: NormalizedName
    version: str
    marker: Marker
    """Where it is installed, of the environments asked for; never unsatisfiable."""
    wheels: tuple[tuple[int, Wheel, Hashes], ...]
    """Those that some of these environments could install, each with its number, in the order of the lock."""
    sdist: tuple[Sdist, Hashes] | None
    """Where there is an environment that none of the wheels serves."""
    index: str
    direct: Direct | None = None
    """Where it comes from when no index serves it."""
    archive: tuple[Wheel | Sdist, Hashes] | None = None
    """What a direct reference to an archive names."""

    @property
    def is_built(self) -> bool:
        """Whether an environment that needs it has to build it, as far as its files show."""
        if isinstance(self.direct, Archive):
            return not self.direct.is_wheel
        return self.direct is not None or self.sdist is not None

    @property
    def files(self) -> tuple[tuple[Wheel | Sdist, Hashes], ...]:
        """The wheels, then the sdist; the archive of one that is an archive by itself. None of a tree."""
        if self.archive:
            return (self.archive,)
        wheels: tuple[tuple[Wheel | Sdist, Hashes], ...] = tuple((file, hashes) for _, file, hashes in self.wheels)
        return (*wheels, self.sdist) if self.sdist else wheels


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSubset:
    """What some environments need of a lock."""

    region: Marker
    """These environments, as far as the lock covers them, with the choices of extras and groups that are meant."""
    entries: tuple[Entry, ...]
    """In the order of the lock."""

    @property
    def local(self) -> tuple[Entry, ...]:
        """What comes from a directory beside the lock: it is no part of what can be carried away."""
        return tuple(entry for entry in self.entries if isinstance(entry.direct, Directory))

    @property
    def carried(self) -> tuple[Entry, ...]:
        """All else."""
        return tuple(entry for entry in self.entries if not isinstance(entry.direct, Directory))


def covered(lock: Lock) -> Marker:
    """Return the environments, extras and groups that `lock` covers, and the Pythons it needs."""
    return universe(lock) & python(lock.requires_python)


def choice(lock: Lock, extras: Collection[str], groups: Collection[str]) -> Marker:
    """Return the marker of an installation with exactly these of the extras and groups of `lock`."""
    chosen = ALWAYS
    for extra in lock.extras:
        chosen &= in_extras(extra) if extra in extras else ~in_extras(extra)
    for group in lock.groups:
        chosen &= in_groups(group) if group in groups else ~in_groups(group)
    return chosen


def part(lock: Lock, region: Marker, areas: Mapping[int, Marker] | None = None) -> LockSubset | NotCovered:
    """Return what the environments in `region` need of `lock`, all extras and groups that `region` leaves open with it.

    With `areas`, an entry is needed where these have it by its position, and no other entry is.
    Raises InputError where an entry is not well-formed.
    """
    region &= covered(lock)
    if region is NEVER:
        return NotCovered(reasons=(f"{lock.file} covers none of these environments",))
    entries, reasons = [], []
    for position, package in enumerate(lock.packages):
        marker = marker_of(lock, position) & region
        if areas is not None:
            marker &= areas.get(position, NEVER)
        if marker is NEVER:
            continue
        entry = _direct(lock, position, marker) if package.kind else _entry(lock, position, package, marker)
        if entry.files or entry.direct:
            entries.append(entry)
        else:
            reasons.append(f"{entry.name} {entry.version} has no file for these environments")
    if reasons:
        return NotCovered(reasons=tuple(reasons))
    return LockSubset(region=region, entries=tuple(entries))


def _entry(lock: Lock, position: int, package: LockEntry, marker: Marker) -> Entry:
    wheels, served = [], []
    for number in range(len(package.wheels)):
        file, hashes = artifact.wheel(lock, position, number)
        where = wheel_marker(file.filename)
        if not where.disjoint(marker):
            wheels.append((number, file, hashes))
            served.append(where)
    sdist = None
    if package.sdist is not None and not marker.implies(reduce(or_, served, NEVER)):
        sdist = artifact.sdist(lock, position)
    first = wheels[0][1].filename if wheels else sdist[0].filename if sdist else ""
    return Entry(
        position=position,
        name=package.name,
        version=package.version or (artifact.version_in(first, package.name) if first else ""),
        marker=marker,
        wheels=tuple(wheels),
        sdist=sdist,
        index=package.index,
    )


def _direct(lock: Lock, position: int, marker: Marker) -> Entry:
    """Return what comes from no index; a wheel by itself is taken to fit wherever its entry is installed."""
    package = lock.packages[position]
    found, hashes = direct.read(lock, position)
    archive: tuple[Wheel | Sdist, Hashes] | None = None
    if isinstance(found, Archive):
        kind = Wheel if found.is_wheel else Sdist
        file = kind(filename=found.filename, url=found.location, sha256=found.sha256, size=found.size)
        archive = file, hashes
    return Entry(
        position=position,
        name=package.name,
        version=package.locked_version,
        marker=marker,
        wheels=(),
        sdist=None,
        index="",
        direct=found,
        archive=archive,
    )
