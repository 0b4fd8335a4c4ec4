from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.errors import InputError
from lockenv.index import simple_json
from lockenv.index.regular_json import parse_regular
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from lockenv.index.page import Page

A = NormalizedName("a")
ROOT = "https://index.example"
URL = f"{ROOT}/simple/a/"
SHA = "ab" * 32
WHOLE: dict[str, Any] = {
    "filename": "a-1.0-py3-none-any.whl",
    "url": "/files/a-1.0-py3-none-any.whl",
    "hashes": {"sha256": SHA},
    "size": 0,
    "upload-time": "2026-01-01T00:00:00.5Z",
    "requires-python": ">=3.6.*",
    "yanked": "broken",
    "core-metadata": {"sha256": SHA},
    "data-dist-info-metadata": False,
    "provenance": "https://index.example/a.provenance",
}
"""An entry with every key that is read."""
LITTLE: dict[str, Any] = {key: WHOLE[key] for key in ("filename", "url", "hashes")}


def page(*entries: dict[str, Any], **changes: Any) -> bytes:
    listed = {"meta": {"api-version": "1.4"}, "name": "a", "versions": ["1.0"], "files": entries}
    return json.dumps({**listed, **changes}, ensure_ascii=False).encode()


def read(content: bytes) -> Page | None:
    return parse_regular(content, URL, ROOT, A)


@pytest.mark.parametrize(
    "entries",
    [
        [WHOLE],
        [LITTLE],
        [WHOLE, LITTLE, {**WHOLE, "filename": "a-1.0.exe"}],
        [{**LITTLE, "core-metadata": True}, {**LITTLE, "core-metadata": False, "data-dist-info-metadata": True}],
        [{**LITTLE, "data-dist-info-metadata": {"sha256": SHA}}, {**LITTLE, "requires-python": None}],
        [{**LITTLE, "size": 1 << 60}, {**LITTLE, "size": -1}, {**LITTLE, "yanked": "", "provenance": None}],
        [{**LITTLE, "yanked": "two  blanks"}, {**LITTLE, "yanked": True}, {**LITTLE, "yanked": False}],
        [{**LITTLE, "core-metadata": {"sha256": SHA.upper()}}, {**LITTLE, "core-metadata": {"sha256": "none"}}],
    ],
)
def test_regular_page_is_read_as_any_page_is(entries: list[dict[str, Any]]) -> None:
    found = read(page(*entries))

    assert found is not None
    assert found == simple_json.parse_any_json(page(*entries), URL, A)


@pytest.mark.parametrize(
    "more",
    [
        {"alternate-locations": ["https://other.example/a/"], "project-status": {"status": "active"}},
        {"alternate-locations": [], "project-status": {"status": "archived", "reason": "moved"}},
        {"project-status": {}},
        {"project-status": {"status": ""}},
        {"meta": {"api-version": "1.4", "_last-serial": 7}},
        {"meta": {"api-version": "1.1", "_last-serial": "7"}},
    ],
)
def test_what_large_indexes_and_mirrors_say_of_a_page_is_regular(more: dict[str, Any]) -> None:
    found = read(page(WHOLE, **more))

    assert found is not None
    assert found == simple_json.parse_any_json(page(WHOLE, **more), URL, A)


@pytest.mark.parametrize(
    "content",
    [
        page(WHOLE).replace(b'"size": 0', b'"size": 0, "size": 0'),
        page(WHOLE).replace(b'"hashes"', b'"url": "/files/other.whl", "hashes"'),
        page(WHOLE).replace(b'"name"', b'"name": "a", "name"'),
        page(WHOLE).replace(b'"name"', b'"versions": [], "name"'),
        page(WHOLE).replace(b'"api-version"', b'"api-version": "1.0", "api-version"'),
        page({**WHOLE, "new": 1}),
        page(WHOLE, new=1),
        page({**WHOLE, "yanked": 'a "quote"'}),
        page(WHOLE).replace(b"broken", b"\\u0061"),
        page({**WHOLE, "hashes": {}}),
        page({**WHOLE, "hashes": {"sha256": "none"}}),
        page({**WHOLE, "hashes": {"sha256": SHA, "md5": "ab"}}),
        page({**WHOLE, "url": "../../files/a-1.0.tar.gz"}),
        page({**WHOLE, "upload-time": "yesterday"}),
        page({**WHOLE, "size": 1.0}),
        page({**WHOLE, "filename": None}),
        page(meta={"api-version": 1}),
        page(WHOLE, **{"project-status": {"status": "archived", "since": "2026"}}),
        page(WHOLE, **{"project-status": {"status": "archived"}}).replace(
            b'"status":', b'"status": "active", "status":'
        ),
        page(WHOLE)[:-1],
        b"[" * 100_000,
    ],
)
def test_page_with_anything_unusual_is_left_to_the_careful_reader(content: bytes) -> None:
    assert read(content) is None


def test_page_of_another_project_or_version_is_refused() -> None:
    with pytest.raises(InputError, match="it is the page of 'b', not of a"):
        read(page(name="b"))
    with pytest.raises(InputError, match=r"its version is '2\.0'"):
        read(page(meta={"api-version": "2.0"}))


def test_long_page_is_read_without_the_compiled_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    long = page(*({**WHOLE, "filename": f"a-1.{minor}.tar.gz"} for minor in range(200)))
    found = simple_json.parse_json(long, URL, A)
    monkeypatch.setitem(sys.modules, "lockenv.index.regular_json", None)

    assert len(long) > 50_000
    assert simple_json.parse_json(long, URL, A) == found
