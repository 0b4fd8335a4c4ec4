"""From the bytes of a page to its compact form, in one call, which can be made in another process.

Text and bytes go in and bytes come out. What a long page says of files is written to a file beside the compact form,
where there is a place for it: of thousands of them, few are ever looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.errors import MachineError
from lockenv.fetch.kept_beside import KeptBeside, keep
from lockenv.index import page_cache
from lockenv.index.page_columns import decode
from lockenv.index.simple import is_json, parse
from lockenv.index.validation import UrlJoiner
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from lockenv.index.page_cutter import PageSlices

_LONG = 4_000
"""Bytes of a page from which on most of it is better left as it is."""
_SHORT = 1 << 14
"""Bytes of entries that are kept in the compact form: a second file would cost more than to read them."""


def compacted(
    project: str, content: bytes, kind: str, url: str, before: bytes, beside: str = "", place: str = ""
) -> bytes:
    """Return the compact form of the page at `url`, after the name of what is kept beside it, and a line feed.

    `before` is that of the page that was there before, or empty, and `beside` the path of what is beside that. At
    `place`, with the name behind it, this one may keep something; empty for nowhere.

    Raises InputError when it is no page of `project`, and RefusedError when a file has other bytes than before.
    """
    name = NormalizedName(project)
    old = decode(before, KeptBeside(beside) if beside else None) if before else None
    slices = _cut(content, url, name) if len(content) > _LONG and is_json(kind) else None
    if slices is None:
        page = parse(content, kind, url, name)
        return b"\n" + page_cache.encode(page, name, page_cache.unchanged(old, page, url) if old else ())
    lines, pieces = page_cache.encode_slices(slices, name, UrlJoiner(url).root)
    gone = page_cache.withdrawn(old, decode(b"".join([page_cache.joined(lines, ()), *pieces])), url) if old else ()
    head = page_cache.joined(lines, gone)
    if place and sum(map(len, pieces)) > _SHORT:
        try:
            return b"%b\n%b" % (keep(place, pieces, lines[-1].encode()).encode(), head)
        except MachineError:
            pass  # a cache that cannot be written is one that does not keep
    return b"".join([b"\n", head, *pieces])


def _cut(content: bytes, url: str, project: NormalizedName) -> PageSlices | None:
    try:
        from lockenv.index.page_cutter import cut
    except ImportError:  # its decoder is compiled, and not there for every interpreter
        return None
    return cut(content, url, project)
