"""Indexes that are no server with a page for each project: trees of pages on disk, folders of files, flat pages.

A name goes in; the columns of its releases come out, or None when there is none. A local file without a hash is hashed
when it is listed, so that one which changes is never taken for what it was. A root that is not there is an error: a
disk that is not mounted must not look like an index that lacks the project.
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Final, Protocol

from lockenv.errors import MachineError, NetworkError, RefusedError
from lockenv.fetch.local import is_local, open_local, path_of, url_of
from lockenv.fetch.settings import DOWNLOAD_LIMIT, PAGE_LIMIT
from lockenv.fetch.urls import shown
from lockenv.files.atomic import machine_error
from lockenv.index import page_cache, page_columns
from lockenv.index.page import ACCEPT, File, Page
from lockenv.index.simple import parse
from lockenv.index.simple_html import parse_flat
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.local import LocalReply
    from lockenv.index.page_columns import PageColumns
    from lockenv.vocabulary.names import NormalizedName

_FORM: Final = "flat-1"
_SUFFIXES: Final = (".whl", ".tar.gz", ".zip")
_PART: Final = 1 << 18


class FlatIndex(Protocol):
    """Where files of many projects are."""

    def columns(self, name: NormalizedName) -> PageColumns | None:
        """Return the releases of `name`; None when there is none."""


def shelf(url: str, fetcher: Fetcher, *, is_flat: bool) -> FlatIndex:
    """Return the index at `url`: a directory when it is local and ends in a slash, else a page."""
    if not is_flat:
        return _Tree(url)
    if is_local(url) and url.endswith("/"):
        return _Directory(url)
    return _FlatPage(url, fetcher)


class _Tree:
    """A simple repository (PEP 503, PEP 691) as files: `NAME/index.html` or `NAME/index.json`."""

    def __init__(self, url: str) -> None:
        self._url = url
        _check_directory(path_of(url))

    def columns(self, name: NormalizedName) -> PageColumns | None:
        url = f"{self._url}{name}/"
        reply = open_local(url)
        if reply.status != 200:
            return None
        content = _whole(reply, url)
        return _columns(parse(content, reply.headers["content-type"], url, name), name)


class _Directory:
    """Wheels and source distributions side by side."""

    def __init__(self, url: str) -> None:
        self._url = url
        path = path_of(url)
        _check_directory(path)
        try:
            names = os.listdir(path)
        except OSError as error:
            raise machine_error(error, path, "read") from error
        self._names = _sorted(name for name in names if name.endswith(_SUFFIXES))

    def columns(self, name: NormalizedName) -> PageColumns | None:
        path = path_of(self._url)
        files = [_file(found, url_of(os.path.join(path, found))) for found in _of(self._names, name)]
        return _columns(Page(files, "active", "", 0), name)


class _FlatPage:
    """One HTML page that links to the files of many projects."""

    def __init__(self, url: str, fetcher: Fetcher) -> None:
        listed = _read_page(url) if is_local(url) else _fetched_page(url, fetcher)
        self._files = {file.filename: file for file in listed}
        self._names = _sorted(self._files)

    def columns(self, name: NormalizedName) -> PageColumns | None:
        files = [self._files[found] for found in _of(self._names, name)]
        return _columns(Page(files, "active", "", 0), name)


def _read_page(url: str) -> list[File]:
    reply = open_local(url)
    if reply.status != 200:
        raise MachineError(f"{path_of(url)} does not exist", hint="check find-links")
    return parse_flat(_whole(reply, url), "text/html", url)


def _fetched_page(url: str, fetcher: Fetcher) -> list[File]:
    import json

    # What is kept is what was understood, not the page: its links may hold credentials.
    def kept(content: bytes, kind: str, final: str, _: object) -> bytes:
        return json.dumps(parse_flat(content, kind, final)).encode()

    entry = fetcher.page(url, _FORM, {"Accept": ACCEPT}, kept)
    if entry.status != 200:
        raise NetworkError(f"{shown(url)} was not found on the server", hint="check find-links")
    return [File(*fields) for fields in json.loads(entry.payload)]


def _columns(page: Page, name: NormalizedName) -> PageColumns | None:
    found = page._replace(files=[_hashed(file) for file in page.files])
    columns = page_columns.decode(page_cache.encode(found, name))
    return columns if columns.versions else None


def _sorted(filenames: Iterable[str]) -> list[tuple[str, str]]:
    return sorted((normalize(filename), filename) for filename in filenames)


def _of(filenames: Sequence[tuple[str, str]], name: NormalizedName) -> list[str]:
    """Return those that may be files of `name`; what they are is looked at closely later."""
    return [filename for normalized, filename in filenames if normalized.startswith(f"{name}-")]


def _file(filename: str, url: str) -> File:
    return File(filename, url, "", None, "", "", None, "")


def _hashed(file: File) -> File:
    if file.sha256 or not is_local(file.url):
        return file
    import hashlib

    digest, size = hashlib.sha256(), 0
    with closing(open_local(file.url)) as reply:
        if reply.status != 200:
            raise MachineError(f"{path_of(file.url)} does not exist", hint="fix the page that links to it")
        for part in _bounded(reply, file.url, DOWNLOAD_LIMIT):
            digest.update(part)
            size += len(part)
    return file._replace(sha256=digest.hexdigest(), size=size)


def _whole(reply: LocalReply, url: str) -> bytes:
    with closing(reply):
        return b"".join(_bounded(reply, url, PAGE_LIMIT))


def _bounded(reply: LocalReply, url: str, most: int) -> Iterator[bytes]:
    """Return a file in parts. Raises RefusedError when it is longer than `most` bytes, before it was read so far."""
    if reply.size > most:
        raise RefusedError("too-large", f"{path_of(url)} is larger than {most} bytes", hint="remove it")
    # One that grows meanwhile is not followed.
    left = reply.size
    while left > 0 and (part := reply.read(min(_PART, left))):
        left -= len(part)
        yield part


def _check_directory(path: str) -> None:
    if not os.path.isdir(path):
        raise MachineError(
            f"the directory `{path}` does not exist", hint="check the indexes and find-links of the project"
        )
