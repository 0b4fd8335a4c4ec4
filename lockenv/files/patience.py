"""Repeat what another program disturbs for a moment, on Windows.

In: a call to the system. Out: its result, or what it raised when the patience was at its end. There a file that a virus
scanner or an indexer reads can be neither replaced nor removed; elsewhere no program has that effect, and nothing is
repeated.
"""

from __future__ import annotations

import time

from lockenv.vocabulary import system

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    _P = ParamSpec("_P")
    _T = TypeVar("_T")

_HELD = frozenset({5, 32, 33})
"""ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION, of the Windows API."""
_PAUSES = (0.01, 0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.5, 0.5)
"""Seconds between the tries: two altogether."""


def patiently(call: Callable[_P, _T], *args: _P.args, **keywords: _P.kwargs) -> _T:
    """Return what `call` returns, tried again for two seconds while another program holds the file on Windows."""
    for pause in _PAUSES if system.is_windows else ():
        try:
            return call(*args, **keywords)
        except OSError as error:
            if not is_held(error):
                raise
        time.sleep(pause)
    return call(*args, **keywords)


def is_held(error: OSError) -> bool:
    """Return whether Windows refused something because of who uses the file, or may use it."""
    return system.is_windows and getattr(error, "winerror", None) in _HELD
