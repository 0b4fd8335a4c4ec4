from __future__ import annotations

from datetime import date

import pytest

from lockenv.index.validation import all_regular, moment

_YEARS = [*range(1, 420), *range(1890, 2110), 9996, 9999]


@pytest.mark.parametrize("day", [28, 29, 30, 31])
def test_each_day_of_the_calendar_is_regular_and_no_other(day: int) -> None:
    wrong = []
    for year in _YEARS:
        for month in range(1, 13):
            text = f"{year:04}-{month:02}-{day:02}T10:00:00Z"
            try:
                is_day = bool(date(year, month, day))
            except ValueError:
                is_day = False
            if (all_regular(["a"], ["/a"], [""], [text]), moment(text)) != (is_day, text if is_day else ""):
                wrong.append(text)

    assert wrong == []
