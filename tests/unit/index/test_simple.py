from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError, RefusedError
from lockenv.index.page import File
from lockenv.index.page_cache import encode
from lockenv.index.page_cache_writer import compacted
from lockenv.index.page_columns import decode
from lockenv.index.simple import parse
from lockenv.index.simple_html import parse_flat
from lockenv.lockfile.select import Selection, select
from lockenv.vocabulary.names import NormalizedName
from tests.unit.lockfile.builders import file_table, lock, target

if TYPE_CHECKING:
    from lockenv.index.page_columns import PageColumns

JSON = "application/vnd.pypi.simple.v1+json"
URL = "https://index.example/simple/a/"
A = NormalizedName("a")
SHA = "ab" * 32


def json_page(*files: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "a", "files": files, **changes}).encode()


def entry(filename: str = "a-1.0-py3-none-any.whl", /, **changes: Any) -> dict[str, Any]:
    return {"filename": filename, "url": f"https://files.example/{filename}", "hashes": {"sha256": SHA}, **changes}


def html_page(*anchors: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{' '.join(anchors)}</body></html>".encode()


def files(content: bytes, kind: str = JSON) -> list[File]:
    return parse(content, kind, URL, A).files


def columns(*entries: dict[str, Any]) -> PageColumns:
    return decode(encode(parse(json_page(*entries), JSON, URL, A), A))


def test_each_part_of_a_json_entry_is_read() -> None:
    parts: dict[str, Any] = {
        "size": 5,
        "yanked": "why\tnot",
        "upload-time": "2026-01-01T00:00:00.5Z",
        "requires-python": ">=3.6.*",
        "core-metadata": {"sha256": SHA},
        "provenance": "https://index.example/integrity/a-1.0-py3-none-any.whl/provenance",
    }
    whole = entry(**parts)

    assert files(json_page(whole)) == [
        File(
            "a-1.0-py3-none-any.whl",
            "https://files.example/a-1.0-py3-none-any.whl",
            SHA,
            5,
            "2026-01-01T00:00:00.5Z",
            ">=3.6",
            "why not",
            SHA,
            "https://index.example/integrity/a-1.0-py3-none-any.whl/provenance",
        )
    ]


PROVENANCES = (
    "https://index.example/integrity/a/1.0/a-1.0-py3-none-any.whl/provenance",
    "https://index.example/integrity/a/1.0/a-1.0-py3-none-any.whl/provenance",
    "",
    "https://index.example/elsewhere?file=3",
)
"""Of four files; that of the second is the URL of the first."""


def test_provenance_urls_survive_the_compact_form() -> None:
    names = [f"a-1.0-py{number}-none-any.whl" for number in (3, 2, 31, 32)]
    listed = [
        entry(name, **({"provenance": url} if url else {"provenance": None}))
        for name, url in zip(names, PROVENANCES, strict=True)
    ]

    found = {file.filename: file.provenance for file in columns(*listed).files(0)}

    assert found == dict(zip(names, PROVENANCES, strict=True))


@pytest.mark.parametrize("value", ["/relative", "ftp://index.example/a", "https://index.example/*/a", 5, ["a"], "a b"])
def test_provenance_that_is_no_url_is_none(value: object) -> None:
    assert [file.provenance for file in files(json_page(entry(provenance=value)))] == [""]


def test_provenance_is_read_from_html() -> None:
    url = PROVENANCES[0]
    anchor = f'<a href="a-1.0-py3-none-any.whl" data-provenance="{url}">a</a>'

    assert [file.provenance for file in files(html_page(anchor), "text/html")] == [url]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("size", -1),
        ("size", "5"),
        ("size", 10**40),
        ("size", True),
        ("upload-time", "yesterday"),
        ("upload-time", 5),
        ("requires-python", "three"),
        ("requires-python", 3),
        ("yanked", None),
        ("yanked", False),
        ("core-metadata", False),
        ("hashes", {"sha256": "zz"}),
        ("hashes", {"md5": "d41d8cd98f00b204e9800998ecf8427e"}),
    ],
)
def test_value_that_makes_no_sense_counts_as_absent(key: str, value: Any) -> None:
    absent: dict[str, Any] = {"hashes": {}} if key == "hashes" else {}

    changes: dict[str, Any] = {key: value}

    assert files(json_page(entry(**changes))) == files(json_page(entry(**absent)))


