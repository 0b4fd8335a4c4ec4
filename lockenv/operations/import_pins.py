"""Lock with the pins of another tool's lock, or declare what such a file lists.

In: ImportRequest. Out: Locked or ChangedDeclaration, or why there is no new lock. Never: printing, asking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import catalog, fetcher
from lockenv.errors import RefusedError, UsageError
from lockenv.fetch.urls import shown
from lockenv.lockfile.cutoffs import settled
from lockenv.lockfile.pins import pins
from lockenv.lockfile.text import read
from lockenv.operations import declare, load
from lockenv.operations.adopt import LISTS
from lockenv.operations.delivery import deliver, deliver_builds
from lockenv.operations.lock import Locked
from lockenv.operations.resolving import NewLock, UpgradeChoice, resolve
from lockenv.vocabulary.dataclasses import NamedTuple, dataclass
from lockenv.vocabulary.markers import ALWAYS, NEVER, WORLD, parse
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.pep440 import is_same_version, version_key
from lockenv.vocabulary.pin import Pin

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.adopt import ForeignDeclaration
    from lockenv.operations.declare import ChangedDeclaration
    from lockenv.project.foreign import ForeignPins
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pep440 import Key
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
    from lockenv.vocabulary.progress import Listener

from lockenv.operations.permissions import Permissions


class LostPin(NamedTuple):
    """A pin of the file that the lock does not keep."""

    name: str
    version: str
    chosen: tuple[str, ...]
    """The versions that are locked in its place; empty where nothing requires it."""
    is_offered: bool
    """Whether an index has the version."""


class KeptPins(NamedTuple):
    """What became of the pins of a file."""

    file: str
    pins: int
    """How many the file has."""
    lost: tuple[LostPin, ...]
    left: tuple[str, ...]
    """What the file has and a lock cannot hold, a sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """How to lock with the pins of a file."""

    python: str = ""
    """The Pythons that requirements files are for, a specifier."""
    dry_run: bool = False
    allow_build: tuple[str, ...] = ()


def import_pins(
    foreign: ForeignPins, request: ImportRequest, settings: Settings, listener: Listener
) -> Locked | Unsolvable | NeedsPermission:
    """Lock what the project declares with the pins of `foreign` where they fit, or return why not.

    Raises UsageError where nothing is declared, and what `lock` raises.
    """
    project = load.project(settings)
    if not project.is_declared:
        raise UsageError(
            f"{project.directory} declares no requirements, and {foreign.file} contains only pins",
            hint=f"declare them in pyproject.toml; use --declare to import them from {LISTS}",
        )
    old = load.lock(project)
    python = request.python or ("" if project.pyproject else foreign.python)
    allowed = Permissions(project, request.allow_build, settings.accept_fault)
    manifest = settled(load.manifest(allowed.project, settings, old, python, allowed.read), old)
    answer = resolve(
        manifest, old, project, UpgradeChoice(), settings, listener, lambda _: manifest, preferences(foreign, old)
    )
    if not isinstance(answer, NewLock):
        return answer
    refuse_other_files(foreign, answer)
    with allowed.written(listener, is_dry_run=request.dry_run):
        delivered = deliver(answer, old, project, settings, dry_run=request.dry_run)
    done = "" if request.dry_run else deliver_builds(answer.build_lock, project.lock)
    return Locked(new=answer, delivered=delivered, build_lock=done)


def declare_listed(
    listing: ForeignDeclaration, request: ImportRequest, settings: Settings, listener: Listener
) -> ChangedDeclaration | Unsolvable | NeedsPermission:
    """Declare what a file lists, and lock it with the pins of the file where they fit; or return why not.

    Raises what `lock` raises; the file and the lock are as they were then.
    """
    return declare.change(
        listing.declaration,
        lambda _: listing.text,
        settings,
        listener,
        dry_run=request.dry_run,
        preferred=preferences(listing.foreign, None),
        allow_build=request.allow_build,
        judge=lambda new: refuse_other_files(listing.foreign, new),
    )


def refuse_other_files(foreign: ForeignPins, new: NewLock) -> None:
    """Raise RefusedError for a pin that is kept though the index has none of the files whose hashes `foreign` has.

    Files may have come to a release since; all of them are others only where it was made again.
    """
    known: dict[tuple[str, Key], set[str]] = {}
    for one in foreign.pins:
        known.setdefault((one.name, version_key(one.version)), set()).update(one.sha256)
    locked = pins(read(new.text, foreign.file)) if any(known.values()) else ()
    for pin in (pin for pin in locked if pin.index):
        hashes = known.get((pin.name, version_key(pin.version)))
        if hashes and not hashes & {file.sha256 for file in (*pin.wheels, pin.sdist) if file}:
            raise RefusedError(
                "hash-mismatch",
                f"no file of {pin.name} {pin.version} on {shown(pin.index)} has a hash that {foreign.file} has for it",
                hint="find out why its files changed; to lock them as they are, remove this pin from the file",
            )


def preferences(foreign: ForeignPins, old: Lock | None) -> tuple[Pin, ...]:
    """Return the pins that are to stay: those of the file, then those of the old lock for what it does not have."""
    found = []
    for one in foreign.pins:
        try:
            marker = parse(one.marker) if one.marker else ALWAYS
        except ValueError:
            marker = ALWAYS  # where it was meant only decides between two versions of one name
        if marker & WORLD is not NEVER:
            found.append(Pin(name=one.name, version=one.version, marker=marker))
    names = {one.name for one in foreign.pins}
    return (*found, *(pin for pin in (pins(old) if old else ()) if pin.name not in names))


def kept(foreign: ForeignPins, new: NewLock, lock: Lock, settings: Settings) -> KeptPins:
    """Return which of the pins of `foreign` the new `lock` keeps, and of each other one why not.

    Raises NetworkError where an index does not say what it has.
    """
    chosen: dict[str, list[str]] = {}
    for pin in pins(lock):
        chosen.setdefault(pin.name, []).append(pin.version)
    lost = [one for one in foreign.pins if not _has(chosen.get(one.name, ()), one.version)]
    # No index is asked for what comes from elsewhere.
    asked = [one.name for one in lost if one.name in chosen and one.name not in new.manifest.direct]
    offered = _offered(asked, new.manifest, settings) if asked else {}
    rows = [
        LostPin(one.name, one.version, tuple(chosen.get(one.name, ())), _has(offered.get(one.name, ()), one.version))
        for one in lost
    ]
    return KeptPins(foreign.file, len(foreign.pins), tuple(rows), tuple(foreign.left))


def _has(versions: Iterable[str], version: str) -> bool:
    return any(is_same_version(version, each) for each in versions)


def _offered(names: Sequence[str], manifest: Manifest, settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the versions that the indexes have."""
    with fetcher(settings, manifest.indexes, base=settings.directory) as source:
        index = catalog(manifest, settings, source)
        found = {}
        for name in dict.fromkeys(names):
            releases = index.releases(normalize(name))
            found[name] = tuple(releases.versions) if releases else ()
        return found
