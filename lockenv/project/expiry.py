"""Why a project makes an exception, and until when: the keys `reason` and `until` of an entry.

Pure: settings go in; a text and a day come out. An exception without either is refused.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from lockenv.project.positions import Path
    from lockenv.project.values import Values

_DATE = lazy_pattern(r"\d{4}-\d{2}-\d{2}", "a")


def reason_and_until(document: Values, path: Path, hint: str) -> tuple[str, str]:
    """Return the reason in the table at `path`, and the first day on which it no longer counts (`2026-12-31`).

    Raises InputError with `hint` where one of them is missing.
    """
    reason = document.string((*path, "reason")) or ""
    until = document.get((*path, "until"), object)
    if not reason.strip():
        raise document.error(path, "has no reason", hint=hint)
    if until is None:
        raise document.error(path, "has no expiry date (until)", hint=hint)
    return reason, _day(document, (*path, "until"), until)


def _day(document: Values, path: Path, value: object) -> str:
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return datetime.date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise document.error(path, "is not a date", hint='use a date such as "2026-12-31"')
