from __future__ import annotations

import pytest

from lockenv.lockfile.publishers import change, recorded
from lockenv.vocabulary.identity import Identity, PublisherRule, identities_of, identity_of, rule_for
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.origin import Origin

OURS = Identity((("kind", "GitHub"), ("repository", "acme/kettle"), ("workflow", "release.yml")))
THEIRS = Identity((("environment", "pypi"), ("kind", "GitLab"), ("repository", "acme/kettle")))


def rule(pattern: str, *required: tuple[str, tuple[str, ...]]) -> PublisherRule:
    return PublisherRule(pattern=pattern, required=required, origin=Origin(file="pyproject.toml"))


@pytest.mark.parametrize(
    ("was", "now", "clause"),
    [
        ([], [], ""),
        ([], [OURS], ""),
        ([OURS], [OURS], ""),
        ([OURS], [OURS, THEIRS], ""),
        ([OURS], [], "has no known publisher, unlike before: GitHub acme/kettle (workflow release.yml)"),
        (
            [OURS],
            [THEIRS],
            "was published by another: environment pypi (was none), kind GitLab (was GitHub), "
            "workflow none (was release.yml)",
        ),
        (
            [OURS, THEIRS],
            [Identity((("kind", "Google"),))],
            "was published by another: Google (was GitHub acme/kettle (workflow release.yml) and "
            "GitLab acme/kettle (environment pypi))",
        ),
    ],
)
def test_change_is_named(was: list[Identity], now: list[Identity], clause: str) -> None:
    assert change(was, now) == clause


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("acme", "acme"), ("acme-kettle", "acme-kettle"), ("acme-pot", "acme-*"), ("other", "*"), ("acmes", "*")],
)
def test_nearest_rule_counts(name: str, pattern: str) -> None:
    rules = [rule("*"), rule("acme"), rule("acme-*"), rule("acme-kettle")]

    found = rule_for(NormalizedName(name), rules)

    assert found is not None
    assert found.pattern == pattern


def test_no_rule_counts_for_others() -> None:
    assert rule_for(NormalizedName("other"), [rule("acme"), rule("acme-*")]) is None


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"kind": ""},
        {"kind": 5},
        {"kind": "x" * 301},
        {"kind": "GitHub", **{f"key{number}": "x" for number in range(12)}},
        {"kind": "GitHub", "a\nb": "x"},
    ],
)
def test_table_without_a_readable_kind_is_no_publisher(table: dict[str, object]) -> None:
    assert identity_of(table) is None


def test_what_is_no_text_is_left_out_and_controls_are_escaped() -> None:
    table = {"kind": "Git\x1b[2JHub", "repository": "a/b", "environment": None, "claims": "x", "id": 5}

    found = identity_of(table)

    assert found == Identity((("kind", "Git\\x1b[2JHub"), ("repository", "a/b")))


def test_publishers_of_a_lock_of_another_tool_are_read_as_far_as_they_make_sense() -> None:
    tables = [{"kind": "GitHub", "repository": "b"}, {"kind": "GitHub", "repository": "a"}, {"no": "kind"}]

    assert [each.get("repository") for each in recorded({"attestation-identities": tables})] == ["a", "b"]
    assert identities_of([5, "x", None]) == ()
