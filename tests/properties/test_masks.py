from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from lockenv.resolve.version_sets import Candidates
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.pep440 import names_prerelease
from tests.support.universe import MemoryReleases

_releases = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
_suffixes = st.tuples(
    st.sampled_from(["", "", "", "a1", "b2", "rc1"]),
    st.sampled_from(["", "", "", ".post1"]),
    st.sampled_from(["", "", "", ".dev2"]),
).map("".join)
_epochs = st.sampled_from(["", "", "", "", "1!"])
_public = st.builds("{}{}{}".format, _epochs, _releases, _suffixes)
_versions = st.builds("{}{}".format, _public, st.sampled_from(["", "", "", "+local", "+1.a"]))
_clauses = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["<", "<=", ">", ">="]), _public),
    st.builds("{}{}".format, st.sampled_from(["==", "!=", "==="]), _versions),
    st.builds("{}{}{}.*".format, st.sampled_from(["==", "!="]), _epochs, _releases),
    st.builds("~={}{}.1{}".format, _epochs, _releases, _suffixes),
)


@given(st.sets(_versions, max_size=12), st.lists(_clauses, max_size=3))
def test_mask_holds_what_packaging_contains(versions: set[str], clauses: list[str]) -> None:
    distinct = {Version(version): str(Version(version)) for version in versions}
    candidates = Candidates(NormalizedName("a"), MemoryReleases("a", {text: {} for text in distinct.values()}))
    specifier = ",".join(clauses)

    mask = candidates.mask(specifier)

    wanted = SpecifierSet(specifier)
    assert [version for position, version in enumerate(candidates.versions) if mask >> position & 1] == [
        version for version in candidates.versions if wanted.contains(version, prereleases=True)
    ]


@given(st.sets(st.one_of(_public, _versions), max_size=12))
def test_prereleases_are_those_of_packaging(versions: set[str]) -> None:
    distinct = {Version(version): str(Version(version)) for version in versions}
    candidates = Candidates(NormalizedName("a"), MemoryReleases("a", {text: {} for text in distinct.values()}))

    assert [version for at, version in enumerate(candidates.versions) if candidates.prereleases >> at & 1] == [
        version for version in candidates.versions if Version(version).is_prerelease
    ]


@given(st.sets(_versions, max_size=12), st.lists(_clauses, max_size=3))
def test_admitted_is_what_packaging_filters(versions: set[str], clauses: list[str]) -> None:
    distinct = {Version(version): str(Version(version)) for version in versions}
    candidates = Candidates(NormalizedName("a"), MemoryReleases("a", {text: {} for text in distinct.values()}))
    specifier = ",".join(clauses)

    admitted = candidates.admitted(
        candidates.mask(specifier),
        explicit=names_prerelease(specifier),
        exact=0,
        policy="if-necessary-or-explicit",
    )

    assert [version for position, version in enumerate(candidates.versions) if admitted >> position & 1] == list(
        SpecifierSet(specifier).filter(candidates.versions)
    )
