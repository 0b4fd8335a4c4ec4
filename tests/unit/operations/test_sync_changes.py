from __future__ import annotations

import pytest

from lockenv.operations.sync_changes import summary
from lockenv.sync.plan import InstallPlan
from tests.unit.sync.test_plan import there, wanted


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (InstallPlan(install=(wanted("a"), wanted("b"))), "Installed 2 in 0.4s"),
        (InstallPlan(remove=(there("a"),), keep=(there("b"),)), "Removed 1 in 0.4s"),
        (
            InstallPlan(install=(wanted("a"), wanted("b", "2")), remove=(there("b"), there("c"))),
            "Installed 1, updated 1, removed 1 in 0.4s",
        ),
    ],
)
def test_summary_counts_what_changed(change: InstallPlan, text: str) -> None:
    assert summary(change, 0.4) == text
