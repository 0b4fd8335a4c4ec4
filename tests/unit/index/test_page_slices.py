from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError, MachineError, RefusedError
from lockenv.fetch.http_cache import CachedResponse, HttpCache
from lockenv.fetch.kept_beside import KeptBeside
from lockenv.index.page_cache import encode
from lockenv.index.page_cache_writer import compacted
from lockenv.index.page_columns import decode
from lockenv.index.page_cutter import cut
from lockenv.index.page_slices import read
from lockenv.index.simple_json import parse_any_json
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.index.page import File
    from lockenv.index.page_columns import PageColumns

A = NormalizedName("a")
JSON = "application/vnd.pypi.simple.v1+json"
URL = "https://index.example/simple/a/"
SHA = "ab" * 32
OTHER = "cd" * 32
WHOLE: dict[str, Any] = {
    "filename": "a-1.0-py3-none-any.whl",
    "url": "/files/a-1.0-py3-none-any.whl",
    "hashes": {"sha256": SHA},
    "size": 5,
    "upload-time": "2026-01-01T00:00:00.5Z",
    "requires-python": ">=3.6.*",
    "yanked": False,
    "core-metadata": {"sha256": OTHER},
    "provenance": "https://index.example/a.provenance",
}


def entry(filename: str, **changes: Any) -> dict[str, Any]:
    return {**WHOLE, "filename": filename, "url": f"/files/{filename}", **changes}


def page(*entries: dict[str, Any], **changes: Any) -> bytes:
    listed = {"meta": {"api-version": "1.4"}, "name": "a", "versions": ["1.0"], "files": entries}
    return json.dumps({**listed, **changes}, ensure_ascii=False).encode()


def long_page(*entries: dict[str, Any]) -> bytes:
    """Return a page that is worth cutting."""
    return page(*entries, *[entry(f"a-0.{minor}.tar.gz") for minor in range(90)])


def sliced(content: bytes) -> PageColumns:
    made = compacted("a", content, JSON, URL, b"")
    columns = decode(made.removeprefix(b"\n"))
    assert columns.is_cut
    return columns


def rows(columns: PageColumns) -> list[tuple[str, list[File], str | None, str, bool, bool, bool]]:
    return [
        (
            version,
            columns.files(row),
            columns.yanked(row),
            columns.newest(row),
            columns.is_prerelease(row),
            columns.has_wheels(row),
            columns.has_sdist(row),
        )
        for row, version in enumerate(columns.versions)
    ]


@pytest.mark.parametrize(
    "entries",
    [
        [WHOLE],
        [entry("a-2.0.tar.gz"), entry("a-2.0.zip"), entry("A-2-py3-none-any.whl"), entry("a-2.0-cp39-none-any.whl")],
        [entry("a-2.0.tar.gz", yanked='why\t"not"'), entry("a-2.0-py3-none-any.whl", yanked=True), WHOLE],
        [entry("a-2.0.tar.gz", yanked=""), entry("a-2.0-py3-none-any.whl", yanked="broken"), WHOLE],
        [entry("a-3.0rc1.tar.gz", **{"upload-time": None}), entry("a-3.0rc1-py3-none-any.whl")],
        [entry("a-2.0.tar.gz", hashes={"sha256": SHA.upper()}), entry("a-2.1.tar.gz", hashes={"md5": "x"}, size="5")],
        [entry("a-2.0.tar.gz", **{"requires-python": "nonsense"}), entry("a-2.1.tar.gz", **{"requires-python": None})],
        [entry("a-2.0.tar.gz", **{"core-metadata": True}), entry("a-2.1.tar.gz", **{"core-metadata": None})],
        [entry("a-2.0.tar.gz", provenance=None, url="https://files.example/x/a-2.0.tar.gz")],
        [entry("a-2.0.exe"), entry("b-2.0.tar.gz"), entry("a-2.0-py3-none-any-x.whl"), entry("a-9.whl"), WHOLE],
        [entry("a-2.0.tar.gz", yanked="für \\ immer", new={"key": [1.5, None]}), WHOLE],
    ],
)
def test_page_that_was_cut_says_what_a_page_says_that_was_read(entries: list[dict[str, Any]]) -> None:
    content = long_page(*entries)
    found, expected = sliced(content), decode(encode(parse_any_json(content, URL, A), A))

    assert rows(found) == rows(expected)
    assert found.has_yanked == expected.has_yanked
    assert (found.unread, found.unread_example, found.variants, found.variant_example, found.skipped) == (
        expected.unread, expected.unread_example, expected.variants, expected.variant_example, expected.skipped,
    )  # fmt: skip
    assert bool(found.provenance_prefix) == bool(expected.provenance_prefix)


