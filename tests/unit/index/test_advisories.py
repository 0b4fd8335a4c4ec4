from __future__ import annotations

import json

import pytest

from lockenv.errors import InputError
from lockenv.index.advisories import Advisory, answers, api_url, merged, of_osv, of_release, query


@pytest.mark.parametrize(
    ("root", "url"),
    [
        ("https://index.example/simple/", "https://index.example/pypi/lib/1.0%2Bcpu/json"),
        ("https://index.example/a/simple/", "https://index.example/a/pypi/lib/1.0%2Bcpu/json"),
        ("https://index.example/other/", ""),
        ("file:///srv/wheels/", ""),
    ],
)
def test_api_is_beside_the_simple_one(root: str, url: str) -> None:
    assert api_url(root, "lib", "1.0+cpu") == url


def test_same_vulnerability_of_two_databases_is_reported_once() -> None:
    one = Advisory(id="PYSEC-1", aliases=("CVE-1",), fixed=("1.2",))
    other = Advisory(id="GHSA-1", aliases=("CVE-1",), summary="bad", fixed=("1.2", "2.0"), url="https://osv.example/")

    assert merged([one, other, Advisory(id="GHSA-0")]) == (
        Advisory(id="GHSA-0"),
        Advisory(
            id="GHSA-1",
            aliases=("CVE-1", "PYSEC-1"),
            summary="bad",
            fixed=("1.2", "2.0"),
            url="https://osv.example/",
        ),
    )


def test_osv_is_asked_by_name_version_and_page() -> None:
    assert json.loads(query([("a", "1", ""), ("b", "2", "next")])) == {
        "queries": [
            {"package": {"name": "a", "ecosystem": "PyPI"}, "version": "1"},
            {"package": {"name": "b", "ecosystem": "PyPI"}, "version": "2", "page_token": "next"},
        ]
    }
    content = b'{"results": [{"vulns": [{"id": "X", "modified": "m"}], "next_page_token": "n"}, {}]}'
    assert answers(content, "url", 2) == [(("X",), "n"), ((), "")]


def test_fixes_of_other_packages_and_of_commits_are_left_out() -> None:
    content = json.dumps(
        {
            "id": "X",
            "details": "First line.\nSecond.",
            "aliases": ["B", "A"],
            "references": [{"type": "WEB", "url": "https://osv.example/x"}],
            "affected": [
                {"package": {"name": "other"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "9"}]}]},
                {
                    "package": {"name": "My.Lib"},
                    "ranges": [
                        {"type": "GIT", "events": [{"fixed": "0123abc"}]},
                        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}, {"fixed": "2.0"}]},
                    ],
                },
            ],
        }
    ).encode()

    assert of_osv(content, "url", "my-lib") == Advisory(
        id="X", aliases=("A", "B"), summary="First line.", fixed=("1.2", "2.0"), url="https://osv.example/x"
    )
    assert of_osv(b'{"id": "X", "withdrawn": "2026-01-01T00:00:00Z"}', "url", "a") is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"3", b"[" * 100000, b'{"results": 3}', b'{"results": []}'])
def test_nonsense_is_an_input_error(content: bytes) -> None:
    with pytest.raises(InputError):
        answers(content, "url", 1)


@pytest.mark.parametrize(
    "listed", [[3], [{}], [{"id": 3}], [{"id": "X", "aliases": 3, "fixed_in": "1", "summary": [1], "link": None}]]
)
def test_odd_entries_are_passed_over_or_read_as_far_as_they_go(listed: list[object]) -> None:
    found = of_release(json.dumps({"vulnerabilities": listed}).encode(), "url")

    assert [one.id for one in found] == (["X"] if listed[0] and listed[0] != 3 and listed[0] != {"id": 3} else [])


@pytest.mark.parametrize("name", ["", "A\nB", "A B", "\ud800", 5, None, "A" * 201])
def test_id_that_is_more_than_an_id_is_no_answer(name: object) -> None:
    content = json.dumps({"results": [{"vulns": [{"id": name}]}]}).encode()

    with pytest.raises(InputError, match="returned an invalid id"):
        answers(content, "https://osv.example/v1/querybatch", 1)
