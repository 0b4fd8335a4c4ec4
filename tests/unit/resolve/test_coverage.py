from __future__ import annotations

import pytest

from lockenv.resolve.coverage import Pythons, python_coverage
from lockenv.vocabulary.markers import ALWAYS, NEVER, python


def test_cap_and_hole_of_a_specifier_are_known() -> None:
    assert python_coverage(">=3.9,!=3.11.4,<3.14") == Pythons(
        python(">=3.9,!=3.11.4,<3.14"), python(">=3.14"), python("==3.11.4")
    )


@pytest.mark.parametrize("text", ["", "!=3.14.1,nonsense", ">=3.9,<4"])
def test_text_without_a_cap_that_counts_restricts_nothing_above(text: str) -> None:
    found = python_coverage(text)

    assert (found.over, found.holes) == (NEVER, NEVER)
    assert found.admitted is (python(">=3.9") if text.startswith(">=") else ALWAYS)