@pytest.mark.parametrize(
    "content",
    [
        page(WHOLE).replace(b'"name"', b'"name": "a", "name"'),
        page(WHOLE).replace(b'"files"', b'"files": [], "files"'),
        page(WHOLE).replace(b'"files"', b'"fil\\u0065s": [], "files"'),
        b'{"files": ['
        + page(WHOLE, entry("a-2.0.tar.gz")).partition(b"[")[2].partition(b"]")[0]
        + b"], "
        + page(WHOLE, entry("a-2.0.tar.gz"))[1:],
        json.dumps(json.loads(page(WHOLE, entry("a-2.0.tar.gz"))), indent=1).encode(),
        page(WHOLE).replace(b'"api-version"', b'"api-version": "1.0", "api-version"'),
        page(WHOLE, **{"project-status": {"status": "archived"}}).replace(b'"status"', b'"status": "x", "status"'),
        page(WHOLE, WHOLE),
        page(),
        page({**WHOLE, "url": "../../files/a-1.0.tar.gz"}),
        page({**WHOLE, "url": "/files/../a-1.0.tar.gz"}),
        page({**WHOLE, "url": "https://me:secret@files.example/a-1.0.tar.gz"}),
        page({**WHOLE, "filename": "a/1.0.tar.gz"}),
        page({**WHOLE, "filename": None}),
        page({**WHOLE, "hashes": None}),
        page({**WHOLE, "upload-time": "2026-13-01T00:00:00Z"}),
        page({**WHOLE, "upload-time": "2026-01-01T00:00:00+01:00"}),
        page({**WHOLE, "requires-python": ">=3.6\t"}),
        page({**WHOLE, "provenance": "https://index.example/*"}),
        page(WHOLE).replace(b'"yanked": false', b'"yanked": NaN'),
        page(WHOLE).replace(b"none-any", b"none-\xff"),
        page(WHOLE)[:-1],
        b"[" * 100_000,
    ],
)
def test_page_with_anything_unusual_is_left_to_the_careful_reader(content: bytes) -> None:
    assert cut(content, URL, A) is None


def test_wheels_and_sdists_that_are_yanked_say_why_as_a_page_that_was_read(tmp_path: Path) -> None:
    names = ("a-2.0.zip", "a-2.0.tar.gz", "a-3.0-py3-none-any.whl", "a-3.0-cp39-none-any.whl", "a-3.0.tar.gz")
    content = long_page(*[entry(name, yanked=f"because of {name}") for name in names])
    beside, _, head = compacted("a", content, JSON, URL, b"", "", str(tmp_path / "a")).partition(b"\n")

    columns = decode(head, KeptBeside(f"{tmp_path}/a-{beside.decode()}"))

    assert rows(columns) == rows(decode(encode(parse_any_json(content, URL, A), A)))


def test_page_of_another_project_or_version_is_refused() -> None:
    with pytest.raises(InputError, match="it is the page of 'b', not of a"):
        cut(page(WHOLE, name="b"), URL, A)
    with pytest.raises(InputError, match=r"its version is '2\.0'"):
        cut(page(WHOLE, meta={"api-version": "2.0"}), URL, A)


