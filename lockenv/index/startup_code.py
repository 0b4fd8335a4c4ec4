"""Which files of a wheel run whenever Python starts, found by its names, without fetching the whole of it.

A wheel that an index lists goes in; names come out, kept in the cache under its URL and hash.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from typing import TYPE_CHECKING

from lockenv.errors import NetworkError
from lockenv.fetch import ranges
from lockenv.fetch.downloads import archive_path
from lockenv.fetch.http_cache import CachedResponse
from lockenv.fetch.local import is_local, path_of
from lockenv.vocabulary import startup
from lockenv.vocabulary.names import Sha256
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from lockenv.fetch.fetcher import Fetcher

_FORM = "startup-code-2"
_DATA = lazy_pattern(r"[^/]+\.data/([a-z]+)/(.*)", "s")
"""The names of files that go elsewhere than to site-packages: scheme and path (binary distribution format)."""
_LONGEST = 1 << 16
"""Bytes of a path file that are read; a longer one counts as code."""
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


def startup_files(url: str, filename: str, sha256: str, fetcher: Fetcher) -> tuple[str, ...] | None:
    """Return the files of a wheel that run whenever Python starts, sorted; None where its server serves no parts of it.

    Raises NetworkError where the server does not answer.
    """
    key = f"{url} {sha256}"
    kept = fetcher.store.get(_FORM, key)
    if kept is not None:
        return tuple(kept.payload.decode().split("\n")) if kept.payload else ()
    found = _looked_into(fetcher.located(url), filename, sha256, fetcher)
    if found is not None:
        fetcher.store.put(_FORM, key, CachedResponse("\n".join(found).encode()))
    return found


def _looked_into(url: str, filename: str, sha256: str, fetcher: Fetcher) -> tuple[str, ...] | None:
    archive = path_of(url) if is_local(url) else archive_path(fetcher.settings.archives, Sha256(sha256), filename)
    if os.path.isfile(archive):
        with open(archive, "rb") as opened:
            return _files(opened)
    if fetcher.settings.offline:
        return None
    remote = ranges.open_remote(fetcher, url)
    return None if remote is None else _files(io.BufferedReader(remote))


def _files(opened: IO[bytes]) -> tuple[str, ...] | None:
    """Return the files that run, by the directory of the archive; None for what is no archive: `sync` refuses that."""
    try:
        with zipfile.ZipFile(opened) as archive:
            return tuple(sorted({printable(path) for path in _running(archive)}))
    except NetworkError:
        raise
    except _BROKEN:
        return None


def _running(archive: zipfile.ZipFile) -> Iterator[str]:
    members: dict[tuple[str, str], zipfile.ZipInfo] = {}
    for member in archive.infolist():
        match = _DATA.fullmatch(member.filename)
        members[(match[1], match[2]) if match else (startup.ROOTS[0], member.filename)] = member
    parts = ((scheme, *path.rpartition("/")[::2]) for scheme, path in members)
    for scheme, path in startup.startup_files((scheme, directory, (name,)) for scheme, directory, name in parts):
        if scheme not in startup.ROOTS or not path.endswith(".pth") or _imports(archive, members[scheme, path]):
            yield path


def _imports(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    if member.file_size > _LONGEST:
        return True
    with archive.open(member) as opened:
        return startup.runs_code(opened.read(_LONGEST))