def test_upper_case_hash_and_other_time_zones_are_understood() -> None:
    (found,) = files(json_page(entry(hashes={"sha256": SHA.upper()}, **{"upload-time": "2026-01-01T01:00:00+01:00"})))

    assert (found.sha256, found.upload_time) == (SHA, "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("https://files.example/x/f", "https://files.example/x/f"),
        ("/x/f", "https://index.example/x/f"),
        ("../../x/f", "https://index.example/x/f"),
        ("f", "https://index.example/simple/a/f"),
        ("//files.example/f", "https://files.example/f"),
        ("https://me:secret@files.example/f", "https://files.example/f"),
        ("https://files.example/f#sha256=1", "https://files.example/f"),
        ("file:///etc/passwd", None),
        ("https://files.example/", None),
        ("javascript:f", None),
        ("https://files.example/f\n", "https://files.example/f"),
        ("https://[bad/f", None),
        ("https://files.example/\u20ac", None),
    ],
)
def test_url_of_a_file_is_made_absolute_or_refused(reference: str, expected: str | None) -> None:
    page = parse(json_page(entry(url=reference)), JSON, URL, A)

    assert ([file.url for file in page.files], page.skipped) == (([expected], 0) if expected else ([], 1))


@pytest.mark.parametrize(
    "filename",
    ["../a-1.0.tar.gz", "x/a-1.0.tar.gz", "a-1.0\n.tar.gz", "a\\a-1.0.tar.gz", ".tar.gz", "C:a-1.0.zip", "a-1.0\0.zip"],
)
def test_file_name_that_is_no_path_component_is_skipped(filename: str) -> None:
    page = parse(json_page(entry(filename), entry()), JSON, URL, A)

    assert ([file.filename for file in page.files], page.skipped) == (["a-1.0-py3-none-any.whl"], 1)


@pytest.mark.parametrize("bad", [None, 5, "x", [], {}, {"filename": "a-2.0.zip"}, entry(url=5), entry(hashes=None)])
def test_one_bad_entry_leaves_the_others(bad: Any) -> None:
    page = parse(json_page(entry(), bad), JSON, URL, A)

    assert (len(page.files), page.skipped) == (1, 1)


def test_other_kinds_of_files_are_left_out_without_a_word() -> None:
    page = parse(json_page(entry("a-1.0.exe"), entry("a-1.0-py2.7.egg"), entry("a-1.0.tar.bz2")), JSON, URL, A)

    assert (page.files, page.skipped) == ([], 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not an object"),
        (b"\xff{}", "not JSON"),
        (json_page().decode().encode("utf-16"), "not JSON"),
        (json_page(entry(size=float("nan"))), "NaN is not JSON"),
        (b'{"x": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (json_page(files=None), "lacks"),
        (json_page(name="b"), "the page of 'b', not of a"),
        (json_page(name=5), "lacks"),
        (json_page(meta={"api-version": "2.0"}), "version is '2.0'"),
        (json_page(meta={"api-version": "x"}), "version is 'x'"),
        (json_page(entry()).replace(b'"hashes"', b'"url": "https://evil.example/x.whl", "hashes"'), "same key twice"),
        (json_page(entry()).replace(b'"name"', b'"files": [], "name"'), "same key twice"),
        (json_page(entry()).replace(b'"name"', b'"files" : [], "name"'), "same key twice"),
        (json_page(entry(), {"hashes": "x"}).replace(b'"name"', b'"files": [], "name"'), "same key twice"),
    ],
)
def test_nonsense_is_reported_with_its_url(content: bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(content, JSON, URL, A)

    assert str(caught.value).startswith(f"{URL} is not a page of a package index: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/vnd.pypi.simple.v2+json", "application/octet-stream"])
