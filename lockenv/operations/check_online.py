"""What only servers can know: whether every locked file is still there, under its name, with its size and hash.

A Lock goes in; findings come out. All pages, then all metadata, are fetched beside each other, and asked for again
whatever the cache holds. Never: a host that the project does not declare.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from lockenv.context.access import accesses, fetcher
from lockenv.index.listing import described, listings
from lockenv.index.page_columns import described_by
from lockenv.lockfile.artifact import version_in
from lockenv.lockfile.hosts import host_of
from lockenv.lockfile.index_memory import is_another_moment, moment_text
from lockenv.lockfile.inputs import canonical_index
from lockenv.lockfile.lock import filename_of
from lockenv.lockfile.publishers import IDENTITIES
from lockenv.operations.check_online_direct import direct_findings
from lockenv.operations.check_online_metadata import differences, is_looked_into, is_whole
from lockenv.operations.check_online_publishers import publisher_changes
from lockenv.vocabulary.dataclasses import NamedTuple, replace
from lockenv.vocabulary.distribution import Metadata
from lockenv.vocabulary.finding import Finding
from lockenv.vocabulary.markers import ALWAYS, python
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.progress import during

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lockenv.context.settings import Settings
    from lockenv.errors import LockenvError
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.index_access import IndexAccess
    from lockenv.index.listing import Asked, Listing
    from lockenv.index.page import File
    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.operations import load
    from lockenv.vocabulary.distribution import NeedsBuild
    from lockenv.vocabulary.finding import Level
    from lockenv.vocabulary.manifest import Manifest, StatedMetadata
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.python_tags import Span

_WHY = "find out why before installing it"
_MOVE = "run `lockenv lock -P {}`"


class _Entry(NamedTuple):
    """An entry of the lock, and the indexes that are asked about it."""

    position: int
    package: LockEntry
    indexes: tuple[IndexAccess, ...]
    pythons: tuple[Span, ...]
    """Those of the lock, which decide which file's metadata counts."""

    @property
    def name(self) -> NormalizedName:
        return self.package.name

    @property
    def title(self) -> str:
        return self.package.title


def findings(
    lock: Lock, manifest: Manifest, project: load.Project, settings: Settings, listener: Listener
) -> list[Finding]:
    """Return what the index says otherwise than `lock`, in the order of the lock. Raises NetworkError."""
    entries, found = _asked(lock, manifest, settings)
    with fetcher(settings, manifest.indexes, base=project.base, refresh=True) as source:
        asked: list[Asked] = [(entry.name, entry.indexes) for entry in entries]
        with during(listener.progress(), f"asking the index about {counted(len(entries), 'package')}"):
            answers = listings(asked, source)
            statements = _statements(entries, answers, source) if not lock.is_foreign else {}
            unlike = _unlike(entries, answers, source)
            asked_of = [(one.position, one.package, answer) for one, answer in zip(entries, answers, strict=True)]
            publishers = publisher_changes(asked_of, source, is_mirrored=bool(settings.index_url))
        if any(package.kind for package in lock.packages):
            found += direct_findings(lock, manifest, settings, source)
    look = _Look(lock, is_mirrored=bool(settings.index_url))
    for entry, listing in zip(entries, answers, strict=True):
        found += look.entry(entry, listing)
        stated = manifest.statement(entry.name, entry.package.version)
        if listing is not None and entry.position in statements:
            found += look.metadata(entry, statements[entry.position], listing, stated)
        found += look.unlike(entry, unlike.get(entry.position, ()))
        if entry.position in publishers:
            found.append(look.publisher(entry, publishers[entry.position]))
    return sorted(found, key=lambda each: each.origin.line if each.origin else 0)


