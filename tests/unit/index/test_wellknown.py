from __future__ import annotations

import pytest

from lockenv.index.wellknown import WELL_KNOWN, lookalikes


@pytest.mark.parametrize("name", ["requestss", "request", "reqeusts", "requesta", "rrequests", "1requests"])
def test_name_one_letter_away_is_named(name: str) -> None:
    assert lookalikes([name]) == [(name, "requests")]


@pytest.mark.parametrize("name", ["requests", "reqeustss", "requests-oauthlib", "kettle", "ab", "toml", "psycopg2", ""])
def test_other_names_are_not(name: str) -> None:
    assert lookalikes([name]) == []


def test_well_known_names_are_not_taken_for_each_other() -> None:
    assert lookalikes(WELL_KNOWN) == []


def test_order_is_that_of_the_names() -> None:
    assert lookalikes(["numpyy", "kettle", "djang0"]) == [("numpyy", "numpy"), ("djang0", "django")]