def test_other_content_types_are_refused(kind: str) -> None:
    with pytest.raises(InputError):
        parse(json_page(entry()), kind, URL, A)


LOGIN = '<form action="/login"><input name="user"><INPUT TYPE=Password name="key"></form>'


@pytest.mark.parametrize("body", [LOGIN, f'{LOGIN}<a href="/forgot">Forgot it?</a>', "<form></form>", "<input>"])
def test_html_page_with_a_form_and_without_files_is_none_of_an_index(body: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(html_page(body), "text/html", URL, A)
    with pytest.raises(InputError):
        parse_flat(html_page(body), "text/html", URL)

    assert "it has a form and no link to a file, as a page for logging in" in str(caught.value)
    assert "credentials" in caught.value.hint


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("<h1>Links for a</h1>", ""),
        ("<form></form><a href='../b/'>b</a>", ""),
        (f"{LOGIN}<a href='a-2.0.zip'>a-2.0.zip</a>", ""),
        (LOGIN, '<meta name="pypi:repository-version" content="1.0">'),
    ],
)
def test_html_page_of_an_index_may_have_no_files_or_a_form(body: str, head: str) -> None:
    page = parse(html_page(body, head=head), "text/html", URL, A)

    assert [file.filename for file in page.files] == (["a-2.0.zip"] if "zip" in body else [])


@pytest.mark.parametrize("blank", list("\t\n\r\v\f\x1c"))
def test_blank_in_requires_python_is_a_space(blank: str) -> None:
    (found,) = files(json_page(entry(**{"requires-python": f">=3.6,{blank}<4{blank}"})))

    assert found.requires_python == ">=3.6, <4 "


def test_newer_minor_version_and_unknown_keys_are_understood() -> None:
    assert len(files(json_page(entry(new=1), meta={"api-version": "1.9"}, extra={}))) == 1


def test_html_anchors_are_read_with_base_and_entities() -> None:
    base = "https://files.example/x/"
    found = files(
        html_page(
            f'<A HREF="a-1.0-py3-none-any.whl#sha256={SHA}" data-requires-python="&gt;=3.8" '
            f'data-yanked data-core-metadata="sha256={SHA}">\n a-1.0-py3-none-any.whl </A>',
            '<a href="other/a-2.0%2B1.tar.gz">a-2.0+1.tar.gz</a>',
            head=f'<base href="{base}">',
        ),
        "text/html; charset=utf-8",
    )

    assert found == [
        File(
            "a-1.0-py3-none-any.whl", "https://files.example/x/a-1.0-py3-none-any.whl", SHA, None, "", ">=3.8", "", SHA
        ),
        File("a-2.0+1.tar.gz", f"{base}other/a-2.0%2B1.tar.gz", "", None, "", "", None, ""),
    ]


@pytest.mark.parametrize(
    ("href", "text"),
    [
        ("a-2.0-cp38-abi3-manylinux_2_17_x86_64.whl", "a-2.0-cp38-abi3-manylinux_2_17_x8..&gt;"),
        ("a-2.0-cp38-abi3-manylinux_2_17_x86_64.whl", "a-2.0-cp38-abi3-manyli&hellip;"),
        ("a-2.0-cp38-abi3-manylinux_2_17_x86_64.whl", ""),
        ("a-2.0-cp38-abi3-manylinux_2_17_x86_64.whl", "<img src='zip.png' alt='[ZIP]'>"),
        ("a-2.0-cp38-abi3-manylinux_2_17_x86_64.whl", "Download (2 MB)"),
        ("a-2.0-cp38-abi3-manylinux_2_17_x86_64.whl", "a-1.0.zip"),
        ("./x/../a-2.0%2bcpu-py3-none-any.whl?sig=a%2Fb#sha256=" + SHA, "a-2.0+cpu-py3-no..>"),
        ("a-2.0.tar.gz#egg=a&sha256=" + SHA.upper(), "2.0"),
    ],
)
def test_html_link_is_named_by_its_url(href: str, text: str) -> None:
    page = parse(html_page(f'<a href="{href}">{text}</a>'), "text/html", URL, A)
    (name,) = [file.filename for file in page.files]

    assert name == href.partition("#")[0].partition("?")[0].rpartition("/")[2].replace("%2b", "+")
    assert (page.skipped, page.files[0].sha256) == (0, SHA if "sha256" in href else "")