def _asked(lock: Lock, manifest: Manifest, settings: Settings) -> tuple[list[_Entry], list[Finding]]:
    """Return the entries that an index can answer for, and the findings on those that none may be asked about."""
    used = accesses(manifest, settings)
    by_root = {canonical_index(each.url): each for each in used}
    if settings.index_url:
        # What was locked from the first index of the project is asked of the one that replaces it.
        declared = _first(accesses(manifest, replace(settings, index_url="")))
        by_root |= {canonical_index(each.url): replacement for each in declared for replacement in _first(used)}
    anywhere = tuple(each for each in used if not each.explicit)
    pythons = python(lock.requires_python).python_range()
    entries, found = [], []
    for position, package in enumerate(lock.packages):
        if not package.is_released:
            continue
        recorded = package.index
        access = by_root.get(canonical_index(recorded)) if recorded else None
        source = manifest.sources.get(package.name)
        if recorded and (access is None or source not in (None, access.name)):
            meant = (
                f"must come from the index `{source}`" if source and access else "which is not declared by the project"
            )
            joint = " and " if source and access else ", "
            found.append(
                Finding(
                    rule="unasked",
                    level="error",
                    sentence=f"{package.title} is locked from {canonical_index(recorded)}{joint}{meant}",
                    origin=lock.place(position, "index"),
                    hint="find out why, then run `lockenv lock --refresh`",
                )
            )
            continue
        entries.append(_Entry(position, package, (access,) if access else anywhere, pythons))
    return entries, found


def _first(indexes: Sequence[IndexAccess]) -> list[IndexAccess]:
    """Return the first index that serves every project, if any: the one that `--index-url` replaces."""
    return [each for each in indexes if not each.explicit and not each.is_flat][:1]


def _statements(
    entries: Sequence[_Entry], answers: Sequence[Listing | None], source: Fetcher
) -> dict[int, tuple[Metadata | NeedsBuild | LockenvError, ...]]:
    """Return what the files that count for each entry say of themselves, by position."""
    wanted = []
    positions = []
    for entry, listing in zip(entries, answers, strict=True):
        for file in _speakers(entry, listing) if listing else ():
            wanted.append((file, entry.name, entry.package.version, listing.index if listing else ""))
            positions.append(entry.position)
    statements: dict[int, tuple[Metadata | NeedsBuild | LockenvError, ...]] = {}
    for position, answer in zip(positions, described(wanted, source), strict=True):
        statements[position] = (*statements.get(position, ()), answer)
    return statements


def _unlike(
    entries: Sequence[_Entry], answers: Sequence[Listing | None], source: Fetcher
) -> dict[int, list[tuple[str, str]]]:
    """Return the wheels of each entry that are not as the metadata beside them says: by position, name and sentence."""
    wheels, positions = [], []
    for entry, listing in zip(entries, answers, strict=True):
        if listing is None:
            continue
        names = [filename_of(table) for _, table in entry.package.files()]
        locked = [listing.files[name] for name in names if name in listing.files]
        chosen = [*_speakers(entry, listing)[:1], *(file for file in locked if is_whole(file, source))]
        for file in dict.fromkeys(filter(is_looked_into, chosen)):
            wheels.append((file, entry.name, entry.package.version, listing.index))
            positions.append(entry.position)
    found: dict[int, list[tuple[str, str]]] = {}
    for position, wheel, sentence in zip(positions, wheels, differences(wheels, source), strict=True):
        if sentence:
            found.setdefault(position, []).append((wheel[0].filename, sentence))
    return found


def _speakers(entry: _Entry, listing: Listing) -> list[File]:
    """Return the files whose metadata may count for an entry: of those that are locked, and of all of its release."""
    locked = {filename_of(table) for _, table in entry.package.files()}
    kept = _ordered([file for name, file in listing.files.items() if name in locked])
    if not kept:
        return []
    version = version_in(kept[0].filename, entry.name)
    release = _ordered([file for file in listing.files.values() if _is_of(file.filename, entry.name, version)])
    return list(dict.fromkeys(described_by(files, entry.pythons) for files in (kept, release) if files))


