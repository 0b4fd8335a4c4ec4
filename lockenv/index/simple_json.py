"""Simple pages as JSON (PEP 691, 700, 714, 792)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from lockenv.index.file_values import (
    digest,
    ends_of_keys,
    length,
    metadata_value,
    pairs_of_files,
    sentence,
    stated_metadata,
    yanked,
)
from lockenv.index.page import File, Page
from lockenv.index.regular_files import SUFFIXES, FileColumns, regular_files
from lockenv.index.validation import (
    Specifiers,
    UrlJoiner,
    check_amount,
    check_project,
    check_version,
    is_filename,
    moment,
    provenance_url,
    wrong,
)
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    import json

    from lockenv.vocabulary.names import NormalizedName
else:
    json = late("json")

_LONG = 50_000
"""Bytes of a page from which on loading a faster decoder pays."""


def parse_json(content: bytes, url: str, project: NormalizedName) -> Page:
    """Return what the JSON page at `url` says about `project`.

    Raises InputError, naming `url`, when it is no simple page, of another major version, or of another project.
    """
    found = _regular_page(content, url, project) if len(content) > _LONG else None
    return parse_any_json(content, url, project) if found is None else found


def parse_any_json(content: bytes, url: str, project: NormalizedName) -> Page:
    """Do the work of `parse_json` for any page, with the decoder of the standard library."""
    text, found = _loaded(content, url)
    meta, name, files = found.get("meta"), found.get("name"), found.get("files")
    if not isinstance(meta, dict) or not isinstance(name, str) or not isinstance(files, list):
        raise wrong(url, "it lacks `meta`, `name` or `files`")
    check_version(str(meta.get("api-version")), url)
    check_project(name, url, project)
    _check_keys(text, found, files, url)
    join = UrlJoiner(url)
    kept, skipped, example = _regular(files, join.root), 0, ""
    if kept is None:
        kept, skipped, example = _one_by_one(files, join, Specifiers())
    status, reason = _status(found.get("project-status"))
    return Page(kept, status, reason, skipped, example)


def _regular_page(content: bytes, url: str, project: NormalizedName) -> Page | None:
    try:
        from lockenv.index.regular_json import parse_regular
    except ImportError:  # its decoder is compiled, and not there for every interpreter
        return None
    return parse_regular(content, url, UrlJoiner(url).root, project)


def _loaded(content: bytes, url: str) -> tuple[str, dict[str, Any]]:
    check_amount(content, url)
    try:
        # RFC 8259 section 8.1: JSON between systems "MUST be encoded using UTF-8".
        text = content.decode("utf-8")
        found = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise wrong(url, f"it is not JSON ({str(error)[:120]})") from error
    except RecursionError as error:
        raise wrong(url, "its JSON is nested too deeply") from error
    if not isinstance(found, dict):
        raise wrong(url, "its JSON is not an object")
    return text, found


def _check_keys(text: str, found: dict[str, Any], files: list[Any], url: str) -> None:
    """Raise InputError when an object has the same key twice.

    Readers differ on which of two equal keys counts. Looking at each object is slow, so the ends of keys are counted
    first: as many as were read, and none was dropped.
    """
    if ends_of_keys(text) == _pairs(found) + pairs_of_files(files):
        return

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise wrong(url, "its JSON has an object with the same key twice")
        return found

    json.loads(text, object_pairs_hook=once)


def _pairs(found: dict[str, Any]) -> int:
    """Return how many pairs a page has outside of its files."""
    return len(found) + sum(len(value) for value in found.values() if isinstance(value, dict))


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _regular(entries: list[Any], root: str) -> list[File] | None:
    """Return the files of a page on which each entry is as it should be; None when any is not."""
    try:
        used = [entry for entry in entries if entry["filename"].endswith(SUFFIXES)]
        columns = FileColumns(
            [entry["filename"] for entry in used],
            [entry["url"] for entry in used],
            [entry["hashes"].get("sha256", "") for entry in used],
            [entry.get("size") for entry in used],
            [entry.get("upload-time") or "" for entry in used],
            [entry.get("requires-python") or "" for entry in used],
            [entry.get("yanked") for entry in used],
            [metadata_value(entry) for entry in used],
            [entry.get("provenance") or "" for entry in used],
        )
        return regular_files(columns, root)
    except (AttributeError, KeyError, TypeError):
        return None


def _one_by_one(entries: list[Any], join: UrlJoiner, specifiers: Specifiers) -> tuple[list[File], int, str]:
    """Return the files whose entry makes sense, how many entries make none, and the name of the first of these."""
    kept: list[File] = []
    skipped, example = 0, ""
    for entry in entries:
        file = _file(entry, join, specifiers)
        if file is not None:
            kept.append(file)
        elif not _is_other_kind(entry):
            skipped += 1
            example = example or _shown(entry)
    return kept, skipped, example


def _file(entry: Any, join: UrlJoiner, specifiers: Specifiers) -> File | None:
    if not isinstance(entry, dict):
        return None
    filename, reference, hashes = entry.get("filename"), entry.get("url"), entry.get("hashes")
    if not isinstance(filename, str) or not isinstance(reference, str) or not isinstance(hashes, dict):
        return None
    url = join(reference)
    if url is None or not is_filename(filename) or not filename.endswith(SUFFIXES):
        return None
    requires = entry.get("requires-python")
    return File(
        filename,
        url,
        digest(hashes.get("sha256")),
        length(entry.get("size")),
        moment(entry.get("upload-time")),
        specifiers[requires] if isinstance(requires, str) else "",
        yanked(entry.get("yanked")),
        stated_metadata(entry),
        provenance_url(entry.get("provenance")),
    )


def _shown(entry: Any) -> str:
    filename = entry.get("filename") if isinstance(entry, dict) else None
    return sentence(filename) if isinstance(filename, str) else ""


def _is_other_kind(entry: Any) -> bool:
    filename = entry.get("filename") if isinstance(entry, dict) else None
    return isinstance(filename, str) and is_filename(filename) and not filename.endswith(SUFFIXES)


def _status(value: Any) -> tuple[str, str]:
    if not isinstance(value, dict):
        return "active", ""
    status, reason = value.get("status"), value.get("reason")
    return (
        sentence(status) if isinstance(status, str) else "active",
        sentence(reason) if isinstance(reason, str) else "",
    )
