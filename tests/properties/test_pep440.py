"""Versions and specifiers are read and compared as `packaging` reads and compares them, plain text and any other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from lockenv.vocabulary.pep440 import (
    clauses,
    contains,
    is_prerelease,
    is_same_specifier,
    is_same_version,
    is_version,
    names_prerelease,
    python_admits,
    read_version,
)

_epochs = st.sampled_from(["", "", "", "", "1!", "v"])
_releases = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
_suffixes = st.tuples(
    st.sampled_from(["", "", "", "a1", "b2", "rc1", "a.0", "-b1", "_rc-2", "-alpha", "C0", "rc01"]),
    st.sampled_from(["", "", "", ".post0", ".post1", "-1", "r2"]),
    st.sampled_from(["", "", "", ".dev0", ".dev2", "dev"]),
).map("".join)
_public = st.builds("{}{}{}".format, _epochs, _releases, _suffixes)
_versions = st.builds("{}{}".format, _public, st.sampled_from(["", "", "", "", "+local", "+1.a", "+a.1", "+A-0"]))
_operators = st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "~=", "==="])
_blanks = st.sampled_from(["", "", "", " ", "\t", "\u2003"])
_clauses = st.one_of(
    st.builds("{}{}{}{}{}".format, _blanks, _operators, _blanks, _versions, _blanks),
    st.builds("{}{}{}.*".format, st.sampled_from(["==", "!="]), _epochs, _releases),
    st.builds("~={}{}.1{}".format, _epochs, _releases, _suffixes),
    st.builds("{}{}{}".format, _operators, _public, st.sampled_from([".*", "*", " 1", ""])),
)
_specifiers = st.lists(_clauses, max_size=3).map(",".join) | st.lists(_clauses, max_size=2).map(
    lambda parts: ",".join([*parts, ""])
)


def _packaging(specifier: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(specifier)
    except InvalidSpecifier:
        return None


def _contains(specifier: str, version: str) -> bool | None:
    try:
        return contains(specifier, version)
    except ValueError:
        return None


@given(_specifiers, _versions)
def test_a_specifier_contains_what_packaging_contains(specifier: str, version: str) -> None:
    wanted = _packaging(specifier)

    expected = None if wanted is None else wanted.contains(version, prereleases=True)

    assert _contains(specifier, version) == expected


@given(_public, _operators, _suffixes, st.sampled_from(["", "", "+local"]))
def test_a_clause_holds_around_its_own_release_as_in_packaging(
    version: str, operator: str, suffix: str, local: str
) -> None:
    own = ".".join(map(str, Version(version).release))
    specifier, asked = f"{operator}{version}", f"{own}{suffix}{local}"
    wanted = _packaging(specifier)

    expected = None if wanted is None else wanted.contains(asked, prereleases=True)

    assert _contains(specifier, asked) == expected


@given(_specifiers)
def test_a_specifier_names_a_prerelease_where_packaging_says_so(specifier: str) -> None:
    wanted = _packaging(specifier)
    try:
        found = names_prerelease(specifier)
    except ValueError:
        assert wanted is None
        return

    assert wanted is not None
    assert found == bool(wanted.prereleases)


@given(_clauses, _clauses)
def test_two_clauses_are_the_same_where_packaging_says_so(one: str, other: str) -> None:
    first, second = _packaging(one), _packaging(other)
    if first is None or second is None:
        return

    assert is_same_specifier(one, other) == (first == second)


@given(_specifiers)
def test_the_order_and_repetition_of_clauses_make_no_difference(specifier: str) -> None:
    if _packaging(specifier) is None:
        return

    assert is_same_specifier(specifier, ",".join([*reversed(specifier.split(",")), *specifier.split(",")]))


@given(_specifiers, st.lists(_versions, max_size=8))
def test_nothing_below_its_floor_satisfies_an_equality(specifier: str, versions: list[str]) -> None:
    if _packaging(specifier) is None:
        return
    keys = [read_version(version)[1] for version in versions]

    low = [
        key
        for clause in clauses(specifier)
        if clause.operator in ("==", "~=")
        for key in keys
        if key < clause.floor and clause.holds(key)
    ]

    assert low == []


@given(_versions | st.text("0123456789.abcrvpost!+-_ ", max_size=12), _versions)
def test_a_version_is_one_where_packaging_reads_it(text: str, other: str) -> None:
    try:
        version: Version | None = Version(text)
    except InvalidVersion:
        version = None

    assert is_version(text) == (version is not None)
    assert is_same_version(text, other) == (version == Version(other))
    if version is not None:
        assert is_prerelease(read_version(text)[1]) == version.is_prerelease


@given(_specifiers, st.builds("3.{}.{}{}".format, st.integers(0, 20), st.integers(0, 4), _suffixes))
def test_a_python_is_admitted_where_its_release_is(specifier: str, full_version: str) -> None:
    wanted = _packaging(specifier)
    try:
        found: bool | None = python_admits(specifier, full_version)
    except ValueError:
        found = None

    release = ".".join(map(str, Version(full_version).release))
    assert found == (None if wanted is None else wanted.contains(release, prereleases=True))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (">=1.0,<2", "<2.0,>=1", True),
        ("~=1.0", "~=1.0.0", False),
        ("==1.0rc1", "==1.0c1", True),
        ("==1.*", "==1.0.*", False),
        ("", ">=0", False),
    ],
)
def test_specifiers_of_one_meaning(one: str, other: str, is_same: bool) -> None:
    assert is_same_specifier(one, other) is is_same
