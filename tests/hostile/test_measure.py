"""Every hostile input is refused in one sentence, changes nothing, and is refused the same way again."""

from __future__ import annotations

import pytest

from tests.hostile.measure import SECTIONS, outcomes


@pytest.mark.parametrize("section", sorted(SECTIONS.keys() - {"cache"}))
def test_every_case_ends_as_it_should(section: str) -> None:
    ended = outcomes(section)

    assert [(name, fault) for name, fault in ended if fault] == []
    assert ended
