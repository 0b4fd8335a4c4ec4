"""Unpacked wheels, each verified once and linked into many environments.

In: archives by sha256. Out: Stored entries whose files are ready to be linked: modes set, contents hashed against
RECORD. An entry is a directory `store-v1/<xx>/<sha256>` of numbered files and a manifest; it appears whole, by one
rename. Contents are not flushed to the disk: every use compares each file with the manifest and hashes it again on any
difference, and once after the system was started again since the entry was made, so that what a loss of power or an
edit through an environment left is found and replaced.
"""

from __future__ import annotations

import os

from lockenv.errors import RefusedError
from lockenv.files import boot
from lockenv.files.locks import hold
from lockenv.files.ops import Folder
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import contextmanager, suppress

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar

    from lockenv.files import atomic
    from lockenv.files.file_state import FileState
    from lockenv.sync import archive as sync_archive
    from lockenv.sync import archive_source, store_entry, stored_wheel, wheel, wheel_faults
    from lockenv.sync.archive import Archive, Count, Limits
    from lockenv.sync.stored_wheel import StoredWheel
    from lockenv.sync.wheel import Contents
    from lockenv.vocabulary.manifest import Accepted
    from lockenv.vocabulary.names import Sha256
    from lockenv.vocabulary.selected import Selected
else:
    atomic = late("lockenv.files.atomic")
    sync_archive = late("lockenv.sync.archive")
    archive_source = late("lockenv.sync.archive_source")
    store_entry = late("lockenv.sync.store_entry")
    stored_wheel = late("lockenv.sync.stored_wheel")
    wheel = late("lockenv.sync.wheel")
    wheel_faults = late("lockenv.sync.wheel_faults")


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
                    is_due = not is_read_back and store_entry.may_be_lost(folder)
                    stored = store_entry.checked(folder, stored, every_byte=every_byte or is_due)
                    if stored is not None and is_due:
                        with suppress(OSError):
                            folder.replace(store_entry.BOOT, store_entry.READ_BACK)
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
                        store_entry.check_digest(source, archive, selected.file.filename, sha256)
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
                    stored = store_entry.write(folder, checked, contents, selected, accepted)._replace(
                        path=self.path(sha256)
                    )
                    folder.create(stored_wheel.MANIFEST, stored_wheel.dumped(stored))
                    folder.create(store_entry.BOOT, boot.current().encode())
                # A damaged entry is replaced; what environments were linked from it stays theirs.
                shard.clear(sha256)
                shard.rename(new, shard, sha256)
            except BaseException:
                with suppress(OSError):
                    shard.clear(new)
                raise
        return stored