def _is_of(name: str, project: str, version: str) -> bool:
    return (name.count("-") >= 4 or not name.endswith(".whl")) and version_in(name, project) == version


def _ordered(files: Sequence[File]) -> list[File]:
    return sorted(files, key=lambda file: (not file.filename.endswith(".whl"), file.filename))


class _Look:
    """Compares entries with what the index says."""

    def __init__(self, lock: Lock, *, is_mirrored: bool) -> None:
        self._lock = lock
        self._is_mirrored = is_mirrored

    def entry(self, entry: _Entry, listing: Listing | None) -> Iterator[Finding]:
        """Yield what is otherwise about the project, its release and its files."""
        if listing is None:
            where = ", ".join(index.url for index in entry.indexes)
            yield self._finding(entry, "gone", "name", f"{entry.name} is no longer on {where}", _WHY)
            return
        yield from self._status(entry, listing)
        yanks: list[str | None] = []
        for key, table in entry.package.files():
            file = listing.files.get(filename_of(table))
            if file is None:
                sentence = f"{entry.title}: {filename_of(table)} is no longer on {listing.index}"
                yield self._finding(entry, "gone", key, sentence, _WHY, near=filename_of(table))
                continue
            yield from self._file(entry, key, table, file, listing.answer)
            yanks.append(file.yanked)
        if yanks:
            yield from self._yank(entry, next((each for each in yanks if each is not None), None), listing)

    def publisher(self, entry: _Entry, clause: str) -> Finding:
        """Return the finding on publishers that the index names otherwise than the lock."""
        return self._finding(entry, "identity", IDENTITIES, f"{entry.title}: {clause}", _WHY, level="warning")

    def metadata(
        self,
        entry: _Entry,
        statements: Sequence[Metadata | NeedsBuild | LockenvError],
        listing: Listing,
        stated: StatedMetadata | None,
    ) -> Iterator[Finding]:
        """Yield where the lock records other requirements than any file of the release that speaks for it.

        What the project states itself of the release is not compared.
        """
        known = [each for each in statements if isinstance(each, Metadata)]
        if not known:
            return
        recorded = entry.package.requires
        # Of wheels that require different things no single one says what is recorded.
        is_own = entry.package.is_combined or (stated is not None and stated.requires is not None)
        if not is_own and all(each.requires != recorded for each in known):
            gone = [text for text in known[0].requires if text not in recorded]
            come = [text for text in recorded if text not in known[0].requires]
            change = "; ".join(
                [
                    *(f"`{text}` is not in the lockfile" for text in gone),
                    *(f"`{text}` is only in the lockfile" for text in come),
                ]
            )
            sentence = f"{entry.title}: locked requirements do not match {listing.index}: {change or 'another order'}"
            yield self._finding(entry, "metadata", "tool", sentence, _WHY, near="requires-dist")
        if stated is not None and stated.requires_python:
            return
        pythons = {each.requires_python for each in known} | {file.requires_python for file in listing.files.values()}
        if not _is_one_of(entry.package.requires_python, pythons):
            sentence = (
                f"{entry.title}: locked Requires-Python does not match the index: "
                f"{known[0].requires_python or 'of any version'}"
            )
            yield self._finding(entry, "metadata", "requires-python", sentence, _WHY)

    def unlike(self, entry: _Entry, wheels: Sequence[tuple[str, str]]) -> Iterator[Finding]:
        """Yield a finding for each wheel that is not as the metadata beside it says."""
        for name, sentence in wheels:
            yield self._finding(entry, "metadata", "wheels", sentence, _WHY, near=name)

    def _status(self, entry: _Entry, listing: Listing) -> Iterator[Finding]:
        # PEP 792: "quarantined" means unsafe, "archived" and "deprecated" that no one will fix it.
        if listing.status == "active":
            return
        reason = f": {listing.status_reason}" if listing.status_reason else ""
        is_unsafe = listing.status == "quarantined"
        yield self._finding(
            entry,
            "quarantined" if is_unsafe else "archived",
            "name",
            f"{entry.name} is {listing.status} on {listing.index}{reason}",
            "do not install it; use another package" if is_unsafe else "",
            level="error" if is_unsafe else "warning",
        )

    def _file(self, entry: _Entry, key: str, table: Mapping[str, Any], file: File, answer: str) -> Iterator[Finding]:
        name, near = file.filename, str(table.get("url", ""))
        for rule, what, mismatch in _mismatches(table, file):
            level: Level = "warning" if rule == "uploaded" else "error"
            sentence = f"{entry.title}: {what} for {name}: {mismatch}{answer}"
            yield self._finding(entry, rule, key, sentence, _WHY, level=level, near=near)
        if self._is_mirrored or "path" in table or near == file.url:
            return
        is_far = host_of(near) != host_of(file.url)
        yield self._finding(
            entry,
            "elsewhere",
            key,
            f"{entry.title}: {name} is locked from {near}, but the index lists {file.url}",
            f"{_WHY}; run `lockenv lock --refresh` to use the URL of the index",
            level="error" if is_far else "warning",
            near=near,
        )

    def _yank(self, entry: _Entry, now: str | None, listing: Listing) -> Iterator[Finding]:
        """Yield what the index says of a withdrawal: None `now` for none, else the reason."""
        was = entry.package.yanked
        if now is None and was is None:
            return
        locked = "not" if was is None else f"yanked{_reason(was)}"
        change = "" if self._lock.is_foreign else f"; when it was locked, it was {locked}"
        if was == now:
            change = " (as it was when it was locked)"
        is_new = was is None
        state = "not yanked any more" if now is None else f"yanked{_reason(now)}"
        yield self._finding(
            entry,
            "yanked",
            "version",
            f"{entry.title} is {state}{change}{'' if was == now else listing.answer}",
            _MOVE.format(entry.name) if is_new else "",
            level="error" if is_new else "note",
        )

    def _finding(
        self, entry: _Entry, rule: str, key: str, sentence: str, hint: str, *, level: Level = "error", near: str = ""
    ) -> Finding:
        origin = self._lock.place(entry.position, key, near)
        return Finding(rule=rule, level=level, sentence=sentence, origin=origin, hint=hint)


