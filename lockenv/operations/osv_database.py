"""The dump of OSV that a project names (`database`), as the cache keeps it.

In: a URL or a path. Out: the compact text of `index.osv_dump`. The archive is read again only where it changed. Never:
a judgement.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.errors import InputError
from lockenv.fetch.http_cache import CachedResponse
from lockenv.files.reading import read_bounded
from lockenv.index import osv_dump

if TYPE_CHECKING:
    from lockenv.fetch.fetcher import Fetcher

_FORM = "osv-dump-1"
_LIMIT = 1 << 30
"""Bytes of a dump on disk; that of the public index has some tens of millions."""


def read(database: str, base: str, source: Fetcher) -> bytes:
    """Return what is kept of the dump at `database`, a URL or a path from the directory `base`; empty for none.

    Raises NetworkError, and InputError for what is no dump, or cannot be read.
    """
    if not database:
        return b""
    if database.startswith(("https://", "http://")):
        entry = source.page(database, _FORM, {}, _compacted)
        if entry.status != 200:
            raise InputError(f"{database} does not exist", hint="check `database` of [tool.lockenv.audit]")
        return entry.payload
    path = os.path.join(base, database.removeprefix("file://"))
    try:
        found = os.stat(path)
        key = f"{path} {found.st_size} {found.st_mtime_ns}"
        entry_there = source.store.get(_FORM, key)
        if entry_there is not None:
            return entry_there.payload
        payload = osv_dump.compact(read_bounded(path, _LIMIT), database)
    except OSError as error:
        raise InputError(
            f"{database} cannot be read: {error.strerror or error}", hint="check `database` of [tool.lockenv.audit]"
        ) from error
    source.store.put(_FORM, key, CachedResponse(payload))
    return payload


def _compacted(content: bytes, _kind: str, url: str, _before: object) -> bytes:
    return osv_dump.compact(content, url)