@pytest.mark.parametrize(
    ("anchor", "example"),
    [
        ('<a href="/get/17">a-2.0.zip</a>', "a-2.0.zip"),
        ('<a href="ftp://files.example/a-2.0.zip">x</a>', "a-2.0.zip"),
        ('<a href="x%2Fa-2.0.zip">x</a>', "a-2.0.zip"),
        ('<a href="a%C3%A4-2.0.zip">x</a>', "aä-2.0.zip"),
        ("<a>a-2.0.zip</a>", "a-2.0.zip"),
        ('<a href="../">..</a><a href="a-2.0.egg">a-2.0.egg</a>', ""),
    ],
)
def test_html_link_that_seems_to_be_a_file_is_counted(anchor: str, example: str) -> None:
    page = parse(html_page(anchor), "text/html", URL, A)

    assert (page.files, page.skipped, page.example) == ([], int(bool(example)), example)


@pytest.mark.parametrize(
    ("kind", "head", "encoding"),
    [
        ("text/html; charset=iso-8859-1", "", "latin-1"),
        ('text/html; Charset="Windows-1251"', "", "cp1251"),
        ("text/html;charset=utf-16", "", "utf-16"),
        ("text/html", '<meta charset="latin1">', "latin-1"),
        ("text/html", "<META http-equiv=content-type content='text/html; charset=koi8-r'>", "koi8-r"),
        ("text/html; charset=utf-8", "<meta charset=latin1>", "utf-8"),
        ("text/html; charset=latin1", "<meta charset=utf-8>", "utf-8-sig"),
        ("text/html", "<meta charset=utf-16>", "utf-8"),
        ("text/html; charset=us-ascii", "", "latin-1"),
    ],
)
def test_charset_of_a_page_is_honoured(kind: str, head: str, encoding: str) -> None:
    reason = "сломано" if encoding in ("cp1251", "koi8-r") else "gebrochen für immer"
    content = html_page(f'<a href="a-1.0.zip" data-yanked="{reason}">a-1.0.zip</a>', head=head).decode()

    assert [file.yanked for file in files(content.encode(encoding), kind)] == [reason]


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("text/html; charset=utf-7", b"<html>+ADw-a href=a-1.0.zip+AD4-", "its charset 'utf-7'"),
        ("text/html; charset=rot13", b"<html>", "its charset 'rot13'"),
        ("text/html; charset=x", b"<html>", "its charset 'x'"),
        ("text/html; charset=" + "x" * 99, b"<html>", "its charset 'xxxx"),
        ("text/html", b"<html><meta charset='\0hex'>", "its charset "),
        ("text/html; charset=utf-16", b"<html>\xff", "it is not utf-16"),
        ("text/html", b"<html>\xff", "it is not UTF-8"),
    ],
)
def test_page_of_no_known_charset_is_refused(kind: str, content: bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        files(content, kind)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    "around", ["<!-- {} -->", "<script>{}</script>", "<STYLE>{}</style >", "<textarea>{}</textarea>"]
)
def test_text_that_is_no_markup_holds_no_files(around: str) -> None:
    hidden = around.format('<a href="a-1.0.zip">a-1.0.zip</a>')

    assert [file.filename for file in files(html_page(hidden, '<a href="a-2.zip">a-2.zip</a>'), "text/html")] == [
        "a-2.zip"
    ]


@pytest.mark.parametrize(
    "anchor",
    [
        "<a href=a-1.zip>a-1.zip</a>",
        "<a\nhref = 'a-1.zip' x>a-1.zip",
        "<a title='>' href=\"a-1.zip\" href='b'><b>a-1</b>.zip</a>",
        "<a href='a-1&#46;zip'/>a-1&period;zip</A>",
        "1 < 2 <a href='a-1.zip'>a-1.zip</a> & more </p>",
    ],
)
def test_anchors_are_read_however_they_are_written(anchor: str) -> None:
    assert [file.url for file in files(html_page(anchor), "text/html")] == [f"{URL}a-1.zip"]


