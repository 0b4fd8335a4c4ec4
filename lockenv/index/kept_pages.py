"""Pages of projects: from a server or the cache to columns of releases.

The URL of a page and a fetcher go in; a kept answer, and the columns that it means, come out. Long pages are read in
another process where one is there.
"""

from __future__ import annotations

import marshal

from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.kept_beside import KeptBeside
from lockenv.index.page import ACCEPT
from lockenv.index.page_columns import FORM, decode
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import partial

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index import page_cache_writer
    from lockenv.index.page_columns import PageColumns
    from lockenv.vocabulary.names import NormalizedName
else:
    page_cache_writer = late("lockenv.index.page_cache_writer")

WRITER = "lockenv.index.page_cache_writer"
WORKERS = (WRITER, "lockenv.index.page_cutter", "lockenv.index.rehearsal:pages")
"""What other processes load for pages."""
ASKING = (
    "lockenv.index.near_server",
    "lockenv.fetch.http_client",
    "lockenv.fetch.freshness",
    "lockenv.fetch.ranges",
    "lockenv.index.archives",
    "lockenv.index.legacy",
    "lockenv.index.license_and_page",
    "lockenv.index.rehearsal:metadata",
)
"""What copies of this process load beside those, where they ask a server themselves."""
KIND = FORM
"""The form under which pages are kept."""
_HEADERS = {"Accept": ACCEPT}
_LONG = 50_000
"""Bytes of a page for which another process is worth starting."""
_SHORT = 4_000
"""Bytes of a page that are worth sending to one that is there: this one need not even load what reads them."""


def prepare(fetcher: Fetcher, *, is_near: bool) -> None:
    """Have other processes ready for pages, of which the cache has none yet; before any thread runs.

    Where the server `is_near`, within this machine, they ask it themselves.
    """
    fetcher.is_near = is_near
    fetcher.worker_modules = (*ASKING, *WORKERS) if is_near else WORKERS
    fetcher.workers.fork()


def fetched(fetcher: Fetcher, url: str, name: NormalizedName, *, refresh: bool = False) -> CachedResponse:
    """Return the page of a project at `url`; its status is 404 when the server has none. Raises as `Fetcher.page`."""
    made = None if refresh else fetcher.asked_beside(url, ASKING[0], "page", url, name)
    if made is not None:
        return CachedResponse(*marshal.loads(made))  # noqa: S302 - from a copy of this process
    return fetcher.page(url, FORM, _HEADERS, partial(_compacted, fetcher, url, name), refresh=refresh)


def kept(fetcher: Fetcher, url: str, *, refresh: bool = False) -> CachedResponse | None:
    """Return the kept page at `url` when it may be used without asking the server (`Fetcher.cached_page`)."""
    return fetcher.cached_page(url, FORM, refresh=refresh)


def opened(fetcher: Fetcher, url: str, entry: CachedResponse) -> PageColumns:
    """Return the columns of the page at `url`, of which `entry` is what the cache keeps."""
    beside = fetcher.store.beside(FORM, url, entry)
    return decode(entry.payload, KeptBeside(beside) if beside else None)


def _compacted(
    fetcher: Fetcher,
    asked: str,
    name: NormalizedName,
    content: bytes,
    kind: str,
    url: str,
    before: CachedResponse | None,
) -> tuple[bytes, str]:
    """Return the compact form of a page, and the name of what is kept beside it."""
    store = fetcher.store
    payload = b"" if before is None else before.payload
    place = store.place(FORM, asked) if store.is_writable else ""
    page = (name, content, kind, url, payload, store.beside(FORM, asked, before), place)
    made = None
    if len(content) > (_SHORT if fetcher.workers.are_prepared else _LONG):
        made = fetcher.workers.call_named(WRITER, "compacted", *page)
    beside, _, payload = (page_cache_writer.compacted(*page) if made is None else made).partition(b"\n")
    return payload, beside.decode()
