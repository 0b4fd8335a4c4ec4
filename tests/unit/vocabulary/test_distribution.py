"""What the name of a source distribution says, whoever reads it."""

from __future__ import annotations

import pytest

from lockenv.vocabulary.distribution import sdist_release


@pytest.mark.parametrize(
    ("filename", "project", "expected"),
    [
        ("mug-1.0.tar.gz", "mug", ("mug", "1.0")),
        ("mug-1.0-2.tar.gz", "mug", ("mug", "1.0-2")),
        ("mug-1.0-2.tar.gz", "", ("mug", "1.0-2")),
        ("mug-1.0-post2.zip", "mug", ("mug", "1.0-post2")),
        ("Zope.Interface-1.0-1.zip", "zope-interface", ("Zope.Interface", "1.0-1")),
        ("a-b-1.0.tar.gz", "a-b", ("a-b", "1.0")),
        ("a-2-1.tar.gz", "a", ("a", "2-1")),
        ("a-2-1.tar.gz", "a-2", ("a-2", "1")),
        ("a-2d-1.0.tar.gz", "", ("a-2d", "1.0")),
        ("a-1.0-alpha-3.tar.gz", "a", ("a", "1.0-alpha-3")),
        ("a-1.0+local-1.tar.gz", "a", ("a", "1.0+local-1")),
        ("b-1.0.tar.gz", "a", ("", "")),
        ("a-latest.tar.gz", "a", ("", "")),
        ("a.tar.gz", "a", ("", "")),
        ("a-1.0.tar.bz2", "a", ("", "")),
        (f"a-{'9' * 5000}.tar.gz", "a", ("", "")),
    ],
)
def test_project_and_version_of_a_source_distribution(filename: str, project: str, expected: tuple[str, str]) -> None:
    assert sdist_release(filename, project) == expected