@pytest.mark.slow
@pytest.mark.parametrize("part", ["<a ", "<a>", "<!--", "<!", "<?", "</", "<a '", "&", "<", "<script>", "x='"])
def test_hostile_markup_costs_linear_time(part: str) -> None:
    with contextlib.suppress(InputError):
        files(f"<html><a {part * 50_000}".encode(), "text/html")
        files(f"<html>{part * 50_000}".encode(), "text/html")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text",
        html_page().decode().encode("utf-16"),
        b"\xff<html>",
        b'{"files": []}',
        b"<html><!-- no end",
        b"<html><a href='no end>",
        b"<html><script><a href='a-1.0.zip'>a-1.0.zip</a>",
        html_page(head='<meta name="pypi:repository-version" content="2.0">'),
    ],
)
def test_html_nonsense_is_reported(content: bytes) -> None:
    with pytest.raises(InputError):
        files(content, "text/html")


def test_files_of_other_projects_and_without_a_version_are_left_out() -> None:
    found = columns(
        entry("b-1.0-py3-none-any.whl"),
        entry("a-1.0.zip"),
        entry("a-new.zip"),
        entry("a.b-1.0.zip"),
        entry("a-b-2.zip"),
    )

    assert found.versions == ["1.0"]


@pytest.mark.parametrize(
    ("name", "version", "filename"),
    [
        ("mug", "1.0.post2", "mug-1.0-2.tar.gz"),
        ("mug", "1.0.post2", "Mug-1.0-post2.zip"),
        ("a-2", "1", "a-2-1.tar.gz"),
        ("zope-interface", "1.0.post1", "zope.interface-1.0-1.zip"),
    ],
)
def test_a_sdist_that_an_index_lists_under_a_release_is_one_of_it(name: str, version: str, filename: str) -> None:
    page = parse(json_page(entry(filename), name=name), JSON, URL, NormalizedName(name))
    found = decode(encode(page, NormalizedName(name)))

    answer = select(lock({"name": name, "version": found.versions[0], "sdist": file_table(filename)}), target())

    assert isinstance(answer, Selection)
    assert [(one.version, one.file.filename) for one in answer.files] == [(version, filename)]


def test_old_spellings_of_file_names_are_understood() -> None:
    name = NormalizedName("zope-interface")
    names = ["zope.interface-1.0.tar.gz", "Zope_Interface-1.0-1.zip", "zope-interface-2.0b2.zip"]
    page = parse(json_page(*map(entry, names), name="zope.interface"), JSON, URL, name)

    assert decode(encode(page, name)).versions == ["2.0b2", "1.0.post1", "1.0"]


def test_equal_versions_are_one_release() -> None:
    found = columns(entry("a-1.0.0.tar.gz"), entry("a-1.0-py3-none-any.whl"), entry("a-1.tar.gz"))

    assert found.versions == ["1"]
    assert [file.filename for file in found.files(0)] == ["a-1.0-py3-none-any.whl", "a-1.0.0.tar.gz"]


def test_compact_form_restores_every_file() -> None:
    entries = [
        entry("a-1.0.tar.gz", url="https://files.example/a/1/a-1.0.tar.gz", size=1),
        entry("a-1.0-py3-none-any.whl", url="https://files.example/b/renamed", yanked=False),
        entry("a-2.0-1-py3-none-any.whl", url="/a-2.0-1-py3-none-any.whl", **{"core-metadata": True}),
    ]
    read = {file.filename: file for file in files(json_page(*entries))}
    found = columns(*entries)

    kept = [file for position in range(len(found.versions)) for file in found.files(position)]
    assert {file.filename: file for file in kept} == read


def test_one_file_with_two_hashes_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        columns(entry(), entry(hashes={"sha256": "cd" * 32}))
    assert caught.value.rule == "changed-on-index"


