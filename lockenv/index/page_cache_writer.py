"""From the bytes of a page to its compact form, in one call.

Pure: text and bytes go in and bytes come out, so that the call can be made in another process.
"""

from __future__ import annotations

from lockenv.index import page_cache
from lockenv.index.simple import parse
from lockenv.vocabulary.names import NormalizedName


def compacted(project: str, content: bytes, kind: str, url: str, before: bytes) -> bytes:
    """Return the compact form of the page at `url`; `before` is that of the page that was there before, or empty.

    Raises InputError when it is no page of `project`, and RefusedError when a file has other bytes than before.
    """
    name = NormalizedName(project)
    page = parse(content, kind, url, name)
    return page_cache.encode(page, name, page_cache.unchanged(before, page, url) if before else ())
