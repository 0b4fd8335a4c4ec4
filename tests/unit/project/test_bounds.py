from __future__ import annotations

import pytest

from lockenv.project.bounds import Bounds, specifier


@pytest.mark.parametrize(
    ("policy", "versions", "wanted"),
    [
        ("lower", ["1.2.3"], ">=1.2.3"),
        ("lower", ["1.10", "1.9"], ">=1.9"),
        ("lower", ["1.2+cpu"], ">=1.2"),
        ("major", ["1.2.3"], ">=1.2.3,<2"),
        ("major", ["0.1.2"], ">=0.1.2,<0.2"),
        ("major", ["0.0.3"], ">=0.0.3,<0.0.4"),
        ("major", ["0"], ">=0,<1"),
        ("major", ["1.9", "2.1"], ">=1.9,<3"),
        ("minor", ["1.2.3"], ">=1.2.3,<1.3"),
        ("minor", ["0.1.2"], ">=0.1.2,<0.1.3"),
        ("minor", ["5"], ">=5,<5.1"),
        ("major", ["1!2024.1"], ">=1!2024.1,<1!2025"),
        ("major", ["2.0rc1"], ">=2.0rc1,<3"),
        ("exact", ["1.2+cpu"], "==1.2+cpu"),
        ("exact", ["1.2", "1.3"], ""),
        ("none", ["1.2"], ""),
    ],
)
def test_policy_writes(policy: Bounds, versions: list[str], wanted: str) -> None:
    assert specifier(policy, versions) == wanted
