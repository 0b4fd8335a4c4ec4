"""What copies of this process ask of servers within this machine: they have the time that this process lacks.

In: where the cache is, URLs, and what a page says of a file. Out: what the cache keeps of the answer, which it has by
then. Only what goes the usual way is answered: for anything else the caller asks the server itself, and says what is
wrong. Never: a login.
"""

from __future__ import annotations

import marshal

from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.index import kept_pages
from lockenv.index.metadata_reader import MetadataReader
from lockenv.index.page import File
from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.names import NormalizedName

_AT_ONCE = 0.1
"""Seconds within which a request is sent again, as for a kept connection that was closed meanwhile."""
_PATIENCE = 2
"""Seconds for which a server may be silent: the process that was copied waits longer, and no copy outlives it for more
where it is killed."""


def page(cache_dir: str, url: str, name: str) -> bytes:
    """Return the fields of what is kept of the page of a project at `url`. Raises as `kept_pages.fetched`."""
    return marshal.dumps((*kept_pages.fetched(_fetcher(cache_dir), url, NormalizedName(name)),))


def metadata(cache_dir: str, filename: str, url: str, sha256: str, metadata: str) -> bytes:
    """Return the compact metadata of a wheel that a page describes so. Raises as `MetadataReader.readily`."""
    file = File(filename, url, sha256, None, "", "", None, metadata)
    return MetadataReader(_fetcher(cache_dir)).readily(file)


@cache
def _fetcher(cache_dir: str) -> Fetcher:
    """Return one that works alone."""
    made = Fetcher(
        FetchSettings(
            cache_dir=cache_dir,
            connect_timeout=_PATIENCE,
            first_byte=_PATIENCE,
            rate_window=_PATIENCE,
            late=_PATIENCE,
            tries=2,
            budget=_AT_ONCE,
            timeout_budget=_AT_ONCE,
        )
    )
    made.workers.close()
    return made
