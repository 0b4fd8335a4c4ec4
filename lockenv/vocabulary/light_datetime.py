"""Dates and times of the standard library, without the module that has them written in Python as well.

Pure. Before Python 3.12, `datetime` defines all of them before it takes those that are written in C: 1 ms.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from datetime import UTC, date, datetime, time, timedelta
else:
    try:
        from _datetime import date, datetime, time, timedelta, timezone
    except ImportError:
        from datetime import date, datetime, time, timedelta, timezone
    UTC = timezone.utc  # noqa: UP017  # its module has no other name for it

__all__ = ("UTC", "date", "datetime", "time", "timedelta")
