"""Read a ZIP file as a hostile one: two readers that disagree about it must not exist.

In: an archive, in memory or in an open file. Out: its entries, each proved to be where both headers say, tiling the
file exactly; and their contents, proved to have the size and checksum both headers say. Never: writing, or guessing
what was meant.
The names of the rules are in docs/security-rules.md; the format is APPNOTE.TXT 6.3.
"""

from __future__ import annotations

import stat
import struct
import zlib
from typing import TYPE_CHECKING, NoReturn

from lockenv.errors import RefusedError
from lockenv.sync import inflate
from lockenv.sync.archive_source import SLICE, ArchiveInMemory, slices
from lockenv.vocabulary.dataclasses import NamedTuple, dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockenv.sync.archive_source import Source

    Count = Callable[[int], None]
    """Hears of so many bytes more, from whichever thread reads them."""

_NEWEST = 63
"""APPNOTE.TXT 4.4.3: the newest version of the format that an entry can need, times ten."""
_CENTRAL = struct.Struct("<4s2B5H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")

_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800
_KNOWN_FLAGS = _DESCRIPTOR | _UTF8 | 0x6
"""Bits 1 and 2 say how hard the compressor tried; every other bit changes what the bytes mean."""

_EXTRA_ZIP64, _EXTRA_UNICODE_PATH = 0x0001, 0x7075
_DESCRIPTORS = {12: "<3L", 16: "<4x3L", 20: "<L2Q", 24: "<4xL2Q"}
"""By length: the signature is optional, the sizes are of four or of eight bytes (APPNOTE 4.3.9)."""
_MAX_16, _MAX_32 = 0xFFFF, 0xFFFFFFFF
_DOS_DIRECTORY = 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a wheel may ask of the machine."""

    unpacked: int = 2 << 30
    """Bytes of all contents together."""
    ratio: int = 200
    """Unpacked bytes per packed byte, looked at above `ratio_floor`."""
    ratio_floor: int = 10 << 20
    """Bytes below which any ratio is harmless."""
    entries: int = 100_000
    metadata: int = 16 << 20
    """Bytes of any one file that is read whole: METADATA, WHEEL, RECORD, entry_points.txt."""


class Entry(NamedTuple):
    """One member; a directory's name keeps its final slash. A plain tuple, for there are tens of thousands."""

    name: str
    method: int
    crc: int
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes once unpacked."""
    start: int
    """Where its packed bytes begin."""
    is_executable: bool

    @property
    def is_short(self) -> bool:
        """Whether it is read in one go: most entries are, and pieces cost more than their bytes."""
        return self.size <= inflate.PIECE and self.packed <= SLICE


class _Header(NamedTuple):
    """What the central directory says of one member."""

    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    external: int


class Archive:
    """A checked archive."""

    def __init__(self, source: Source | bytes, label: str, limits: Limits) -> None:
        """Check all headers of `source`; `label` names the archive in refusals. Raises RefusedError, OSError."""
        self.source = ArchiveInMemory(source) if isinstance(source, bytes) else source
        self.label = label
        self.limits = limits
        start, count = self._end()
        headers = self._central(start, count)
        self.entries = self._tile(headers, start)
        """In the order of the archive's directory."""
        self.count: Count | None = None
        """Hears how many bytes of the archive the entries take that are read from now on, as they are read."""
        self._weigh()

    def refuse(self, rule: str, what: str, member: str = "") -> NoReturn:
        """Raise the refusal of this archive, or of one of its members."""
        where = f"{self.label}: {shown(member)}" if member else self.label
        raise RefusedError(rule, f"{where}: {what}", hint=_HINT)

    # Contents

    def read(self, entry: Entry) -> bytes:
        """Return the whole content of a small entry. Raises RefusedError when it is damaged or beyond the limit."""
        if entry.size > self.limits.metadata:
            self.refuse("zip-bomb", f"{entry.size} bytes, more than {self.limits.metadata} for such a file", entry.name)
        return bytes(self.whole(entry)) if entry.is_short else b"".join(self.pieces(entry))

    def whole(self, entry: Entry) -> bytes | memoryview:
        """Return the content of a short entry. Raises RefusedError as `pieces` does."""
        packed = self.source.at(entry.start, entry.packed)
        if self.count is not None:
            self.count(_headers(entry) + len(packed))
        try:
            content = packed if entry.method == _STORED else inflate.inflated(packed, entry.size)
        except inflate.DamagedError as error:
            self.refuse("zip-damaged", f"its compressed bytes {error}", entry.name)
        self._compare(entry, zlib.crc32(content))
        return content

    def pieces(self, entry: Entry) -> Iterator[bytes | memoryview]:
        """Return the content of `entry` in pieces, whose checksum is compared after the last.

        Raises RefusedError when the content is not exactly what the headers say; never returns more bytes than that.
        """
        packed = slices(self.source, entry.start, entry.packed)
        if self.count is not None:
            self.count(_headers(entry))
            packed = _counted(packed, self.count)
        crc = 0
        try:
            for piece in packed if entry.method == _STORED else inflate.pieces(packed, entry.size):
                crc = zlib.crc32(piece, crc)
                yield piece
        except inflate.DamagedError as error:
            self.refuse("zip-damaged", f"its compressed bytes {error}", entry.name)
        self._compare(entry, crc)

    def _compare(self, entry: Entry, crc: int) -> None:
        if crc != entry.crc:
            self.refuse("zip-damaged", "its content does not match the checksum in its header", entry.name)

    def _at(self, start: int, length: int) -> bytes | memoryview:
        return self.source.at(start, length)

    # The end of the archive

    def _end(self) -> tuple[int, int]:
        """Return where the central directory starts and how many entries it has."""
        end = self.source.size - _END.size
        if end < 0 or self._at(end, 4) != b"PK\5\6":
            self.refuse("zip-layout", "it does not end with the end record of a ZIP file (comments are not allowed)")
        _, disk, first_disk, here, count, size, start, comment = _END.unpack(self._at(end, _END.size))
        if comment:
            self.refuse("zip-layout", "its end record declares a comment")
        if _MAX_16 in (disk, first_disk, here, count) or _MAX_32 in (size, start):
            end, (disk, first_disk, here, count, size, start) = self._end_64(
                end, (disk, first_disk, here, count, size, start)
            )
        if disk or first_disk or here != count:
            self.refuse("zip-layout", "it is part of a multi-part archive")
        if start + size != end:
            self.refuse("zip-layout", "its central directory does not end where its end record begins")
        if count > self.limits.entries:
            self.refuse("zip-bomb", f"{count} entries, more than {self.limits.entries}")
        return start, count

    def _end_64(self, end: int, short: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        locator = end - _LOCATOR_64.size
        record = locator - _END_64.size
        if record < 0 or self._at(locator, 4) != b"PK\6\7":
            self.refuse("zip-zip64", "its end record points to a missing ZIP64 record")
        _, locator_disk, offset, disks = _LOCATOR_64.unpack(self._at(locator, _LOCATOR_64.size))
        signature, size, _, _, *long = _END_64.unpack(self._at(record, _END_64.size))
        if offset != record or signature != b"PK\6\6" or size != _END_64.size - 12 or locator_disk or disks > 1:
            self.refuse("zip-zip64", "its ZIP64 end record is misplaced or invalid")
        sentinels = (_MAX_16,) * 4 + (_MAX_32,) * 2
        for brief, sentinel, full in zip(short, sentinels, long, strict=True):
            if brief not in (sentinel, full):
                self.refuse("zip-zip64", "its two end records do not match")
        return record, tuple(long)

    # The central directory

    def _central(self, start: int, count: int) -> list[_Header]:
        headers = []
        cursor, end = start, self.source.size
        for _ in range(count):
            if cursor + _CENTRAL.size > end:
                self.refuse("zip-layout", "its central directory is shorter than declared")
            fields = _CENTRAL.unpack(self._at(cursor, _CENTRAL.size))
            signature, _, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, disk, _, external, at = (
                fields
            )
            cursor += _CENTRAL.size
            if signature != b"PK\1\2" or cursor + name + extra + comment > end:
                self.refuse("zip-layout", "its central directory contains invalid entries")
            raw = bytes(self._at(cursor, name))
            if fields[3] & 0xFF > _NEWEST:
                self.refuse("zip-layout", "requires a newer version of the format", _text(raw))
            fields_64 = [size, packed, at]
            self._extra(raw, cursor + name, extra, fields_64)
            if comment or disk:
                self.refuse("zip-layout", "it has a comment or is on another disk", _text(raw))
            cursor += name + extra
            headers.append(_Header(raw, flags, method, crc, fields_64[1], fields_64[0], fields_64[2], external))
        expected = self._directory_end()
        if cursor != expected:
            self.refuse("zip-layout", "its central directory is longer than declared")
        return headers

    def _directory_end(self) -> int:
        end = self.source.size - _END.size
        has_64 = end >= _LOCATOR_64.size and self._at(end - _LOCATOR_64.size, 4) == b"PK\6\7"
        return end - _LOCATOR_64.size - _END_64.size if has_64 else end

    def _extra(self, raw: bytes, cursor: int, length: int, values: list[int]) -> None:
        """Check the extra fields and put the 64-bit numbers they hold into `values` (size, packed, offset)."""
        end = cursor + length
        seen = False
        while cursor < end:
            if end - cursor < 4:
                self.refuse("zip-extra", "its extra fields are cut short", _text(raw))
            kind, size = struct.unpack("<HH", self._at(cursor, 4))
            cursor += 4
            if cursor + size > end:
                self.refuse("zip-extra", "its extra fields are cut short", _text(raw))
            if kind == _EXTRA_ZIP64:
                if seen:
                    self.refuse("zip-zip64", "it has two ZIP64 fields", _text(raw))
                seen = True
                self._zip64(raw, bytes(self._at(cursor, size)), values)
            elif kind == _EXTRA_UNICODE_PATH and self._at(cursor + 5, size - 5) != raw:
                self.refuse("zip-headers-differ", "an extra field contains a different name", _text(raw))
            cursor += size
        if not seen and _MAX_32 in values:
            self.refuse("zip-zip64", "its ZIP64 field is missing", _text(raw))

    def _zip64(self, raw: bytes, field: bytes, values: list[int]) -> None:
        wanted = [position for position, value in enumerate(values) if value == _MAX_32]
        if not wanted and field:
            # Some writers reserve the field and fill it with what the header says already.
            wanted = list(range(min(len(field) // 8, len(values))))
        if len(field) != 8 * len(wanted):
            self.refuse("zip-zip64", "its ZIP64 field does not match its header", _text(raw))
        for position, (number,) in zip(wanted, struct.iter_unpack("<Q", field), strict=True):
            if values[position] not in (_MAX_32, number):
                self.refuse("zip-zip64", "its ZIP64 field and its header do not match", _text(raw))
            values[position] = number

    # Local headers, and that the entries tile the file

    def _tile(self, headers: list[_Header], directory: int) -> list[Entry]:
        starts: dict[int, int] = {}
        cursor = 0
        ordered = sorted(headers, key=lambda header: header.offset)
        # Not strict: an archive without entries has none that follows either.
        for header, following in zip(ordered, [*ordered[1:], None], strict=False):
            end = directory if following is None else following.offset
            if header.offset != cursor or end > directory:
                kind = (
                    "overlaps another entry"
                    if header.offset < cursor
                    else "is preceded by data that belongs to no entry"
                )
                self.refuse("zip-layout", kind, _text(header.raw))
            starts[header.offset] = self._local(header, end)
            cursor = end
        if cursor != directory:
            self.refuse("zip-layout", "there is data that belongs to no entry")
        return [self._entry(header, starts[header.offset]) for header in headers]

    def _local(self, header: _Header, end: int) -> int:
        """Check the local header of an entry that must end at `end`; return where its packed bytes start."""
        member = _text(header.raw)
        if header.offset + _LOCAL.size > end:
            self.refuse("zip-layout", "overlaps another entry", member)
        fields = _LOCAL.unpack(self._at(header.offset, _LOCAL.size))
        signature, _, flags, method, _, _, crc, packed, size, name_length, extra_length = fields
        name_at = header.offset + _LOCAL.size
        start: int = name_at + name_length + extra_length
        if signature != b"PK\3\4" or start > end:
            self.refuse("zip-layout", "its local header is not where the central directory declares", member)
        if self._at(name_at, name_length) != header.raw:
            self.refuse("zip-headers-differ", "its local header has a different name", member)
        values = [size, packed, 0]
        self._extra(header.raw, name_at + name_length, extra_length, values)
        local = (flags, method, crc, values[1], values[0])
        central = (header.flags, header.method, header.crc, header.packed, header.size)
        finish = start + header.packed
        if local != central:
            streamed = flags & _DESCRIPTOR and header.method == _DEFLATED
            if not streamed or local != (header.flags, header.method, 0, 0, 0):
                self.refuse("zip-headers-differ", "its local header and the central directory do not match", member)
        if flags & _DESCRIPTOR:
            finish += self._descriptor(header, finish, end, member)
        if finish != end:
            kind = "overlaps another entry" if finish > end else "is followed by data that belongs to no entry"
            self.refuse("zip-layout", kind, member)
        return start

    def _descriptor(self, header: _Header, start: int, end: int, member: str) -> int:
        length = end - start
        layout = _DESCRIPTORS.get(length)
        if layout is None:
            self.refuse("zip-descriptor", "its data descriptor is missing or has a wrong length", member)
        if length in (16, 24) and self._at(start, 4) != b"PK\7\x08":
            self.refuse("zip-descriptor", "its data descriptor is damaged", member)
        if struct.unpack(layout, self._at(start, length)) != (header.crc, header.packed, header.size):
            self.refuse("zip-descriptor", "its data descriptor and the central directory do not match", member)
        return length

    def _entry(self, header: _Header, start: int) -> Entry:
        name = self._name(header)
        if header.flags & _ENCRYPTED:
            self.refuse("zip-encrypted", "it is encrypted", name)
        if header.flags & ~_KNOWN_FLAGS:
            self.refuse("zip-flags", f"it has unsupported flags {header.flags:#06x}", name)
        if header.method not in (_STORED, _DEFLATED):
            self.refuse("zip-method", f"compression method {header.method} is neither stored nor deflated", name)
        if header.method == _STORED and header.packed != header.size:
            self.refuse("zip-damaged", "it is stored, but its sizes differ", name)
        return Entry(name, header.method, header.crc, header.packed, header.size, start, self._mode(header, name))

    def _name(self, header: _Header) -> str:
        try:
            # APPNOTE 4.4.4: bit 11 says that the name is UTF-8; without it only ASCII means the same everywhere.
            return header.raw.decode("utf-8" if header.flags & _UTF8 else "ascii")
        except UnicodeDecodeError:
            self.refuse("path-unsafe", "its name is neither ASCII nor marked as UTF-8", _text(header.raw))

    def _mode(self, header: _Header, name: str) -> bool:
        """Return whether the entry is executable; refuse what is neither a file nor a directory."""
        mode = header.external >> 16
        kind = stat.S_IFMT(mode)
        if name.endswith("/"):
            if header.size or header.packed > 2 or kind not in (0, stat.S_IFDIR):
                self.refuse("path-special", "a directory that has content or is not a directory", name)
            return False
        if kind not in (0, stat.S_IFREG) or header.external & _DOS_DIRECTORY:
            self.refuse("path-special", "it is a link or a special file", name)
        return bool(kind and mode & 0o111)

    def _weigh(self) -> None:
        total = 0
        for entry in self.entries:
            total += entry.size
            if entry.size > self.limits.ratio_floor and entry.size > self.limits.ratio * entry.packed:
                self.refuse("zip-bomb", f"{entry.packed} bytes that expand to {entry.size}", entry.name)
        if total > self.limits.unpacked:
            self.refuse("zip-bomb", f"it unpacks to {total} bytes, more than {self.limits.unpacked}")


_HINT = "do not install it; report it to its publisher"


def _headers(entry: Entry) -> int:
    """Return how many bytes of the archive describe `entry`."""
    return _CENTRAL.size + _LOCAL.size + 2 * len(entry.name)


def _counted(packed: Iterator[bytes | memoryview], count: Count) -> Iterator[bytes | memoryview]:
    """Return `packed`, and have `count` hear of each part when it is read."""
    for part in packed:
        count(len(part))
        yield part


def shown(name: str) -> str:
    """Return `name` for a message: what a terminal would obey, or not show, is escaped."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
