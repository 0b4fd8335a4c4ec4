"""Pages, versions and metadata: equal to what `packaging` and the standard library say, for any input."""

from __future__ import annotations

import html
import json
import re
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from lockenv.errors import InputError, RefusedError
from lockenv.index import simple_json
from lockenv.index.legacy import requirement, specifier
from lockenv.index.metadata import compact, headers
from lockenv.index.page_cache import encode
from lockenv.index.page_columns import decode
from lockenv.index.regular_json import parse_regular
from lockenv.index.simple import parse
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.pep440 import is_prerelease, read_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from lockenv.index.page import File

URL = "https://index.example/simple/a/"
KINDS = ("application/vnd.pypi.simple.v1+json", "text/html")
A = NormalizedName("a")

releases = st.lists(st.sampled_from(["0", "1", "2", "00", "10", "03"]), min_size=1, max_size=4).map(".".join)
suffixes = st.sampled_from(
    [
        "",
        "a1",
        "b2",
        "rc1",
        "rc",
        ".dev1",
        ".post1",
        "-1",
        "+local.1",
        "+1",
        "+abc",
        "a1.dev2",
        ".post1.dev3",
        "-beta.4",
    ]
)
versions = st.builds(
    "".join,
    st.tuples(st.sampled_from(["", "", "", "v", "1!", "0!"]), releases, suffixes, st.sampled_from(["", "", ".dev0"])),
)
operators = st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "~=", "===", "=", "=>"])
clauses = st.builds(
    "".join, st.tuples(operators, st.sampled_from(["", " "]), versions, st.sampled_from(["", ".*", "*", ","]))
)
specifiers = st.lists(clauses, max_size=3).map(",".join)
texts = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.lists(versions, min_size=2, max_size=6))
def test_versions_sort_as_packaging_sorts_them(written: list[str]) -> None:
    valid = [text for text in written if _version(text)]

    assert [read_version(text)[0] for text in valid] == [str(Version(text)) for text in valid]
    assert [is_prerelease(read_version(text)[1]) for text in valid] == [Version(text).is_prerelease for text in valid]
    for one in valid:
        for other in valid:
            ours, theirs = (read_version(one)[1], read_version(other)[1]), (Version(one), Version(other))
            assert (ours[0] < ours[1], ours[0] == ours[1]) == (theirs[0] < theirs[1], theirs[0] == theirs[1])


@given(versions | texts)
def test_a_version_is_read_if_and_only_if_packaging_reads_it(text: str) -> None:
    try:
        found = read_version(text)[0]
    except ValueError:
        found = None

    assert found == (_version(text) or None)


@given(specifiers | texts)
def test_corrected_specifiers_are_valid_and_valid_ones_stay(text: str) -> None:
    found = specifier(text)
    if found is not None:
        SpecifierSet(found)
    if _is_specifier(text) and text.isascii():
        assert found is not None
        assert SpecifierSet(found) == SpecifierSet(text)


@given(
    st.sampled_from(["b", "b[x]", "b.c [x, y]", "b("]),
    specifiers | texts,
    st.sampled_from(["", ")", "; os_name == 'nt'"]),
)
def test_corrected_requirements_are_valid_and_valid_ones_stay(name: str, versions: str, end: str) -> None:
    text = f"{name}{versions}{end}"
    found = requirement(text)
    # packaging reads an arbitrary equality up to the next blank, so that another clause cannot follow it.
    if found is not None and not any(mark in versions for mark in (";", "@", "===")):
        Requirement(found)
    try:
        meant = Requirement(text)
    except InvalidRequirement:
        return
    # packaging reads a name that ends with an underscore, which the specification does not allow.
    if text.isascii() and not meant.name.endswith("_"):
        assert found is not None
        assert Requirement(found) == meant


entries = st.fixed_dictionaries(
    {
        "filename": st.sampled_from(
            [
                f"a-{version}{suffix}"
                for version in ("1.0", "2.0", "1.0.post1", "x")
                for suffix in (".tar.gz", ".zip", "-py3-none-any.whl", "-1-cp311-cp311-win_amd64.whl", ".exe")
            ]
        ),
        "sha256": st.sampled_from(["", "ab" * 32]),
        "requires-python": st.sampled_from(["", ">=3.8", "<4 & >", ">=3.6.*", "\"'<>"]),
        "yanked": st.none() | st.sampled_from(["", "a <b>", "two\nlines\t& more"]),
        "metadata": st.sampled_from(["", "true", "cd" * 32]),
    }
)


@given(st.lists(entries, max_size=8, unique_by=lambda entry: entry["filename"]))
def test_json_and_html_pages_are_read_alike(listed: list[dict[str, str | None]]) -> None:
    pages = [parse(write(listed), kind, URL, A) for write, kind in zip((_json, _html), KINDS, strict=True)]

    assert pages[0] == pages[1]
    found = decode(encode(pages[0], A))
    assert found.versions == sorted(found.versions, key=Version, reverse=True)
    for position, version in enumerate(found.versions):
        assert all(f"-{version}" in file.filename for file in found.files(position))


@given(st.lists(entries, max_size=5, unique_by=lambda entry: entry["filename"]), st.randoms(use_true_random=False))
def test_order_of_a_page_changes_nothing(listed: list[dict[str, str | None]], random: Random) -> None:
    shuffled = sorted(listed, key=lambda _: random.random())

    assert encode(parse(_json(listed), KINDS[0], URL, A), A) == encode(parse(_json(shuffled), KINDS[0], URL, A), A)


