"""List the files that an environment must hold, with their sha256 and mode.

In: what a lock selects, an environment, and the directory of fetched archives. Out: path, sha256 and mode of each file,
and the wheels of which that cannot be known. The lock's sha256 proves an archive and its RECORD proves each file, so
that nothing an environment, its records or the store say is taken for true. Nothing is written or unpacked.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from lockenv.environment.verify import ExpectedFile
from lockenv.errors import InputError
from lockenv.fetch.downloads import archive_path, check_hashes
from lockenv.sync import entrypoints, generated_files, layout, record
from lockenv.sync.archive import Archive, Limits
from lockenv.sync.archive_source import digest, opened
from lockenv.sync.paths import PROVENANCE
from lockenv.sync.plan import winners
from lockenv.sync.stored_wheel import StoredDirectory, StoredFile, StoredFiles, StoredWheel
from lockenv.sync.wheel import inspect
from lockenv.sync.wheel_faults import MISMATCH, NOTHING
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from lockenv.environment.venv import Environment
    from lockenv.files import atomic
    from lockenv.sync.layout import Layout
    from lockenv.sync.wheel import Contents, Member
    from lockenv.vocabulary.manifest import Accepted, Overwrites
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected
else:
    atomic = late("lockenv.files.atomic")

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NOTHING: tuple[tuple[NormalizedName, ...], Set[str]] = ((), frozenset())


class UnprovedWheel(NamedTuple):
    """A wheel whose files cannot be known."""

    selected: Selected
    reason: str
    """In a few words, such as `not in the cache`."""


class ExpectedFiles(NamedTuple):
    """What an environment has to hold."""

    files: tuple[ExpectedFile, ...]
    """In the order of the selection."""
    unproved: tuple[UnprovedWheel, ...]
    """In the order of the selection; empty when `files` is all."""


def expected(
    selected: Sequence[Selected],
    environment: Environment,
    archives: str,
    overwrites: Overwrites = (),
    accepted: Accepted = NOTHING,
) -> ExpectedFiles:
    """Return what `environment` has to hold of `selected`, whose archives are in the directory `archives`.

    `overwrites` says whose file it is where two of them have different ones at one path, `accepted` which faults their
    wheels may have.
    Raises RefusedError for an archive that breaks a rule, MachineError for one that cannot be read.
    """
    directories = environment.schemes()
    lost = _lost(selected, archives, directories, overwrites, accepted)
    files: list[ExpectedFile] = []
    unproved: list[UnprovedWheel] = []
    for one in selected:
        with _archive(one, archives) as archive:
            if isinstance(archive, str):
                unproved.append(UnprovedWheel(one, archive))
                continue
            contents = inspect(archive, one.name, one.version, accepted)
            placed = layout.lay_out(one, _as_stored(archive, contents, accepted.get(one.name, ())), directories)
            placed = layout.without(placed, *lost.get(one.name, _NOTHING))
            files.extend(_Wheel(placed, archive, contents.members, environment).files())
    return ExpectedFiles(tuple(_merged(files)), tuple(unproved))


def _merged(files: Iterable[ExpectedFile]) -> Iterator[ExpectedFile]:
    """Yield each file once that is the same of several, as one of all of them."""
    found: dict[tuple[str, str, int], ExpectedFile] = {}
    for file in files:
        first = found.setdefault(file[:3], file)
        if first is not file:
            found[file[:3]] = file._replace(owner=f"{first.owner}, {file.owner}")
    return iter(found.values())


def _lost(
    selected: Sequence[Selected],
    archives: str,
    directories: Mapping[str, str],
    overwrites: Overwrites,
    accepted: Accepted,
) -> Mapping[NormalizedName, tuple[tuple[NormalizedName, ...], Set[str]]]:
    """Return to whom distributions lose files, and the paths of these; of an archive that cannot be known, no paths."""
    there = {one.name: one for one in selected} if overwrites else {}
    over = {name: found for name in there if (found := winners(name, there, overwrites))}
    taken = {}
    for winner in sorted({name for names in over.values() for name in names}):
        one = there[winner]
        with _archive(one, archives) as archive:
            if isinstance(archive, Archive):
                contents = inspect(archive, one.name, one.version, accepted)
                stored = _as_stored(archive, contents, accepted.get(one.name, ()))
                taken[winner] = layout.files(layout.lay_out(one, stored, directories))
    return {
        name: (names, frozenset().union(*(taken.get(winner, ()) for winner in names))) for name, names in over.items()
    }


@contextmanager
def _archive(one: Selected, archives: str) -> Iterator[Archive | str]:
    """Open the archive that has the locked sha256, for the `with` block; or say why there is none."""
    locked = one.file.sha256
    if locked is None:
        raise InputError(f"{one.name} {one.version} has no sha256 in the lockfile", hint="run `lockenv lock --upgrade`")
    path = archive_path(archives, locked, one.file.filename)
    if not os.path.lexists(path):
        yield "not in the cache"
        return
    try:
        with opened(path) as source:
            is_right = digest(source) == locked
            if is_right:
                check_hashes(path, one.file.filename, one.hashes)
            yield Archive(source, one.file.filename, Limits()) if is_right else "damaged in the cache"
    except OSError as error:
        raise atomic.machine_error(error, path, "read") from error


def _as_stored(archive: Archive, contents: Contents, accepted: Sequence[str]) -> StoredWheel:
    """Return `contents` as the store would hold them; a file's item is its number in them."""

    def files(members: Iterable[tuple[int, Member]]) -> Iterator[StoredFile]:
        for number, member in members:
            witness = (0, member.entry.size, 0, member.mode)
            yield StoredFile(member.name, str(number), _digest(archive, member, accepted), witness)

    groups = groupby(enumerate(contents.members), key=lambda item: (item[1].scheme, item[1].directory))
    return StoredWheel(
        path="",
        name="",
        version="",
        size=archive.source.size,
        dist_info=contents.dist_info,
        root_scheme=contents.root_scheme,
        directories=tuple(StoredDirectory(*place, StoredFiles.of(files(members))) for place, members in groups),
        scripts=contents.scripts,
        notes=(),
    )


