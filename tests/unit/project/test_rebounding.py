from __future__ import annotations

import pytest

from lockenv.project.rebounding import raised, relaxed


@pytest.mark.parametrize(
    ("written", "versions", "expected"),
    [
        (">=1.2", ["2.5.1"], ">=2.5.1"),
        (">=1.2,<2", ["2.5.1"], ">=2.5.1,<3"),
        (">=0.20,<0.21", ["0.27.2"], ">=0.27.2,<0.28"),
        ("<2", ["2.5.1"], "<3"),
        ("<2", ["1.9"], "<2"),
        ("<=1.4", ["2.5.1"], "<=2.5.1"),
        ("~=1.4", ["2.5.1"], "~=2.5"),
        ("~=1.4.2", ["2.5.1"], "~=2.5.1"),
        ("==1.4.2", ["2.5.1"], "==2.5.1"),
        ("==1.*", ["2.5.1"], "==2.*"),
        (">=1.2,!=1.5,<2", ["2.5.1"], ">=2.5.1,!=1.5,<3"),
        (">=3", ["2.5.1"], ">=3"),
        (">1", ["2.5.1"], ">=2.5.1"),
        (">=1,<2", ["2.5", "3.1"], ">=2.5,<4"),
        ("==1.0", ["2.5", "3.1"], "==1.0"),
        ("<3", ["3.0rc1"], "<4"),
        (">=1,<2", ["2.0rc1"], ">=2.0rc1,<3"),
        (">=1", ["1!2.0+local"], ">=1!2.0"),
    ],
)
def test_bounds_are_raised_in_the_manner_they_are_written(written: str, versions: list[str], expected: str) -> None:
    assert raised(written, versions) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [(">=1.2,<2", ">=1.2"), ("~=1.4", ">=1.4"), ("==1.*", ">=1"), ("<2", ""), (">=1,!=1.5,<=2", ">=1,!=1.5")],
)
def test_what_keeps_newer_versions_out_is_left(written: str, expected: str) -> None:
    assert relaxed(written) == expected
