"""The part of a lock that some environments need: its entries, each with the files that could serve them.

Pure: a Lock and a marker go in; the entries come out, or the reasons why the lock does not serve those environments.
More than one file of a release may serve: a marker cannot see the version of glibc or of macOS.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.lockfile import artifact
from lockenv.lockfile.conditions import marker_of, universe
from lockenv.lockfile.select import NotCovered
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.markers import ALWAYS, NEVER, Marker, in_extras, in_groups, python
from lockenv.vocabulary.wheeltags import wheel_marker

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.distribution import Sdist, Wheel
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

    @property
    def files(self) -> tuple[tuple[Wheel | Sdist, Hashes], ...]:
        """The wheels, then the sdist."""
        wheels: tuple[tuple[Wheel | Sdist, Hashes], ...] = tuple((file, hashes) for _, file, hashes in self.wheels)
        return (*wheels, self.sdist) if self.sdist else wheels


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What some environments need of a lock."""

    region: Marker
    """These environments, as far as the lock covers them, with the choices of extras and groups that are meant."""
    entries: tuple[Entry, ...]
    """In the order of the lock."""
    local: tuple[NormalizedName, ...] = ()
    """What comes from a directory beside the lock: it has no files, and is no part of what can be carried away."""


def covered(lock: Lock) -> Marker:
    """Give the environments, extras and groups that `lock` covers, and the Pythons it needs."""
    return universe(lock) & python(lock.requires_python)


def choice(lock: Lock, extras: Collection[str], groups: Collection[str]) -> Marker:
    """Give the marker of an installation with exactly these of the extras and groups of `lock`."""
    chosen = ALWAYS
    for extra in lock.extras:
        chosen &= in_extras(extra) if extra in extras else ~in_extras(extra)
    for group in lock.groups:
        chosen &= in_groups(group) if group in groups else ~in_groups(group)
    return chosen


def part(lock: Lock, region: Marker) -> Part | NotCovered:
    """Give what the environments in `region` need of `lock`, all extras and groups that `region` leaves open with it.

    Raises InputError where an entry is not well-formed, and where it comes from a repository or an archive.
    """
    region &= covered(lock)
    if region is NEVER:
        return NotCovered(reasons=(f"{lock.file} covers none of these environments",))
    entries, reasons, local = [], [], []
    for position, package in enumerate(lock.packages):
        marker = marker_of(lock, position) & region
        if marker is NEVER:
            continue
        if "directory" in package:
            local.append(package["name"])
            continue
        entry = _entry(lock, position, package, marker)
        if entry.files:
            entries.append(entry)
        else:
            reasons.append(f"{entry.name} {entry.version} has no file for these environments")
    if reasons:
        return NotCovered(reasons=tuple(reasons))
    return Part(region=region, entries=tuple(entries), local=tuple(local))


def _entry(lock: Lock, position: int, package: Mapping[str, object], marker: Marker) -> Entry:
    for key, kind in (("vcs", "a repository"), ("archive", "an archive")):
        if key in package:
            raise InputError(
                f"{package['name']} comes from {kind}, not from an index", hint="require a release of it instead"
            )
    wheels, served = [], []
    for number in range(len(lock.packages[position].get("wheels", ()))):
        file, hashes = artifact.wheel(lock, position, number)
        where = wheel_marker(file.filename)
        if not where.disjoint(marker):
            wheels.append((number, file, hashes))
            served.append(where)
    sdist = None
    if "sdist" in package and not marker.implies(reduce(or_, served, NEVER)):
        sdist = artifact.sdist(lock, position)
    first = wheels[0][1].filename if wheels else sdist[0].filename if sdist else ""
    return Entry(
        position=position,
        name=lock.packages[position]["name"],
        version=lock.packages[position].get("version") or (artifact.version_in(first) if first else ""),
        marker=marker,
        wheels=tuple(wheels),
        sdist=sdist,
        index=lock.packages[position].get("index", ""),
    )
