"""Unpacked wheels, each verified once and linked into many environments.

In: archives by sha256. Out: Stored entries whose files are ready to be linked: modes set, contents hashed against
RECORD. An entry is a directory `store-v1/<xx>/<sha256>` of numbered files and a manifest; it appears whole, by one
rename. Contents are not flushed to the disk: every use compares each file with the manifest and hashes it again on any
difference, and once after the system was started again since the entry was made, so that what a loss of power or an
edit through an environment left is found and replaced.
"""

from __future__ import annotations

import os
import stat
from itertools import groupby

from lockenv.errors import RefusedError
from lockenv.files import boot
from lockenv.files.locks import hold
from lockenv.files.ops import Folder
from lockenv.vocabulary import system
from lockenv.vocabulary.hashing import expect_many, sha256
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import contextmanager, suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import ClassVar

    from lockenv.files import atomic
    from lockenv.files.file_state import FileState
    from lockenv.sync import archive as sync_archive
    from lockenv.sync import archive_source, extraction, record, stored_wheel, wheel, wheel_faults
    from lockenv.sync.archive import Archive, Count, Limits
    from lockenv.sync.archive_source import Source
    from lockenv.sync.stored_wheel import StoredFile, StoredFiles, StoredWheel, Witness
    from lockenv.sync.wheel import Contents, Member
    from lockenv.vocabulary.manifest import Accepted
    from lockenv.vocabulary.names import Sha256
    from lockenv.vocabulary.selected import Selected
else:
    atomic = late("lockenv.files.atomic")
    sync_archive = late("lockenv.sync.archive")
    archive_source = late("lockenv.sync.archive_source")
    extraction = late("lockenv.sync.extraction")
    record = late("lockenv.sync.record")
    stored_wheel = late("lockenv.sync.stored_wheel")
    wheel = late("lockenv.sync.wheel")
    wheel_faults = late("lockenv.sync.wheel_faults")

_BOOT = "boot"
"""The run of the system in which an entry was unpacked; or that a later one has read every byte of it."""
_READ_BACK = b"any"
_LONGEST_BOOT = 128
_INODE = (1 << 64) - 1
_MANY = 20
"""Files whose digests pay for loading a quicker implementation."""


