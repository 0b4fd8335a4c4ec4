from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from lockenv.vocabulary.pep440 import python_admits

SPECIFIERS = [
    "",
    ">=3.8",
    ">=3.8,<4",
    ">=3.8, !=3.9.*, <3.13",
    "!=3.12.1",
    "==3.12.*",
    "==3.12.1",
    "==3.12",
    "~=3.11",
    "~=3.12.1",
    ">3.12",
    ">3.12.1",
    "<=3.12",
    "<=3.12.1",
    "<3.12.2",
    "!=3.0.*,!=3.1.*,>=2.7",
    ">=3.12.0rc1",
    "<4.0.0a1",
    "===3.12.1",
    ">= 3.8 , < 4 ",
]


@pytest.mark.parametrize("specifier", SPECIFIERS)
@pytest.mark.parametrize("version", ["3.8.0", "3.9.18", "3.12.0", "3.12.1", "3.12.10", "3.13.0", "4.0.0"])
def test_a_release_is_admitted_as_packaging_admits_it(specifier: str, version: str) -> None:
    assert python_admits(specifier, version) == SpecifierSet(specifier).contains(version, prereleases=True)


@pytest.mark.parametrize("version", ["3.14.0rc1", "3.14.0a7+", "3.14.0+"])
def test_a_pre_release_counts_as_the_release_it_precedes(version: str) -> None:
    assert python_admits(">=3.14", version)
    assert not python_admits("<3.14", version)


@pytest.mark.parametrize(
    ("specifier", "version"), [("three", "3.12.1"), (">=3.8,", "x"), ("~=3", "3.12.1"), (">=3.*", "3.1")]
)
def test_what_is_no_specifier_or_version_is_refused(specifier: str, version: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)not a Python|specifier"):
        python_admits(specifier, version)