def test_empty_page_has_no_releases() -> None:
    assert columns().versions == []


@pytest.mark.parametrize(
    ("unread", "counted"),
    [
        ("a-3.0.whl", True),
        ("a-3.0-py3-none.whl", True),
        ("a-3.0-x-py3-none-any.whl", True),
        ("a-3.0.linux-x86_64.tar.gz", True),
        ("a-v3.0-final.zip", True),
        ("A_3.0-py3-none-any.whl", True),
        ("a-2.0.linux-x86_64.tar.gz", False),
        ("a-1.0-py3-none.whl", False),
        ("a-b-3.0.linux.zip", False),
        ("ab-3.0-py3-none-any.whl", False),
        ("a-latest.zip", False),
    ],
)
def test_names_that_cannot_be_read_are_counted_where_they_seem_newer(unread: str, counted: bool) -> None:
    found = columns(entry("a-2.0.zip"), entry("a-4.0rc1.zip"), entry(unread))

    assert found.versions == ["4.0rc1", "2.0"]
    assert (found.unread, found.unread_example) == ((1, unread) if counted else (0, ""))


def test_all_names_that_cannot_be_read_are_counted_where_no_other_can() -> None:
    found = columns(entry("a-0.2.whl"), entry("a-0.1.whl"), "nonsense")  # type: ignore[arg-type]

    assert (found.versions, found.unread, found.unread_example) == ([], 2, "a-0.1.whl")
    assert (found.skipped, found.example) == (1, "")


def test_base_of_a_page_reaches_no_file_of_this_machine() -> None:
    anchor = '<a href="a-1.0.zip">a-1.0.zip</a>'

    assert files(html_page(anchor, head='<base href="file:///srv/">'), "text/html") == []


def test_base_that_is_no_url_is_refused() -> None:
    with pytest.raises(InputError, match="its base is not a URL"):
        files(html_page(head='<base href="http://[">'), "text/html")


@pytest.mark.parametrize(
    "time",
    [
        "9999-99-99T99:99:99Z",
        "0000-01-01T00:00:00Z",
        "2020-02-30T00:00:00Z",
        "2020-04-31T00:00:00Z",
        "2020-01-01T24:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_upload_time_that_is_none_is_unknown(time: str) -> None:
    assert [file.upload_time for file in files(json_page(entry(**{"upload-time": time})))] == [""]


def test_link_that_states_two_hashes_is_skipped() -> None:
    page = parse(html_page(f'<a href="a-1.0.zip#sha256={SHA}&sha256={"cd" * 32}">a</a>'), "text/html", URL, A)

    assert (page.files, page.skipped, page.example) == ([], 1, "a-1.0.zip")


@pytest.mark.parametrize("filler", ["[],", "{},", "1,"])
def test_json_of_more_values_than_any_honest_page_is_refused_unread(filler: str) -> None:
    with pytest.raises(InputError, match="too many values"):
        files(json_page(x=[]).replace(b'"x": []', f'"x": [{filler * 3_000_001}1]'.encode()))


@pytest.mark.slow
@pytest.mark.parametrize("markup", ["<b>" * 3_000_001, f"<a {'x ' * (1 << 16)}>", "<a>" * 300_010])
def test_markup_beyond_any_honest_page_is_refused(markup: str) -> None:
    with pytest.raises(InputError, match="in its HTML"):
        files(f"<html>{markup}".encode(), "text/html")


def compact(content: bytes, before: bytes) -> bytes:
    return compacted("a", content, JSON, URL, before).removeprefix(b"\n")


def test_hash_of_a_file_is_remembered_while_the_index_withholds_it() -> None:
    first = compact(json_page(entry()), b"")
    away = compact(json_page(), first)
    unstated = compact(json_page(entry(hashes={})), away)

    assert compact(json_page(entry()), unstated) == first
    with pytest.raises(RefusedError) as caught:
        compact(json_page(entry(hashes={"sha256": "cd" * 32})), unstated)
    assert caught.value.rule == "changed-on-index"