@pytest.mark.parametrize("twice", [b'"size": 5, "size": 5', b'"size": 5, "size" : 5', b'"size": 5, "size"\n: 5'])
def test_entry_with_a_key_twice_is_refused_when_it_is_looked_at(twice: bytes) -> None:
    columns = sliced(long_page(WHOLE).replace(b'"size": 5', twice, 1))

    assert columns.files(1)
    with pytest.raises(InputError, match="the same key twice"):
        columns.files(0)


USUAL: dict[str, Any] = {
    "core-metadata": {"sha256": OTHER},
    "data-dist-info-metadata": {"sha256": OTHER},
    "filename": "a-1.0-py3-none-any.whl",
    "hashes": {"sha256": SHA},
    "provenance": None,
    "requires-python": ">=3.6.*",
    "size": 5,
    "upload-time": "2026-01-01T00:00:00.5Z",
    "url": "/files/a-1.0-py3-none-any.whl",
    "yanked": False,
}


def usual(**changes: Any) -> dict[str, Any]:
    """Return an entry as the public index writes it; without what is None in `changes`, and has been there."""
    return {key: value for key, value in {**USUAL, **changes}.items() if key not in changes or value is not None}


@pytest.mark.parametrize(
    "entry",
    [
        USUAL,
        usual(**{"core-metadata": False, "data-dist-info-metadata": False}),
        usual(**{"core-metadata": None}),
        usual(**{"core-metadata": None, "data-dist-info-metadata": None}),
        usual(**{"core-metadata": False}),
        usual(**{"core-metadata": True}),
        usual(**{"core-metadata": {"sha256": OTHER.upper()}}),
        usual(**{"core-metadata": {"md5": "x", "sha256": OTHER}}),
        usual(**{"data-dist-info-metadata": {"filename": "b"}}),
        usual(provenance="https://index.example/a.provenance"),
        usual(**{"requires-python": None}),
        {**USUAL, "requires-python": None, "upload-time": None},
        usual(size=None),
        usual(size=0),
        usual(size=1 << 50),
        usual(size=(1 << 50) - 1),
        usual(size=-5),
        usual(size=5.0),
        usual(url="https://files.example/a-1.0-py3-none-any.whl"),
        usual(yanked="broken  \N{EM DASH} twice"),
        usual(yanked=""),
        usual(yanked="a \\ b"),
        usual(yanked=True),
        usual(hashes={"sha256": SHA.upper()}),
        usual(hashes={"md5": "x", "sha256": SHA}),
        usual(hashes={}),
        usual(new={"filename": "b"}),
        {"new": dict(USUAL), **USUAL},
        {**USUAL, "new": dict(USUAL)},
        dict(reversed(USUAL.items())),
    ],
)
def test_entries_written_as_usual_say_what_they_say_in_another_layout(entry: dict[str, Any]) -> None:
    listed = [USUAL, entry, {**USUAL, "filename": "a-2.0.tar.gz"}]
    segment = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))[1:-1]
    spread = json.dumps(listed, ensure_ascii=False)[1:-1]

    found = read(segment, "https://index.example", {">=3.6.*": ">=3.6"})

    assert found == read(spread, "https://index.example", {">=3.6.*": ">=3.6"})
    assert len(found) == len(listed)


def test_usual_entry_with_a_key_twice_is_refused() -> None:
    segment = json.dumps(USUAL, separators=(",", ":"))

    for twice in ('"size":5,"size":5', '"size":5,"filename":"b"'):
        with pytest.raises(InputError, match="the same key twice"):
            read(segment.replace('"size":5', twice), "", {})


def test_number_that_python_does_not_read_is_refused_when_it_is_looked_at() -> None:
    columns = sliced(long_page(WHOLE).replace(b'"size": 5', b'"size": ' + b"5" * 5000, 1))

    with pytest.raises(InputError, match="an entry that cannot be read"):
        columns.files(0)