class StoreAbsence:
    """Why the store cannot provide an entry: one of two, and no `Enum`, which takes a while to load."""

    __slots__ = ("_name",)
    MISSING: ClassVar[StoreAbsence]
    DAMAGED: ClassVar[StoreAbsence]
    """It is there, and some file of it is not what it was."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self._name}"


StoreAbsence.MISSING, StoreAbsence.DAMAGED = map(StoreAbsence, ("MISSING", "DAMAGED"))


class WheelStore:
    """The store below a cache directory."""

    def __init__(self, cache_dir: str) -> None:
        self.cache_dir = cache_dir
        self.root = f"{cache_dir}/store-v1"

    def path(self, sha256: Sha256) -> str:
        """Return where the entry of the wheel with this digest is, or would be."""
        return f"{self.root}/{sha256[:2]}/{sha256}"

    @property
    def is_writable(self) -> bool:
        """Whether there is a store, and this user may put entries into it."""
        return os.access(self.root, os.W_OK)

    @contextmanager
    def held(self, *, alone: bool = False) -> Iterator[None]:
        """Keep the store as it is: together with others that link from it, or `alone`, to remove entries.

        No one can remove anything from a store that cannot be written to; there nothing is held.
        """
        if not alone and not self.is_writable and os.path.isdir(self.root):
            yield
            return
        with hold(f"{self.root}/lock", shared=not alone):
            yield

    def find(
        self, sha256: Sha256, *, every_byte: bool = False, is_read_back: bool = False
    ) -> StoredWheel | StoreAbsence:
        """Return the entry of the wheel with this digest, every file of it compared with the manifest.

        Files are hashed where inode, size, time or mode differ from the manifest's; all of them with `every_byte`, and
        where they were written before the system was started and not read back since, which `is_read_back` excludes.
        """
        path = self.path(sha256)
        try:
            with Folder.open(path, "store") as folder:
                manifest = folder.read(stored_wheel.MANIFEST)
                stored = stored_wheel.parsed(manifest, folder.path)
                if stored is None and stored_wheel.is_of_other_form(manifest):
                    return StoreAbsence.MISSING
                if stored is not None:
                    is_due = not is_read_back and _may_be_lost(folder)
                    stored = _checked(folder, stored, every_byte=every_byte or is_due)
                    if stored is not None and is_due:
                        with suppress(OSError):
                            folder.replace(_BOOT, _READ_BACK)
        except FileNotFoundError:
            stored = None
            if not os.path.lexists(path):
                return StoreAbsence.MISSING
        except PermissionError as error:
            # A file that may not be read. Who may list the entry may also replace it.
            if not (self.is_writable and os.access(path, os.R_OK | os.W_OK | os.X_OK)):
                raise atomic.machine_error(error, path, "read") from error
            stored = None
        except OSError as error:
            raise atomic.machine_error(error, path, "read") from error
        return StoreAbsence.DAMAGED if stored is None else stored

    def disown(self, sha256: Sha256) -> None:
        """Let the entry of the wheel with this digest be a damaged one until it is made again, if it can be changed."""
        with suppress(OSError), Folder.open(self.path(sha256), "store") as folder:
            folder.unlink(stored_wheel.MANIFEST)

    def unpack(
        self,
        archive: str,
        selected: Selected,
        limits: Limits,
        accepted: Accepted | None = None,
        count: Count | None = None,
        state: FileState | None = None,
    ) -> StoredWheel:
        """Return the entry of the wheel whose archive is the file `archive`, made now unless another process made it.

        In the state `state` the archive is known to have the sha256 of the selected wheel; in another one it is hashed.
        Raises RefusedError when the archive is not the selected wheel or breaks a rule, FaultyWheelError where that is
        not `accepted` and may be; then nothing is kept. What another process made may have faults nonetheless. `count`
        hears about how many bytes of the archive are unpacked.
        """
        accepted = wheel_faults.NOTHING if accepted is None else accepted
        sha256 = selected.file.sha256
        if sha256 is None:
            what = f"{selected.file.filename}: the lockfile has no sha256 for it"
            raise RefusedError("hash-missing", what, hint="run `lockenv lock --upgrade`, which records it")
        with hold(f"{self.root}/locks/{sha256}"):
            found = self.find(sha256)
            if isinstance(found, stored_wheel.StoredWheel):
                return found
            try:
                with archive_source.opened(archive) as source:
                    # What is hashed here is what is unpacked below: the same bytes, or the same open file.
                    if state is None or source.state != state:
                        _check_digest(source, archive, selected.file.filename, sha256)
                    checked = sync_archive.Archive(source, selected.file.filename, limits)
                    contents = wheel.inspect(checked, selected.name, selected.version, accepted)
                    checked.count = count
                    return self._fill(sha256, checked, contents, selected, accepted)
            except OSError as error:
                raise atomic.machine_error(error, error.filename or self.root) from error

    def _fill(
        self, sha256: Sha256, checked: Archive, contents: Contents, selected: Selected, accepted: Accepted
    ) -> StoredWheel:
        """Make the entry, whole or not at all."""
        new = f".{sha256}"
        with Folder.open(f"{self.root}/{sha256[:2]}", "store", create=True) as shard:
            shard.clear(new)
            shard.mkdir(new)
            try:
                with shard.enter(new) as folder:
                    stored = _write(folder, checked, contents, selected, accepted)._replace(path=self.path(sha256))
                    folder.create(stored_wheel.MANIFEST, stored_wheel.dumped(stored))
                    folder.create(_BOOT, boot.current().encode())
                # A damaged entry is replaced; what environments were linked from it stays theirs.
                shard.clear(sha256)
                shard.rename(new, shard, sha256)
            except BaseException:
                with suppress(OSError):
                    shard.clear(new)
                raise
        return stored


# Reading


def _may_be_lost(folder: Folder) -> bool:
    """Return whether the entry was unpacked in an earlier run of the system and not read back since."""
    try:
        with folder.reader(_BOOT) as descriptor:
            found = os.read(descriptor, _LONGEST_BOOT)
    except OSError:
        return True
    return found != _READ_BACK and not boot.is_current(found.decode("ascii", "replace"))


def _checked(folder: Folder, stored: StoredWheel, *, every_byte: bool) -> StoredWheel | None:
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


def unlike_items(folder: Folder, known: Iterable[tuple[str, int, int, int, int]]) -> set[str]:
    """Return the names of those files in `folder` that are not as `known`: name, inode, size, time, mode.

    Raises OSError where one is not there.
    """
    if folder.fd < 0:
        return {item for item, *witness in known if observed(folder.stat(item)) != tuple(witness)}
    look, entry = os.lstat, folder.fd
    unlike = set()
    for item, inode, size, moment, mode in known:
        found = look(item, dir_fd=entry)
        # Each by itself: a tuple of them would have to be made first.
        if found.st_mtime_ns != moment or found.st_ino != inode or found.st_size != size or found.st_mode != mode:
            unlike.add(item)
    return unlike


def observed(found: os.stat_result) -> tuple[int, int, int, int]:
    """Return inode, size, time and mode; of a longer inode, which some file systems of Windows have, 64 bits."""
    return found.st_ino & _INODE, found.st_size, found.st_mtime_ns, found.st_mode


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


# Writing


def _check_digest(source: Source, path: str, filename: str, sha256: Sha256) -> None:
    found = archive_source.digest(source)
    if found != sha256:
        raise RefusedError(
            "hash-mismatch",
            f"hash mismatch for {filename}: locked sha256 {sha256}, cached {found}",
            hint=f"remove {path} and run the command again",
        )


def _write(folder: Folder, archive: Archive, contents: Contents, selected: Selected, accepted: Accepted) -> StoredWheel:
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
