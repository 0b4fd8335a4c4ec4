"""How long servers usually take to answer, and so when a request is worth sending a second time.

In: the seconds that answers took to begin. Out: the seconds after which an answer is late. Never: a clock.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque

_MANY_TIMES = 8
"""An answer that takes so many times as long as most is late: one in a thousand, where servers are well."""
_KNOWN = 32
"""Answers that are remembered."""
_ENOUGH = 4
"""Answers that say what is usual."""
_FREE = 4
_SHARE = 10
"""One request in so many may be sent again, and a few more: a server that is slow with everything gets little more."""


class UsualWait:
    """What is known of one run. Safe to use from several threads."""

    def __init__(self, least: float) -> None:
        """No answer is late before `least` seconds are over, or three times as many while nothing is known."""
        self._least = least
        self._seconds: deque[float] = deque(maxlen=_KNOWN)
        self._lock = allocate_lock()
        self._answers = 0
        self._repeated = 0

    def took(self, seconds: float) -> None:
        """Note that an answer took `seconds` to begin."""
        with self._lock:
            self._seconds.append(seconds)
            self._answers += 1

    def limit(self) -> float:
        """Return the seconds after which an answer is late."""
        if self._answers < _ENOUGH:
            return 3 * self._least
        with self._lock:
            return max(self._least, _MANY_TIMES * sorted(self._seconds)[len(self._seconds) // 2])

    def may_repeat(self) -> bool:
        """Return whether one more request may be sent again, and count it."""
        with self._lock:
            if self._repeated >= _FREE + self._answers // _SHARE:
                return False
            self._repeated += 1
            return True
