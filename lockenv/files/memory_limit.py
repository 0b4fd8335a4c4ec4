"""What to do where memory is short: a limit on this process is another matter than a full machine.

In: the limits that the system sets this process. Out: numbers, the text of a hint. Never: another limit.
"""

from __future__ import annotations

import sys

from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import sized

TYPE_CHECKING = False

if TYPE_CHECKING:
    import resource
else:
    resource = late("resource")

_PROGRAM = 150 << 20
"""Bytes of addresses that the program itself takes, about."""
_THREAD = 140 << 20
"""What a thread may take: its stack, and what the C library of Linux sets aside for it to begin with (128 MiB)."""


def threads() -> int:
    """Return how many threads the memory of this process is enough for, perhaps 0; `sys.maxsize` without a limit."""
    limit = _limit()
    return sys.maxsize if limit is None else max(0, (limit - _PROGRAM) // _THREAD)


def hint(otherwise: str) -> str:
    """Return how the limit on the memory of this process is raised, where it has one; else `otherwise`."""
    limit = _limit()
    if limit is None:
        return otherwise
    return f"this process may use {sized(limit)} of memory: raise that limit (`ulimit -v`), and run the command again"


def _limit() -> int | None:
    """Return how many bytes of addresses this process may have; None for no limit, and where that is not known."""
    try:
        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    except (ImportError, AttributeError, OSError, ValueError):
        return None  # such as Windows
    return None if limit in (resource.RLIM_INFINITY, -1) else limit
