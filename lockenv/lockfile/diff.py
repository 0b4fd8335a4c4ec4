"""Report what changed between two locks, as a reviewer needs to know it.

Pure. A release that moved is one change, not a removal and an addition; the same version from other bytes is reported
apart from everything else, since that is what an attack looks like.
"""

from __future__ import annotations

from lockenv.lockfile.inputs import without_user
from lockenv.lockfile.lock import filename_of
from lockenv.vocabulary.dataclasses import dataclass, field, replace
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal

    from lockenv.lockfile import locked_python, publishers
    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.identity import Identity
    from lockenv.vocabulary.names import NormalizedName

    Kind = Literal["added", "removed", "changed", "different content"]
else:
    publishers = late("lockenv.lockfile.publishers")
    locked_python = late("lockenv.lockfile.locked_python")

_ACCEPTED = "accept-faults"
_STATED = "dependency-metadata"
_PYTHON = "python"
_SETTINGS = (
    "requires-python",
    _PYTHON,
    "environments",
    "extras",
    "dependency-groups",
    "default-groups",
    _ACCEPTED,
    _STATED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One entry of a lock, as a change shows it."""

    version: str
    """Empty for an entry without one."""
    marker: str = ""
    """As the lock has it; empty for everywhere."""
    source: str = ""
    """Its index, or the repository, directory or archive it comes from; empty where the lock does not say."""
    must_be_built: bool = False
    """True when there is no wheel of it, so that installing it runs its code."""
    identities: tuple[Identity, ...] = field(default=(), compare=False)
    """Who published it, as far as the lock says, sorted; that the same bytes gain a publisher is no change."""
    attested_before: str = field(default="", compare=False)
    """The version locked before whose publisher the index knew, where it knows none of this one."""
    startup_code: tuple[str, ...] = field(default=(), compare=False)
    """Files of it that run whenever Python starts, as far as the lock says it."""
    uploaded: tuple[str, str] = field(default=("", ""), compare=False)
    """When its first file was uploaded, and its last, RFC 3339 in UTC to the second; empty where no file says it."""
    past_cutoff: str = field(default="", compare=False)
    """The advisories that it ends, where it is locked for them although it was uploaded after the cutoff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedFile:
    """A file with the same bytes under another URL or path."""

    filename: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one entry. Files are listed only where the version stayed; each part is sorted by file name."""

    name: NormalizedName
    old: Release | None
    """None for what was added."""
    new: Release | None
    """None for what was removed."""
    rehashed: tuple[str, ...] = ()
    """Files of the same name that have other bytes than before."""
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    moved: tuple[MovedFile, ...] = ()

    @property
    def kind(self) -> Kind:
        """What it is, the gravest word for it."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "different content" if self.rehashed else "changed"

    @property
    def other_publisher(self) -> str:
        """How the publishers changed, a clause about the new release; empty where one stayed, or none was known."""
        if self.old is None or self.new is None:
            return ""
        found = publishers.change(self.old.identities, self.new.identities)
        is_known = (self.old.version, self.old.attested_before) == (self.new.version, self.new.attested_before)
        return found or ("" if is_known else publishers.loss(self.new.attested_before))

    @property
    def new_startup_code(self) -> tuple[str, ...]:
        """Files that run whenever Python starts, of which the release before had none of the name."""
        if self.new is None or (self.old is not None and self.old.version == self.new.version):
            return ()
        return tuple(each for each in self.new.startup_code if self.old is None or each not in self.old.startup_code)

    @property
    def brings_a_build(self) -> bool:
        """Whether something must be built that was not there before, or did not have to be."""
        if self.new is None or not self.new.must_be_built:
            return False
        return self.old is None or not self.old.must_be_built

    @property
    def is_none(self) -> bool:
        """Whether nothing changed."""
        is_same = self.old == self.new and not (self.rehashed or self.gained or self.lost or self.moved)
        return is_same and not self.other_publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A key of the whole lock whose values changed, in the order of the locks."""

    key: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def diff(old: Lock | None, new: Lock | None) -> tuple[Change, ...]:
    """Return the changes from `old` to `new` (None for no lock), by name, then in the order of the locks.

    Entries that only moved within the file, and keys other than versions, markers, sources and files, are no change.
    """
    if old is not None and new is not None and old.text and old.text == new.text:
        return ()
    before, after = _by_name(old), _by_name(new)
    changes: list[Change] = []
    for name in sorted({*before, *after}):
        changes += _compare(name, before.get(name, []), after.get(name, []))
    return tuple(changes)


def settings(old: Lock | None, new: Lock | None) -> tuple[Setting, ...]:
    """Return what changed about what a lock is for, which faults its project accepts and what metadata it states.

    Nothing unless there are two locks.
    """
    if old is None or new is None:
        return ()
    found = []
    for key in _SETTINGS:
        before, after = _listed(old, key), _listed(new, key)
        gained = tuple(each for each in after if each not in before)
        lost = tuple(each for each in before if each not in after)
        if gained or lost:
            found.append(Setting(key=key, gained=gained, lost=lost))
    return tuple(found)


def _listed(lock: Lock, key: str) -> list[str]:
    if key == _ACCEPTED:
        rules = lock.inputs.mapping(key).items()
        return [f"{name}: {rule}" for name, each in rules if isinstance(each, list) for rule in each]
    if key == _STATED:
        return [_statement(one) for one in lock.inputs.stated]
    if key == _PYTHON:
        found = locked_python.locked_python(lock)
        return [found.title] if found is not None else []
    value = lock.document.get(key, [])
    return [value] if isinstance(value, str) else list(value)


def _statement(one: Mapping[str, Any]) -> str:
    """Return what a lock records that its project states of a release."""
    requires, python = one.get("requires-dist"), one.get("requires-python")
    said = [", ".join(map(str, requires)) or "nothing"] if isinstance(requires, list) else []
    what = f"{one.get('name', '')} {one.get('version', '')}".rstrip()
    return f"{what} requires {', '.join([*said, *([f'Python {python}'] if python else [])])}"


def _by_name(lock: Lock | None) -> dict[NormalizedName, list[LockEntry]]:
    entries: dict[NormalizedName, list[LockEntry]] = {}
    for package in lock.packages if lock else ():
        entries.setdefault(package.name, []).append(package)
    return entries


def _compare(name: NormalizedName, old: list[LockEntry], new: list[LockEntry]) -> list[Change]:
    """Pair entries by version, then by marker, then in order; what is left came or went."""
    if [entry.table for entry in old] == [entry.table for entry in new]:
        return []
    pairs: list[tuple[LockEntry, LockEntry]] = []
    gone, come = list(old), list(new)
    for key in ("version", "marker", None):
        for one in list(gone):
            other = next((each for each in come if key is None or _agree_on(key, each, one)), None)
            if other is not None:
                pairs.append((one, other))
                gone.remove(one)
                come.remove(other)
    changes = [_paired(name, one, other) for one, other in sorted(pairs, key=lambda pair: new.index(pair[1]))]
    changes = [change for change in changes if not change.is_none]
    changes += [Change(name=name, old=_release(each), new=None) for each in gone]
    changes += [Change(name=name, old=None, new=_release(each)) for each in come]
    return changes


def _agree_on(key: str, one: LockEntry, other: LockEntry) -> bool:
    return bool(one.table.get(key, "") == other.table.get(key, ""))


def _paired(name: NormalizedName, old: LockEntry, new: LockEntry) -> Change:
    was, now = _release(old), _release(new)
    if was.version != now.version:
        return Change(name=name, old=was, new=now)
    if was.source.rstrip("/") == now.source.rstrip("/"):
        was = replace(was, source=now.source)  # one index: tools write its URL with and without the slash
    before, after = _tables(old), _tables(new)
    both = sorted(before.keys() & after.keys())
    rehashed = [each for each in both if not _agree(before[each].get("hashes"), after[each].get("hashes"))]
    moved = [
        MovedFile(filename=each, old=_location(before[each]), new=_location(after[each]))
        for each in both
        if each not in rehashed and _location(before[each]) != _location(after[each])
    ]
    return Change(
        name=name,
        old=was,
        new=now,
        rehashed=tuple(rehashed),
        gained=tuple(sorted(after.keys() - before.keys())),
        lost=tuple(sorted(before.keys() - after.keys())),
        moved=tuple(moved),
    )


def _tables(package: LockEntry) -> dict[str, Mapping[str, Any]]:
    return {filename_of(table): table for _, table in package.files()}


def _agree(one: object, other: object) -> bool:
    """Return whether two tables of hashes can be of the same bytes.

    What both have is equal, and neither is empty.
    """
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    common = one.keys() & other.keys()
    return bool(common) and all(str(one[key]).lower() == str(other[key]).lower() for key in common)


def _location(table: Mapping[str, Any]) -> str:
    return without_user(str(table.get("path") or table.get("url", "")))


def _release(package: LockEntry) -> Release:
    return Release(
        version=package.version,
        marker=package.marker or "",
        source=_source(package),
        must_be_built=not (package.wheels or filename_of(package.archive or {}).endswith(".whl")),
        identities=publishers.recorded(package.table),
        attested_before=publishers.lost(package),
        startup_code=tuple(map(str, files)) if isinstance(files := package.own.get("startup-code"), list) else (),
        uploaded=_uploaded(package),
        past_cutoff=str(package.own.get("past-cutoff", "")),
    )


def _uploaded(package: LockEntry) -> tuple[str, str]:
    moments: list[Any] = [table.get("upload-time") for _, table in package.files()]
    found = sorted(each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in moments if hasattr(each, "hour"))
    return (found[0], found[-1]) if found else ("", "")


def _source(package: LockEntry) -> str:
    if not package.kind:
        return without_user(package.index)
    commit = package.source.get("commit-id")
    return f"{package.kind} {_location(package.source)}{f'@{commit}' if commit else ''}"