def test_page_is_read_without_the_compiled_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = rows(sliced(long_page(WHOLE)))
    monkeypatch.setitem(sys.modules, "lockenv.index.page_cutter", None)

    assert rows(decode(compacted("a", long_page(WHOLE), JSON, URL, b"").removeprefix(b"\n"))) == expected


def test_entries_are_read_without_the_scanner_of_cpython(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = sliced(long_page(WHOLE))
    expected = columns.files(0)
    monkeypatch.setitem(sys.modules, "_json", None)

    assert columns.files(0) == expected


def test_long_page_is_kept_beside_its_columns(tmp_path: Path) -> None:
    place = str(tmp_path / "page")
    name, _, payload = compacted("a", long_page(WHOLE), JSON, URL, b"", "", place).partition(b"\n")
    kept = KeptBeside(f"{place}-{name.decode()}")

    assert len(payload) < 8000 < len(long_page(WHOLE))
    assert rows(decode(payload, kept)) == rows(sliced(long_page(WHOLE)))


@pytest.mark.parametrize("damage", [b"", b"x", b'{"filename": "a-1.0-py3-none-any.whl"'])
def test_damage_of_what_is_beside_is_found_when_it_is_looked_at(tmp_path: Path, damage: bytes) -> None:
    place = str(tmp_path / "page")
    name, _, payload = compacted("a", long_page(WHOLE), JSON, URL, b"", "", place).partition(b"\n")
    path = tmp_path / f"page-{name.decode()}"
    path.write_bytes(damage)
    columns = decode(payload, KeptBeside(str(path)))

    with pytest.raises(MachineError, match="damaged or was replaced"):
        columns.files(0)
    assert not path.exists()


def test_entry_of_the_cache_that_lost_what_is_beside_it_is_none(tmp_path: Path) -> None:
    store = HttpCache(str(tmp_path))
    made = compacted("a", long_page(WHOLE), JSON, URL, b"", "", store.place("form-1", URL))
    name, _, payload = made.partition(b"\n")
    entry = CachedResponse(payload, beside=name.decode())
    store.put("form-1", URL, entry)
    assert store.get("form-1", URL) == entry

    with open(store.beside("form-1", URL, entry), "ab") as file:
        file.write(b"x")
    assert store.get("form-1", URL) is None
    store.put("form-1", URL, entry)
    KeptBeside(store.beside("form-1", URL, entry)).drop()
    assert store.get("form-1", URL) is None


def test_page_without_room_beside_it_is_kept_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    made = compacted("a", long_page(WHOLE), JSON, URL, b"", "", str(tmp_path / "file" / "page"))

    assert rows(decode(made.removeprefix(b"\n"))) == rows(sliced(long_page(WHOLE)))


SHORT = page(WHOLE)
LONG = long_page(WHOLE)
CHANGED = {**WHOLE, "hashes": {"sha256": OTHER}}


@pytest.mark.parametrize("before", [SHORT, LONG])
@pytest.mark.parametrize("now", [page(CHANGED), long_page(CHANGED)])
def test_file_that_changed_is_refused_whatever_form_its_pages_are_kept_in(before: bytes, now: bytes) -> None:
    first = compacted("a", before, JSON, URL, b"").removeprefix(b"\n")

    with pytest.raises(RefusedError) as caught:
        compacted("a", now, JSON, URL, first)
    assert caught.value.rule == "changed-on-index"


def test_hash_of_a_file_is_remembered_while_a_long_page_withholds_it() -> None:
    first = compacted("a", LONG, JSON, URL, b"").removeprefix(b"\n")
    away = compacted("a", long_page(), JSON, URL, first).removeprefix(b"\n")
    again = compacted("a", LONG, JSON, URL, away).removeprefix(b"\n")

    assert decode(away).gone == [f"a-1.0-py3-none-any.whl {SHA}"]
    assert again == first
    with pytest.raises(RefusedError):
        compacted("a", long_page(CHANGED), JSON, URL, away)