oddities: st.SearchStrategy[Callable[[bytes], bytes]] = st.sampled_from(
    [
        lambda page: page,
        lambda page: page.replace(b'"name"', b'"nam\\u0065"'),
        lambda page: page.replace(b'"yanked"', b'"size": 5, "upload-time": "2026-02-29T00:00:00Z", "yanked"'),
        lambda page: page.replace(b'"yanked"', b'"url": "/files/b-1.zip", "yanked"'),
        lambda page: page.replace(b'"core-metadata"', b'"data-dist-info-metadata": true, "core"'),
        lambda page: page.replace(b'"core-metadata"', b'"data-dist-info-metadata"'),
        lambda page: page.replace(b'"yanked"', b'"provenance": null, "yanked"'),
        lambda page: page.replace(b'"yanked": false', b'"yanked": null'),
        lambda page: page[:-1],
    ]
)


@given(st.lists(entries, max_size=8, unique_by=lambda entry: entry["filename"]), oddities)
def test_either_decoder_reads_the_same_of_a_page(
    listed: list[dict[str, str | None]], odd: Callable[[bytes], bytes]
) -> None:
    content = odd(_json(listed))
    try:
        expected = simple_json.parse_any_json(content, URL, A)
    except InputError:
        expected = None

    assert parse_regular(content, URL, "https://index.example", A) in (None, expected)


@given(st.binary(max_size=200) | texts.map(str.encode), st.sampled_from(KINDS))
def test_any_bytes_are_a_page_or_an_input_error(content: bytes, kind: str) -> None:
    try:
        parse(content, kind, URL, A)
    except InputError as error:
        assert URL in str(error)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_ODD = re.compile(rb"[\r\x0b\x0c\x1c-\x1e]")
KEYS = ["filename", "url", "hashes", "size", "upload-time", "requires-python", "yanked", "core-metadata"]


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), json_values, max_size=8), max_size=3))
def test_any_json_entry_is_read_or_skipped(listed: list[dict[str, object]]) -> None:
    empty: dict[str, object] = {"meta": {"api-version": "1.0"}, "name": "a", "files": []}
    page = parse(json.dumps(empty).encode(), KINDS[0], URL, A)
    whole: list[File] = []
    for entry in listed:
        usual = {"filename": "a-1.zip", "url": "https://files.example/a-1.zip", "hashes": {}}
        page = parse(json.dumps({**empty, "files": [{**usual, **entry}]}).encode(), KINDS[0], URL, A)
        whole += page.files
    decode(encode(page._replace(files=whole[:1]), A))


@given(
    st.binary(max_size=100)
    | st.lists(
        st.sampled_from(
            [
                "Name: a",
                "Version: 1",
                "Requires-Dist: b",
                " folded",
                "\tfolded",
                "Requires-Dist:",
                "no colon",
                "X: y",
                "",
            ]
        ),
        max_size=8,
    ).map(lambda lines: "\n".join(lines).encode())
)
def test_headers_are_those_of_the_standard_library(content: bytes) -> None:
    found = headers(content).fields.get("requires-dist", ())
    if (
        content.isascii()
        and b"\r" not in content
        and not content.startswith((b"\n", b" ", b"\t", b"From "))
        and b"\x0b" not in content
    ):
        parsed = BytesHeaderParser().parsebytes(content)
        expected = [
            " ".join(part.strip() for part in str(value).split("\n")).strip()
            for value in parsed.get_all("requires-dist", [])
        ]
        assert [" ".join(value.split()) for value in found] == [" ".join(value.split()) for value in expected]


@given(st.binary(max_size=200))
def test_any_bytes_are_metadata_or_an_error(content: bytes) -> None:
    try:
        compact(content, "a-1.0-py3-none-any.whl")
    except (InputError, RefusedError) as error:
        assert "a-1.0-py3-none-any.whl" in str(error)


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion:
        return ""


def _is_specifier(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


def _json(listed: list[dict[str, str | None]]) -> bytes:
    files = []
    for entry in listed:
        file: dict[str, object] = {"filename": entry["filename"], "url": f"/files/{entry['filename']}"}
        file["hashes"] = {"sha256": entry["sha256"]} if entry["sha256"] else {}
        file["requires-python"] = entry["requires-python"] or None
        file["yanked"] = False if entry["yanked"] is None else entry["yanked"] or True
        metadata = entry["metadata"]
        file["core-metadata"] = {"sha256": metadata} if metadata and metadata != "true" else bool(metadata)
        files.append(file)
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "a", "files": files}).encode()


def _html(listed: list[dict[str, str | None]]) -> bytes:
    anchors = []
    for entry in listed:
        fragment = f"#sha256={entry['sha256']}" if entry["sha256"] else ""
        attributes = [f'href="../../files/{entry["filename"]}{fragment}"']
        if entry["requires-python"]:
            attributes.append(f'data-requires-python="{html.escape(entry["requires-python"])}"')
        if entry["yanked"] is not None:
            attributes.append(f'data-yanked="{html.escape(entry["yanked"])}"')
        if entry["metadata"]:
            value = "true" if entry["metadata"] == "true" else f"sha256={entry['metadata']}"
            attributes.append(f'data-core-metadata="{value}"')
        anchors.append(f"<a {' '.join(attributes)}>{entry['filename']}</a>")
    return f"<!DOCTYPE html><html><body>{''.join(anchors)}</body></html>".encode()
