"""What was fetched, kept on disk with its own checksum, which names its place too.

A form (what kind of thing, and in which layout) and a key go in; a CachedResponse comes out, or None when there is none
that is whole. Safe under concurrent processes: an entry is replaced whole. A store that cannot be written is a store
that does not keep, never an error.
"""

from __future__ import annotations

import os
import zlib

from lockenv.errors import MachineError
from lockenv.fetch import kept_beside
from lockenv.files.atomic import replace
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.hashing import sha256

LONGEST_AGE = 24 * 3600
"""Seconds; an answer that may be used unasked for longer would freeze what an index says."""
_MAGIC = b"lockenv 2 "
_PLACELESS = b"lockenv 1 "
"""Before the checksum of an entry that an older lockenv kept: it says nothing of the place."""
_HEAD = len(_MAGIC) + 8 + 1
_START = 1 << 14
"""Bytes that hold the lines before the payload, and all of most entries: no server sends so long an ETag."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class CachedResponse(NamedTuple):
    """One kept answer."""

    payload: bytes
    status: int = 200
    stored: float = 0
    """Seconds since the epoch, as for `fresh_until`."""
    fresh_until: float = 0
    etag: str = ""
    modified: str = ""
    """`Last-Modified`, as the server wrote it."""
    origin: str = ""
    """The digest of what the payload was made of, where the server says nothing to ask it with later."""
    beside: str = ""
    """The name of what is kept beside the entry, and belongs to the payload; empty for nothing (`kept_beside`)."""


class HttpCache:
    """A directory of entries."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._places: dict[tuple[str, str], str] = {}
        self.is_writable = True
        """False after a write failed; nothing more is kept then."""
        self.dropped = 0
        """How many entries were found damaged, or in the place of others."""

    def has_any(self, form: str) -> bool:
        """Return whether anything was ever kept of this form."""
        return os.path.isdir(f"{self._directory}/{form}")

    def get(self, form: str, key: str) -> CachedResponse | None:
        """Return the entry kept under `key`; a damaged one, or one that lost what is beside it, is dropped: None."""
        found = self._whole(form, key)
        if found is None:
            return None
        entry = _decoded(*found)
        if entry is None or (entry.beside and not kept_beside.is_whole(self.place(form, key), entry.beside)):
            self._drop(self.place(form, key))
            return None
        return entry

    def payload(self, form: str, key: str) -> bytes | None:
        """Return the payload of the entry kept under `key`, whatever else it says; as `get` for a damaged one."""
        found = self._whole(form, key)
        return None if found is None else found[1]

    def _whole(self, form: str, key: str) -> tuple[bytes, bytes] | None:
        path = self.place(form, key)
        try:
            found = _read(path, self._seed(path))
        except OSError:
            return None
        if found is None:
            self._drop(path)
        return found

    def put(self, form: str, key: str, entry: CachedResponse) -> None:
        """Keep `entry` under `key`, in place of what was there."""
        if not self.is_writable:
            return
        try:
            path = self.place(form, key)
            replace(path, _encoded(entry, self._seed(path)))
        except MachineError:
            self.is_writable = False

    def _seed(self, path: str) -> int:
        """Return what the checksum of the entry at `path` begins with: one that was moved there is not whole."""
        return zlib.crc32(path[len(self._directory) :].encode())

    def beside(self, form: str, key: str, entry: CachedResponse | None) -> str:
        """Return the path of what is kept beside the entry under `key`; empty for nothing."""
        return f"{self.place(form, key)}-{entry.beside}" if entry is not None and entry.beside else ""

    def place(self, form: str, key: str) -> str:
        """Return the path of the entry under `key`; what is beside it has a longer name."""
        found = self._places.get((form, key))
        if found is None:
            digest = sha256(key.encode()).hexdigest()
            found = self._places[form, key] = f"{self._directory}/{form}/{digest[0]}/{digest[1:41]}"
        return found

    def _drop(self, path: str) -> None:
        self.dropped += 1
        try:
            os.unlink(path)
        except OSError:
            self.is_writable = False


def _read(path: str, seed: int) -> tuple[bytes, bytes] | None:
    """Return the fields and the payload of the entry in the file at `path`; None for a damaged one."""
    descriptor = os.open(path, _FLAGS)
    try:
        start = os.read(descriptor, _START)
        end = start.find(b"\n", _HEAD) + 1
        if not end:
            return None
        payload = start[end:]
        if len(start) == _START:
            # Read again without what is before it: a page of many megabytes is copied nowhere.
            os.lseek(descriptor, end, os.SEEK_SET)
            payload = _to_the_end(descriptor, os.fstat(descriptor).st_size - end)
    finally:
        os.close(descriptor)
    fields = start[_HEAD:end]
    magic = start[: len(_MAGIC)]
    checksum = zlib.crc32(payload, zlib.crc32(fields, 0 if magic == _PLACELESS else seed))
    is_whole = magic in (_MAGIC, _PLACELESS) and start[len(magic) : _HEAD] == b"%08x\n" % checksum
    return (fields, payload) if is_whole else None


def _to_the_end(descriptor: int, size: int) -> bytes:
    """Return `size` bytes from where `descriptor` is; less where the file ends before."""
    content = os.read(descriptor, size)
    while len(content) < size and (part := os.read(descriptor, size - len(content))):
        content += part
    return content


def _encoded(entry: CachedResponse, seed: int) -> bytes:
    fields: tuple[object, ...] = (entry.status, entry.stored, entry.fresh_until, entry.etag, entry.modified)
    if entry.origin or entry.beside:
        fields = (*fields, entry.origin)
    if entry.beside:
        fields = (*fields, entry.beside)
    rest = "\t".join(map(str, fields)).encode("utf-8", "replace") + b"\n" + entry.payload
    return _MAGIC + b"%08x\n" % zlib.crc32(rest, seed) + rest


def _decoded(fields: bytes, payload: bytes) -> CachedResponse | None:
    """Return the entry with this payload; `fields` is the line before it."""
    try:
        status, stored, fresh_until, etag, modified, *more = fields[:-1].decode().split("\t")
        return CachedResponse(payload, int(status), float(stored), float(fresh_until), etag, modified, *more)
    except (ValueError, TypeError):  # its checksum is right, and yet nothing of this program wrote it
        return None
