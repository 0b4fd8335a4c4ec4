"""Write one member of an archive into a folder, and hash it on the way.

In: a checked archive, and a member of an inspected wheel. Out: the file, complete and with its mode, and what was
found of it. Never: a file that goes elsewhere than into the folder.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from lockenv.sync.record import encoded
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.fetch import second_thread
    from lockenv.files.ops import Folder
    from lockenv.sync.archive import Archive
    from lockenv.sync.wheel import Member
else:
    second_thread = late("lockenv.fetch.second_thread")

_WORTH_A_THREAD = 8 << 20
"""Bytes of a member from which on a second thread hashes and writes it while the first one inflates."""


class ExtractedFile(NamedTuple):
    """A file that was written."""

    digest: str
    """Its sha256 as RECORD writes it."""
    found: os.stat_result
    """Of the file once all of it was written."""
    is_recorded: bool
    """Whether it has the hash that RECORD states, if that states one."""


def extract(folder: Folder, archive: Archive, member: Member, item: str) -> ExtractedFile:
    """Write `member` to the new file `item` of `folder`. Raises RefusedError when it is damaged, OSError."""
    own = hashlib.sha256()
    row = member.row
    recorded = own if row is None or row.algorithm == "sha256" else hashlib.new(row.algorithm)

    def hashed(piece: bytes | memoryview) -> None:
        own.update(piece)
        if recorded is not own:
            recorded.update(piece)

    if member.entry.is_short:
        content = archive.whole(member.entry)
        hashed(content)
        found = folder.created(item, content, member.mode)
    else:
        found = _in_pieces(folder, archive, member, item, hashed)
    digest = encoded(own.digest())
    is_recorded = row is None or row.digest == (digest if recorded is own else encoded(recorded.digest()))
    return ExtractedFile(digest, found, is_recorded)


def _in_pieces(
    folder: Folder, archive: Archive, member: Member, item: str, hashed: Callable[[bytes | memoryview], None]
) -> os.stat_result:
    """Write a member that is not short; `hashed` is called with each piece of it."""
    with folder.creating(item, member.mode) as descriptor:

        def take(piece: bytes | memoryview) -> None:
            hashed(piece)
            folder.write(descriptor, piece)

        pieces = archive.pieces(member.entry)
        if member.entry.size < _WORTH_A_THREAD:
            for piece in pieces:
                take(piece)
        else:
            # Inflating, hashing and writing all release the interpreter lock.
            with second_thread.second_thread(take) as put:
                for piece in pieces:
                    put(piece)
        return os.fstat(descriptor)