def _digest(archive: Archive, member: Member, accepted: Sequence[str]) -> str:
    """Return the sha256 that RECORD says, which a sync enforces; what RECORD says otherwise or not is hashed.

    It is also hashed where RECORD may be wrong about it, that rule being `accepted`.
    """
    if member.row is not None and member.row.algorithm == "sha256" and MISMATCH not in accepted:
        return member.row.digest
    found = sha256()
    for piece in archive.pieces(member.entry):
        found.update(piece)
    return record.encoded(found.digest())


class _Wheel:
    """The files of one wheel, in the order in which a sync puts them; their rows of RECORD are noted on the way."""

    def __init__(self, placed: Layout, archive: Archive, members: Sequence[Member], environment: Environment) -> None:
        self._placed = placed
        self._archive = archive
        self._members = members
        self._python = environment.python
        self._root = environment.root
        self._owner = f"{placed.selected.name} {placed.selected.version}"
        self._rows: list[str] = []

    def files(self) -> Iterator[ExpectedFile]:
        placed = self._placed
        for directory, scheme, files in placed.places:
            for file in files:
                rewritten = self._rewritten(file) if scheme == "scripts" else None
                if rewritten is None:
                    yield self._linked(directory, file)
                else:
                    yield self._written(directory, file.name, rewritten, generated_files.SCRIPT_MODE)
        for script in placed.stored.scripts:
            name = entrypoints.file_name(script.name)
            content = entrypoints.content(script, self._python)
            yield self._written(placed.scripts, name, content, generated_files.SCRIPT_MODE)
        yield from self._metadata()

    def _metadata(self) -> Iterator[ExpectedFile]:
        placed = self._placed
        for directory, files in placed.metadata:
            for file in files:
                yield self._linked(f"{placed.claim}/{directory}" if directory else placed.claim, file)
        for name, content in generated_files.metadata(placed.selected, self._former_url(), placed.winners):
            yield self._written(placed.claim, name, content, generated_files.FILE_MODE)
        own = f"{generated_files.prefix(placed.site, placed.claim)}RECORD"
        content = record.compose([*self._rows, record.line(own, "", 0)])
        yield self._written(placed.claim, "RECORD", content, generated_files.FILE_MODE)

    def _former_url(self) -> str:
        """Return where the bytes were when they were installed, if the lock has named another place for them since.

        A URL is the one thing that the environment is asked: the lock proves the bytes, and no code reads it.
        """
        selected, over = self._placed.selected, self._placed.winners
        if selected.direct is not None:
            return ""
        claim = os.path.join(self._root, self._placed.claim)
        try:
            provenance = _read(os.path.join(claim, PROVENANCE))
            if provenance == dict(generated_files.metadata(selected, winners=over))[PROVENANCE]:
                return ""
            return generated_files.former_url(selected, provenance, _read(os.path.join(claim, "RECORD")), over)
        except OSError:
            return ""  # what is there instead is reported by the comparison

    def _rewritten(self, file: StoredFile) -> bytes | None:
        pieces = self._archive.pieces(self._members[int(file.item)].entry)
        first = next(pieces, b"")
        if bytes(first[: len(generated_files.ASKING)]) != generated_files.ASKING:
            return None
        return generated_files.script(b"".join((first, *pieces)), self._python)

    def _linked(self, directory: str, file: StoredFile) -> ExpectedFile:
        self._rows.append(
            record.line(generated_files.prefix(self._placed.site, directory) + file.name, file.digest, file.size)
        )
        return ExpectedFile(_path(directory, file.name), file.digest, file.mode, self._owner)

    def _written(self, directory: str, name: str, content: bytes, mode: int) -> ExpectedFile:
        self._rows.append(generated_files.row(generated_files.prefix(self._placed.site, directory) + name, content))
        return ExpectedFile(_path(directory, name), record.encoded(sha256(content).digest()), mode, self._owner)


def _path(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _read(path: str) -> bytes:
    """Return what a file of an environment holds; neither a link nor a pipe in its place is followed or waited for."""
    with open(os.open(path, _READ), "rb") as file:
        return file.read()
