"""Everything that a project's page lists, as it is now: also what resolution never looks at.

Names and indexes go in; listings come out, fetched beside each other. Unlike the catalog it keeps yanked files, and
does not refuse what changed: it is asked to report it.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from lockenv.errors import LockenvError
from lockenv.index.find_links import shelf
from lockenv.index.metadata import decode
from lockenv.index.metadata_reader import MetadataReader
from lockenv.index.page import ACCEPT, File
from lockenv.index.simple import parse
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.index_access import IndexAccess
    from lockenv.index.page_columns import PageColumns
    from lockenv.vocabulary.distribution import Metadata, NeedsBuild
    from lockenv.vocabulary.names import NormalizedName

FORM = "listing-3"
_HEADERS = {"Accept": ACCEPT}
_SERIAL = re.compile(rb'"_last-serial": ?(\d{1,18})|<!--SERIAL (\d{1,18})-->')
"""Of JSON (PEP 691, `meta`: keys with an underscore are private), and of HTML, where PyPI and its mirrors write it."""

Asked = tuple["NormalizedName", tuple["IndexAccess", ...]]
"""A project, and the indexes that may have it, in the order they are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What an index says about a project."""

    index: str
    """The simple root that answered."""
    files: Mapping[str, File]
    """By file name."""
    status: str
    """PEP 792: `active`, `archived`, `quarantined` or `deprecated`."""
    status_reason: str
    serial: str = ""
    """The number of the last change that the index made to the project; empty where it states none."""
    answered: float = 0
    """When it said this, seconds since the epoch; zero for a directory or a list of links."""

    @property
    def answer(self) -> str:
        """Which answer it is, in parentheses after a space: by its serial, else its time; empty where it has none."""
        if self.serial:
            return f" (serial {self.serial})"
        moment = datetime.fromtimestamp(self.answered, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f" (answered {moment})" if self.answered else ""


def listings(asked: Sequence[Asked], fetcher: Fetcher) -> list[Listing | None]:
    """Return the listing of each project, in the same order; None where no index has it. Raises NetworkError."""
    tasks = [fetcher.pool.submit(partial(_listing, fetcher, *each)) for each in asked]
    return [task.result() for task in tasks]


def described(
    wanted: Sequence[tuple[File, NormalizedName, str, str]], fetcher: Fetcher
) -> list[Metadata | NeedsBuild | LockenvError]:
    """Return the metadata of files, each with name, version and index, in the same order.

    An error where it has none.
    """
    reader = MetadataReader(fetcher)
    tasks = [fetcher.pool.submit(partial(_described, reader, *each)) for each in wanted]
    return [task.result() for task in tasks]


def in_wheels(
    wanted: Sequence[tuple[File, NormalizedName, str, str]], fetcher: Fetcher
) -> list[Metadata | NeedsBuild | LockenvError | None]:
    """Return the metadata that wheels themselves hold; as `described`, None where one is too long to be looked into."""
    reader = MetadataReader(fetcher)
    tasks = [fetcher.pool.submit(partial(_in_wheel, reader, *each)) for each in wanted]
    return [task.result() for task in tasks]


def _in_wheel(
    reader: MetadataReader, file: File, name: NormalizedName, version: str, _: str
) -> Metadata | NeedsBuild | LockenvError | None:
    try:
        payload = reader.in_wheel(file)
        return None if payload is None else decode(payload, file.filename, name, version)
    except LockenvError as error:
        return error


def _described(
    reader: MetadataReader, file: File, name: NormalizedName, version: str, index: str
) -> Metadata | NeedsBuild | LockenvError:
    try:
        return decode(reader.read(file, index), file.filename, name, version)
    except LockenvError as error:
        return error


def _listing(fetcher: Fetcher, name: NormalizedName, indexes: Sequence[IndexAccess]) -> Listing | None:
    for index in indexes:
        if not index.is_server:
            columns = shelf(index.url, fetcher, is_flat=index.is_flat).columns(name)
            if columns is not None:
                return _shelved(columns, index.url)
            continue
        entry = fetcher.page(f"{index.url}{name}/", FORM, _HEADERS, partial(_encoded, name))
        if entry.status == 200:
            return _decoded(entry.payload, index.url, entry.stored)
    return None


def _shelved(columns: PageColumns, index: str) -> Listing:
    files = {file.filename: file for row in range(len(columns.versions)) for file in columns.files(row)}
    return Listing(index=index, files=files, status=columns.status, status_reason=columns.status_reason)


def _encoded(name: NormalizedName, content: bytes, kind: str, url: str, _: object) -> bytes:
    page = parse(content, kind, url, name)
    serial = _SERIAL.search(content)
    text = (serial[1] or serial[2]).decode() if serial else ""
    return json.dumps([page.status, page.status_reason, text, page.files]).encode()


def _decoded(payload: bytes, index: str, answered: float) -> Listing:
    status, reason, serial, rows = json.loads(payload)
    files = {row[0]: File(*row) for row in rows}
    return Listing(index=index, files=files, status=status, status_reason=reason, serial=serial, answered=answered)
