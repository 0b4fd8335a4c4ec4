"""The files of a page on which every entry is as it should be, looked at column by column.

Pure. Looking at a column costs a fraction of looking at each value, and nearly every page is so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.index.file_values import advertised, length, yanked
from lockenv.index.page import File
from lockenv.index.validation import Specifiers, all_regular, provenance_url
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

SUFFIXES = (".whl", ".tar.gz", ".zip")
"""How the names of usable files end."""


class FileColumns(NamedTuple):
    """What a page says of its usable files, a list for each key, in the order of the page."""

    filenames: list[str]
    urls: list[str]
    """As the page writes them."""
    digests: list[str]
    """sha256; empty where the page states none."""
    sizes: list[Any]
    upload_times: list[str]
    """Empty where the page states none."""
    requires_python: list[str]
    yanked: list[Any]
    metadata: list[Any]
    """What counts of a file's metadata file (PEP 714): a sha256, or whether there is one."""
    provenances: list[str]
    """As the page writes them (PEP 740); empty where the page states none."""


def regular_files(columns: FileColumns, root: str) -> list[File] | None:
    """Return the files of a page; None when any entry is not as it should be.

    `root` is the part of a URL before the slash that a reference may begin with.

    Raises AttributeError or TypeError when a value is of a type that the page may not have there.
    """
    if not all_regular(columns.filenames, columns.urls, columns.digests, columns.upload_times):
        return None
    specifiers = Specifiers()
    return list(
        map(
            File,
            columns.filenames,
            [root + url if url[0] == "/" else url for url in columns.urls],
            columns.digests,
            _sizes(columns.sizes),
            columns.upload_times,
            [specifiers[text] for text in columns.requires_python],
            _reasons(columns.yanked),
            _advertised(columns.metadata),
            _provenances(columns.provenances),
        )
    )


def _sizes(sizes: list[Any]) -> list[int | None]:
    if set(map(type, sizes)) == {int} and length(min(sizes)) is not None and length(max(sizes)) is not None:
        return sizes
    return list(map(length, sizes))


def _reasons(values: list[Any]) -> Iterable[str | None]:
    return map(yanked, values) if any(values) else [None] * len(values)


def _provenances(values: list[str]) -> list[str]:
    return list(map(provenance_url, values)) if any(values) else values


def _advertised(values: list[Any]) -> Iterable[str]:
    if set(map(type, values)) <= {bool, type(None)}:
        return ["true" if value else "" for value in values]
    return map(advertised, values)
