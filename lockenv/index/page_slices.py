"""The entries of files as a JSON page had them, cut out by `page_cutter`: read when a release is looked at.

Pure. The text of some entries goes in, and files come out, as `simple_json` would read them. What was looked at before
they were cut out is taken for granted: file names, URLs, times, and which Requires-Python is written in another way
than the canonical one.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.index.file_values import digest, ends_of_keys, length, pairs_of_files, stated_metadata, yanked
from lockenv.index.page import File
from lockenv.vocabulary.late import late
from lockenv.vocabulary.patterns import lazy_pattern

TYPE_CHECKING = False

if TYPE_CHECKING:
    import json
    from collections.abc import Mapping
    from typing import Any
else:
    json = late("json")

_DIGEST = r'"([0-9a-f]{64})"'
_USUAL = lazy_pattern(
    rf'\{{(?:"core-metadata":(?:false|\{{"sha256":{_DIGEST}\}}),(?:"data-dist-info-metadata":(?:false|\{{"sha256":"[0-9a-f]{{64}}"\}}),)?)?'
    rf'"filename":"([^"]+)","hashes":\{{"sha256":{_DIGEST}\}},(?:"provenance":(?:null|"([^"]*)"),)?'
    r'(?:"requires-python":(?:null|"([^"]*)"),)?(?:"size":(0|[1-9][0-9]{0,14}),)?'
    r'(?:"upload-time":(?:null|"([^"]*)"),)?"url":"([^"]+)","yanked":(?:false|"([^"]*)")\}'
)
"""An entry as the public index writes most of them: these keys in this order, without blanks or escapes."""


def read(segment: str, root: str, respelled: Mapping[str, str]) -> list[File]:
    """Return the files that the entries in `segment` describe, in their order.

    `root` is what comes before a URL that begins with a slash; `respelled` has the canonical form of the
    Requires-Python that are written otherwise. Raises InputError for entries that cannot be read, or have a key twice.
    """
    usual = _usual(segment, root, respelled)
    if usual is not None:
        return usual
    text = f"[{segment}]"
    try:
        entries: list[Any] = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or objects in thousands of others
        raise _wrong(f"an entry that cannot be read ({error})") from error
    # As many ends of keys as were read: none was dropped. Looking at each object costs several times as much.
    if ends_of_keys(text) != pairs_of_files(entries):
        json.loads(text, object_pairs_hook=_once)
    return [_file(entry, root, respelled) for entry in entries]


def _usual(segment: str, root: str, respelled: Mapping[str, str]) -> list[File] | None:
    """Return the files where all entries are usual ones, which takes half of the time; else None."""
    if "\\" in segment:
        return None
    rows = _USUAL.findall(segment)
    # Every entry has this key. One that is not usual is not among the rows, and what it holds has it once more.
    if segment.count('"filename"') != len(rows):
        return None
    made = tuple.__new__  # what `File` calls in the end: there are hundreds
    return [
        made(
            File,
            (
                name,
                root + url if url[0] == "/" else url,
                sha256,
                int(size) if size else None,
                moment,
                respelled.get(requires, requires),
                yanked(reason) if reason else None,
                metadata,
                proof,
            ),
        )
        for metadata, name, sha256, proof, requires, size, moment, url, reason in rows
    ]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _wrong("an object with the same key twice")
    return found


def _wrong(what: str) -> InputError:
    return InputError(f"the JSON of a page of a package index has {what}", hint="check the URL of the index")


def _file(entry: dict[str, Any], root: str, respelled: Mapping[str, str]) -> File:
    url, requires = entry["url"], entry.get("requires-python") or ""
    return File(
        entry["filename"],
        root + url if url[0] == "/" else url,
        digest(entry["hashes"].get("sha256")),
        length(entry.get("size")),
        entry.get("upload-time") or "",
        respelled.get(requires, requires),
        yanked(entry.get("yanked")),
        stated_metadata(entry),
        entry.get("provenance") or "",
    )
