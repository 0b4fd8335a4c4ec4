"""The moment after which releases do not count.

Pure: the text of `exclude-newer` and the clock's reading go in; a moment in UTC comes out. A release counts when it was
uploaded before that moment; one uploaded at that moment or later does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from datetime import datetime

_DATE = lazy_pattern(r"\d{4}-\d{2}-\d{2}", "a")
_MOMENT = lazy_pattern(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", "a")
_SPAN = lazy_pattern(r"(\d{1,5}) (minute|hour|day|week)s?", "a")

HINT = 'use a date ("2026-11-01"), a timestamp ("2026-11-01T12:00:00Z") or a span ("7 days")'


def is_span(text: str) -> bool:
    """Return whether `text` counts back from now, as `7 days` does."""
    return _SPAN.fullmatch(text) is not None


def moment(text: str, now: str) -> str:
    """Return the moment that `text` names, in RFC 3339 and UTC (`2026-11-02T00:00:00Z`).

    A bare date lets the whole of that day count (in UTC), so that it names the midnight at its end. A span counts back
    from `now`, which is RFC 3339. Raises ValueError when `text` is none of these.
    """
    from datetime import datetime, timedelta

    span = _SPAN.fullmatch(text)
    try:
        if _DATE.fullmatch(text):
            return _utc(datetime.fromisoformat(f"{text}T00:00:00+00:00") + timedelta(days=1))
        if _MOMENT.fullmatch(text):
            return _utc(datetime.fromisoformat(text.upper()))
        if span:
            return _utc(datetime.fromisoformat(now.upper()) - timedelta(**{f"{span[2]}s": int(span[1])}))
    except OverflowError as error:
        raise ValueError(f"{text} is outside the years 1 to 9999") from error
    raise ValueError(f"{text} is not a date, a timestamp or a span")


def _utc(when: datetime) -> str:
    from datetime import UTC

    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")
