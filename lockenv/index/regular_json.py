"""JSON pages on which every entry is as nearly every index writes it, decoded straight into records (msgspec).

Pure. Bytes go in; the Page comes out that `simple_json` would read, in half the time, or None where it has to look:
for a key that is not named here, a key twice, an escape, a value of another type or an address that needs work.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import UNSET, DecodeError, Struct, UnsetType
from msgspec.json import Decoder

from lockenv.index.file_values import sentence
from lockenv.index.page import Page
from lockenv.index.regular_files import SUFFIXES, FileColumns, regular_files
from lockenv.index.validation import check_project, check_version, has_many_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.vocabulary.names import NormalizedName


class _Hashes(Struct, forbid_unknown_fields=True, gc=False):
    sha256: str


class _Entry(Struct, forbid_unknown_fields=True, rename="kebab", gc=False):
    """PEP 691, with the keys of PEP 700, 714 and 740."""

    filename: str
    url: str
    hashes: _Hashes
    size: int | UnsetType = UNSET
    upload_time: str | UnsetType = UNSET
    requires_python: str | UnsetType | None = UNSET
    yanked: bool | str | UnsetType = UNSET
    core_metadata: bool | _Hashes | UnsetType = UNSET
    data_dist_info_metadata: bool | _Hashes | UnsetType = UNSET
    provenance: str | UnsetType | None = UNSET


class _Meta(Struct, forbid_unknown_fields=True, rename={"api_version": "api-version", "last_serial": "_last-serial"}):
    api_version: str
    last_serial: int | str | UnsetType = UNSET
    """A text on some mirrors."""


class _Status(Struct, forbid_unknown_fields=True):
    """PEP 792."""

    status: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class _Listing(Struct, forbid_unknown_fields=True, rename="kebab"):
    meta: _Meta
    name: str
    files: list[_Entry]
    versions: list[str] | UnsetType = UNSET
    alternate_locations: list[str] | UnsetType = UNSET
    """PEP 708."""
    project_status: _Status | UnsetType = UNSET


_DECODER = Decoder(_Listing)


def parse_regular(content: bytes, url: str, root: str, project: NormalizedName) -> Page | None:
    """Return what the JSON page at `url` says about `project`; None when it has to be looked at more closely.

    `root` is what comes before a reference that begins with one slash. Raises InputError as `parse_json`.
    """
    if has_many_values(content) or b"\\" in content:
        return None
    try:
        found = _DECODER.decode(content)
    except (DecodeError, RecursionError):
        return None
    if content.count(b'"') != _quotes(found):
        return None
    check_version(found.meta.api_version, url)
    check_project(found.name, url, project)
    used = [entry for entry in found.files if entry.filename.endswith(SUFFIXES)]
    columns = FileColumns(
        [entry.filename for entry in used],
        [entry.url for entry in used],
        [entry.hashes.sha256 for entry in used],
        [None if entry.size is UNSET else entry.size for entry in used],
        [entry.upload_time or "" for entry in used],
        [entry.requires_python or "" for entry in used],
        [entry.yanked or None for entry in used],
        _metadata(used),
        [entry.provenance or "" for entry in used],
    )
    files = regular_files(columns, root)
    return None if files is None else Page(files, *_status(found.project_status), 0)


def _status(stated: _Status | UnsetType) -> tuple[str, str]:
    given = _Status() if isinstance(stated, UnsetType) else stated
    return sentence(given.status or "") if given.status is not UNSET else "active", sentence(given.reason or "")


def _quotes(page: _Listing) -> int:
    """Return how many quotes the text of a page has whose keys are all different and whose texts have none.

    A key that is there twice has two more: readers differ on which of two equal keys counts.
    """
    entries = page.files
    optional = (
        [entry.size for entry in entries],
        [entry.upload_time for entry in entries],
        [entry.requires_python for entry in entries],
        [entry.yanked for entry in entries],
        [entry.core_metadata for entry in entries],
        [entry.data_dist_info_metadata for entry in entries],
        [entry.provenance for entry in entries],
    )
    keys = texts = 0
    for column in optional:
        kinds = _kinds(column)
        keys += len(column) - kinds[UnsetType] + kinds[_Hashes]
        texts += kinds[str] + kinds[_Hashes]
    # `filename`, `url`, `hashes` and `sha256` of each file; `meta`, `api-version`, `name` and `files` of the page.
    keys += 4 * len(entries) + 4
    texts += 3 * len(entries) + 2
    for value in (page.meta.last_serial, page.versions, page.alternate_locations, page.project_status):
        keys += value is not UNSET
        texts += type(value) is str
    texts += len(page.versions or ()) + len(page.alternate_locations or ())
    if isinstance(page.project_status, _Status):
        given = (page.project_status.status is not UNSET) + (page.project_status.reason is not UNSET)
        keys, texts = keys + given, texts + given
    return 2 * (keys + texts)


def _kinds(column: Sequence[object]) -> Counter[type]:
    """Return how many values are of each type."""
    found = set(map(type, column))
    return Counter({found.pop(): len(column)}) if len(found) == 1 else Counter(map(type, column))


def _metadata(entries: list[_Entry]) -> list[bool | str | None]:
    # PEP 714: `core-metadata` counts where it is present, `data-dist-info-metadata` where it is not.
    stated = [entry.data_dist_info_metadata if (value := entry.core_metadata) is UNSET else value for entry in entries]
    return [value.sha256 if isinstance(value, _Hashes) else value or None for value in stated]
