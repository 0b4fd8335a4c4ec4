"""A dump of OSV: which records it keeps, and which versions each is about."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from lockenv.errors import InputError
from lockenv.index.advisories import Advisory
from lockenv.index.osv_dump import compact, newest, of_release


def dump(*records: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, record in enumerate(records):
            archive.writestr(f"{number}.json", json.dumps(record))
    return buffer.getvalue()


def record(name: str = "Foo.Bar", ecosystem: str = "PyPI", **more: Any) -> dict[str, Any]:
    affected = {"package": {"name": name, "ecosystem": ecosystem}}
    affected |= {key: more.pop(key) for key in ("ranges", "versions") if key in more}
    return {"id": "PYSEC-1", "modified": "2026-01-02T03:04:05.678Z", "affected": [affected], **more}


def span(*events: dict[str, str], kind: str = "ECOSYSTEM") -> dict[str, Any]:
    return {"ranges": [{"type": kind, "events": list(events)}]}


def ids(payload: bytes, version: str) -> list[str]:
    return [one.id for one in of_release(payload, "foo-bar", version)]


def test_record_is_kept_as_an_advisory() -> None:
    kept = compact(
        dump(
            record(
                aliases=["CVE-2026-1", "MAL-2026-1"],
                summary="Bad.\nLong.",
                references=[{"type": "WEB", "url": "https://a.example/"}],
                **span({"introduced": "0"}, {"fixed": "1.2"}),
            )
        ),
        "all.zip",
    )

    (found,) = of_release(kept, "foo-bar", "1.1")
    assert found == Advisory(
        id="PYSEC-1",
        aliases=("CVE-2026-1", "MAL-2026-1"),
        summary="Bad.",
        fixed=("1.2",),
        url="https://a.example/",
    )
    assert found.is_malware
    assert newest(kept) == "2026-01-02T03:04:05"


@pytest.mark.parametrize(
    ("more", "affected", "others"),
    [
        (span({"introduced": "0"}), ["0.1", "9"], []),
        (span({"introduced": "0"}, {"fixed": "1.2"}), ["1.1", "1.2rc1"], ["1.2", "2"]),
        (span({"fixed": "1.2"}, {"introduced": "1"}, {"introduced": "2"}), ["1", "1.1", "2"], ["0.9", "1.2"]),
        (span({"introduced": "1"}, {"last_affected": "1.2"}), ["1", "1.2"], ["0.9", "1.2.1"]),
        (span({"introduced": "0"}, {"fixed": "no version"}), ["1"], []),
        (span({"introduced": "0"}, kind="GIT"), [], ["1"]),
        ({"versions": ["1.0", "odd"]}, ["1", "1.0"], ["1.1"]),
        ({}, [], ["1"]),
    ],
)
def test_versions_are_those_of_the_schema(more: dict[str, Any], affected: list[str], others: list[str]) -> None:
    kept = compact(dump(record(**more)), "all.zip")

    assert {version: bool(ids(kept, version)) for version in [*affected, *others]} == {
        **dict.fromkeys(affected, True),
        **dict.fromkeys(others, False),
    }


def test_other_ecosystems_and_what_was_withdrawn_are_left_out() -> None:
    kept = compact(
        dump(
            record(ecosystem="npm", versions=["1"]),
            record(id="PYSEC-2", withdrawn="2026-01-01T00:00:00Z", versions=["1"]),
            record(id="PYSEC-3", versions=["1"]),
            record("foo", id="PYSEC-4", versions=["1"]),
        ),
        "all.zip",
    )

    assert ids(kept, "1") == ["PYSEC-3"]
    assert of_release(kept, "bar", "1") == ()


@pytest.mark.parametrize("content", [b"<html>", dump(), b"PK\x03\x04", dump(record())[:-40]])
def test_what_is_no_dump_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"all\.zip"):
        compact(content, "all.zip")


@pytest.mark.parametrize(
    "hostile",
    [
        record("aaa\nfoo-bar\t[]\nzz", versions=["9"]),
        record("aaa\nfoo-bar\t[]", versions=["9"]),
        record("\ud800", versions=["9"]),
        record("other", modified="9999\nfoo-bar\t[]\n"),
        record("other", modified="\ud800"),
    ],
)
def test_no_record_hides_those_of_another_project(hostile: dict[str, Any]) -> None:
    kept = compact(dump(record(versions=["1.0"]), hostile), "all.zip")

    assert (ids(kept, "1.0"), newest(kept)) == (["PYSEC-1"], "2026-01-02T03:04:05")


def test_other_compression_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.json", "{}")

    with pytest.raises(InputError, match="another method than deflate"):
        compact(buffer.getvalue(), "all.zip")