def _mismatches(table: Mapping[str, Any], file: File) -> Iterator[tuple[str, str, str]]:
    """Yield rule, title and both values of what an index says otherwise of a file; what is missing is no other."""
    moment, size = table.get("upload-time"), table.get("size")
    since = f" (uploaded {moment_text(moment)})" if isinstance(moment, datetime) else ""
    digest = str(table.get("hashes", {}).get("sha256", "")).lower()
    if digest and file.sha256 and digest != file.sha256:
        yield "other-bytes", "HASH MISMATCH", f"locked sha256 {digest}{since}, the index lists {file.sha256}"
    elif size is not None and file.size is not None and size != file.size:
        yield "other-bytes", "size mismatch", f"locked {size} bytes{since}, the index lists {file.size}"
    listed = datetime.fromisoformat(file.upload_time) if file.upload_time else None
    if isinstance(moment, datetime) and listed is not None and is_another_moment(moment, listed):
        times = f"locked {moment_text(moment)}, the index lists {moment_text(listed)}"
        yield "uploaded", "upload time mismatch", times


def _reason(text: str) -> str:
    return f": {text}" if text else ""


def _is_one_of(text: str, known: set[str]) -> bool:
    """Return whether a Requires-Python means the same as one of those that the index states."""
    if text in known:
        return True

    def meaning(specifier: str) -> object:
        try:
            return python(specifier) if specifier else ALWAYS
        except ValueError:
            return ALWAYS  # what no installer can read restricts nothing

    return meaning(text) in {meaning(each) for each in known}
