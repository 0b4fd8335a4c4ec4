"""One entry of the store of unpacked wheels: read, and written.

In: the open directory of an entry. Out: whether every file of it is as its manifest says, and a StoredWheel of a new
one. Never: where entries are, or whether one takes the place of another.
"""

from __future__ import annotations

import os
import stat
from itertools import groupby

from lockenv.errors import RefusedError
from lockenv.files import boot
from lockenv.sync import stored_wheel
from lockenv.sync.witnesses import observed, unlike_items
from lockenv.vocabulary import system
from lockenv.vocabulary.hashing import expect_many, sha256
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.files.ops import Folder
    from lockenv.sync import archive as sync_archive
    from lockenv.sync import archive_source, extraction, record, wheel_faults
    from lockenv.sync.archive import Archive
    from lockenv.sync.archive_source import Source
    from lockenv.sync.stored_wheel import StoredFile, StoredFiles, StoredWheel, Witness
    from lockenv.sync.wheel import Contents, Member
    from lockenv.vocabulary.manifest import Accepted
    from lockenv.vocabulary.names import Sha256
    from lockenv.vocabulary.selected import Selected
else:
    # What only an entry that is made needs, or one of which a file is hashed.
    sync_archive = late("lockenv.sync.archive")
    archive_source = late("lockenv.sync.archive_source")
    extraction = late("lockenv.sync.extraction")
    record = late("lockenv.sync.record")
    wheel_faults = late("lockenv.sync.wheel_faults")

BOOT = "boot"
"""The run of the system in which an entry was unpacked; or that a later one has read every byte of it."""
READ_BACK = b"any"
_LONGEST_BOOT = 128
_MANY = 20
"""Files whose digests pay for loading a quicker implementation."""


def may_be_lost(folder: Folder) -> bool:
    """Return whether the entry was unpacked in an earlier run of the system and not read back since."""
    try:
        with folder.reader(BOOT) as descriptor:
            found = os.read(descriptor, _LONGEST_BOOT)
    except OSError:
        return True
    return found != READ_BACK and not boot.is_current(found.decode("ascii", "replace"))


def checked(folder: Folder, stored: StoredWheel, *, every_byte: bool) -> StoredWheel | None:
    """Return `stored` when every file is as its manifest says; None when one is not."""
    changed = [file for files in _kept_together(stored) for file in (files if every_byte else _unlike(folder, files))]
    if not changed:
        return stored
    fresh = {}
    if len(changed) > _MANY:
        expect_many()
    for file in changed:
        witness = _hashed(folder, file)
        if witness is None:
            return None
        if witness != file.witness:
            fresh[file.item] = file._replace(witness=witness)
    if not fresh:
        return stored
    # Only the witnesses changed, as after a copy of the cache: the next run need not hash again.
    directories = tuple(
        directory._replace(files=stored_wheel.StoredFiles.of(fresh.get(file.item, file) for file in directory.files))
        for directory in stored.directories
    )
    stored = stored._replace(directories=directories)
    with suppress(OSError):
        folder.replace(stored_wheel.MANIFEST, stored_wheel.dumped(stored))
    return stored


def _kept_together(stored: StoredWheel) -> list[StoredFiles]:
    """Return all files of `stored`, in as few parts as they are kept in."""
    kept = {id(directory.files.columns): directory.files.columns for directory in stored.directories}
    return [stored_wheel.StoredFiles(columns, 0, len(columns.names)) for columns in kept.values()]


def _unlike(folder: Folder, files: StoredFiles) -> list[StoredFile]:
    """Return those of `files` of which inode, size, time or mode are not as the manifest says."""
    unlike = unlike_items(folder, zip(files.items, files.inodes, files.sizes, files.moments, files.modes, strict=True))
    return [file for file in files if file.item in unlike] if unlike else []


def _hashed(folder: Folder, file: StoredFile) -> Witness | None:
    """Return the new witness of a file whose content and mode are right; None for another."""
    if not stat.S_ISREG(folder.stat(file.item).st_mode):
        return None
    with folder.reader(file.item) as descriptor:
        size = os.fstat(descriptor).st_size
        digest = sha256(size=size)
        while piece := os.read(descriptor, 1 << 20):
            digest.update(piece)
        found = os.fstat(descriptor)
    if record.encoded(digest.digest()) != file.digest or found.st_mode != file.witness[3]:
        return None
    return _witness(found, file.mode)


def _witness(found: os.stat_result, mode: int) -> Witness:
    """Return the witness of a file that has the permission bits `mode` in its wheel."""
    seen = observed(found)
    return seen if system.is_windows or stat.S_IMODE(found.st_mode) == mode else (*seen, mode)


def check_digest(source: Source, path: str, filename: str, sha256: Sha256) -> None:
    """Raise RefusedError (`hash-mismatch`) where the archive at `path` is another one than was locked."""
    found = archive_source.digest(source)
    if found != sha256:
        raise RefusedError(
            "hash-mismatch",
            f"hash mismatch for {filename}: locked sha256 {sha256}, cached {found}",
            hint=f"remove {path} and run the command again",
        )


def write(folder: Folder, archive: Archive, contents: Contents, selected: Selected, accepted: Accepted) -> StoredWheel:
    """Unpack every member into `folder`, reading, hashing and writing it in one go."""
    items = map(str, range(len(contents.members)))
    file, group = stored_wheel.StoredFile, stored_wheel.StoredFiles.of  # looked up once
    mismatched: list[str] = []

    def files(members: Iterable[Member]) -> Iterator[StoredFile]:
        for member in members:
            item = next(items)
            written = extraction.extract(folder, archive, member, item)
            if member.row is not None and not written.is_recorded:
                mismatched.append(
                    f"{sync_archive.shown(member.entry.name)}: {wheel_faults.mismatch(member.row.algorithm)}"
                )
            yield file(member.name, item, written.digest, _witness(written.found, member.mode))

    groups = groupby(contents.members, key=lambda member: (member.scheme, member.directory))
    directories = tuple(stored_wheel.StoredDirectory(*place, group(files(members))) for place, members in groups)
    found = {rule: list(said) for rule, said in contents.faults.items()}
    if mismatched:
        found.setdefault(wheel_faults.MISMATCH, []).extend(mismatched)
    faults = wheel_faults.gathered(found)
    if wheel_faults.unaccepted(selected.name, faults, accepted):
        raise wheel_faults.FaultyWheelError([wheel_faults.FaultyWheel(selected.name, archive.label, faults)], accepted)
    return stored_wheel.StoredWheel(
        path=folder.path,
        name=selected.name,
        version=selected.version,
        size=archive.source.size,
        dist_info=contents.dist_info,
        root_scheme=contents.root_scheme,
        directories=directories,
        scripts=contents.scripts,
        notes=contents.notes,
        faults=faults,
    )
