"""Cut the entries of files out of a JSON page as they are, and decode of each only what places it (msgspec).

Pure. Bytes go in; PageSlices come out, or None where the page has to be looked at more closely: for a key of the page
twice, or a file name, URL or time that is not as nearly every index writes it. Of a page of thousands of files a lock
looks at a few: the rest of their entries is read then, by `page_slices`.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType
from msgspec.json import Decoder

from lockenv.index.file_values import sentence
from lockenv.index.legacy import specifier
from lockenv.index.regular_files import SUFFIXES
from lockenv.index.validation import (
    are_places_regular,
    are_times_regular,
    check_project,
    check_version,
    provenance_url,
)
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.vocabulary.names import NormalizedName

_ONCE = (b'"meta"', b'"name"', b'"files"', b'"api-version"', b'"project-status"', b'"status"', b'"reason"')
"""Keys of a page of which another reader may take the other one where there are two."""


class PageSlices(NamedTuple):
    """The usable files of a page, a list for each part, in the order of the page."""

    status: str
    status_reason: str
    filenames: list[str]
    content: bytes
    """Has their entries as the page writes them, a comma between each and the next."""
    ends: list[int]
    """Where the first entry begins in `content`, and where each ends; the commas are not counted."""
    times: list[str]
    """Empty where the page states none."""
    yanked: list[bool | str | None]
    """As the page says it; an empty list where no file is yanked."""
    is_proved: bool
    """Whether any has a provenance object."""
    respelled: dict[str, str]
    """The canonical form of each Requires-Python that is written otherwise."""


class _Object(Struct, gc=False):
    pass


class _Entry(Struct, rename="kebab", gc=False):
    filename: str
    url: str
    hashes: _Object
    upload_time: str | None = None
    requires_python: str | None = None
    yanked: bool | str | None = None
    provenance: str | None = None


class _Meta(Struct, rename={"api_version": "api-version"}):
    api_version: str


class _Status(Struct):
    status: str = "active"
    reason: str = ""


class _Page(Struct, rename="kebab"):
    meta: _Meta
    name: str
    files: list[_Entry]
    project_status: _Status | UnsetType = UNSET


class _Entries(Struct, gc=False):
    files: list[Raw]


_DECODER = Decoder(_Page)
_CUTTER = Decoder(_Entries)


def cut(content: bytes, url: str, project: NormalizedName) -> PageSlices | None:
    """Return what the JSON page at `url` lists of `project`; None when it has to be looked at more closely.

    Raises InputError as `simple_json.parse_json`.
    """
    try:
        if not content.isascii():
            content.decode()
        page, entries = _DECODER.decode(content), _CUTTER.decode(content).files
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
    place = _place(content, entries) if entries else None
    if place is None:
        return None
    check_version(page.meta.api_version, url)
    check_project(page.name, url, project)
    return _regular(page, entries, *place)


def _place(content: bytes, entries: list[Raw]) -> tuple[bytes, int] | None:
    """Return bytes with the entries, a comma between each and the next, and where in them the first begins.

    None where a key of the page, outside of its entries, may be there twice, or be spelled with an escape.
    """
    first, last = bytes(entries[0]), bytes(entries[-1])
    start, end = content.find(first), content.rfind(last) + len(last)
    place = content, start
    if end - start != sum(map(len, entries)) + len(entries) - 1:
        # Between two entries is more than a comma: a space, or a part of the page that is to be looked at.
        listed = b", ".join(entries)
        start = content.find(listed)
        end = start + len(listed)
        place = b",".join(entries), 0
    around = content[:start] + content[end:]
    is_ambiguous = start < 0 or b"\\u" in around or any(around.count(key) > 1 for key in _ONCE)
    return None if is_ambiguous else place


def _regular(page: _Page, entries: list[Raw], content: bytes, start: int) -> PageSlices | None:
    """Return the slices of a page on which all that is looked at is as it should be; None for another."""
    files = page.files
    names = [file.filename for file in files]
    if not are_places_regular(names, [file.url for file in files]) or len(set(names)) != len(names):
        return None
    usable = [number for number, name in enumerate(names) if name.endswith(SUFFIXES)]
    if len(usable) != len(files):
        files, entries = [files[number] for number in usable], [entries[number] for number in usable]
        names = [names[number] for number in usable]
        content, start = b",".join(entries), 0
    times = [file.upload_time or "" for file in files]
    proofs = {file.provenance for file in files} - {None, ""}
    respelled = _respelled([file.requires_python for file in files])
    if not (files and are_times_regular(times) and respelled is not None and all(map(provenance_url, proofs))):
        return None
    status = page.project_status if isinstance(page.project_status, _Status) else _Status()
    ends = [*accumulate(map(len, entries), initial=start)]
    yanked = [file.yanked for file in files]
    return PageSlices(
        sentence(status.status),
        sentence(status.reason),
        names,
        content,
        ends,
        times,
        yanked if any(yanked) else [],
        bool(proofs),
        respelled,
    )


def _respelled(texts: Sequence[str | None]) -> dict[str, str] | None:
    """Return the canonical form of each Requires-Python that is written otherwise; None for what is no text of one."""
    written = {text for text in texts if text}
    if not all(map(str.isprintable, written)):
        return None
    found = {text: specifier(text) or "" for text in sorted(written)}
    return {text: canonical for text, canonical in found.items() if canonical != text}
