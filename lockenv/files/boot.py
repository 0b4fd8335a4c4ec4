"""Identify the run of the system that this process belongs to.

What one process wrote, another reads back as long as the system runs; what was not flushed may be gone once it was
started again. In: nothing. Out: a word for this run of the system, to be compared with one that was noted before.
"""

from __future__ import annotations

import os
import time

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_LONGEST = 64
_MOMENT = "~"
"""Begins a word that is the time of the start, for want of an identifier."""
_TOLERANCE = 5
"""Seconds by which two computations of one start may differ, because clocks are set meanwhile."""

_read: list[str] = []


def current() -> str:
    """Return the word for this run of the system; it has no white space.

    It is the kernel's identifier where there is one (random(4): "generated once" at boot), else the moment of the
    start: the wall clock less the time since.
    """
    if os.environ.get("LOCKENV_TEST") == "1" and (word := os.environ.get("LOCKENV_TEST_BOOT")):
        return word
    return _identifier() or f"{_MOMENT}{time.time() - _since_start():.0f}"


def _identifier() -> str:
    """Return the kernel's identifier of this run of the system, which is read once; empty where it has none."""
    if not _read:
        _read.append(_content())
    return _read[0]


def _content() -> str:
    try:
        descriptor = os.open(_BOOT_ID, os.O_RDONLY)
        try:
            return os.read(descriptor, _LONGEST).decode("ascii", "replace").strip()
        finally:
            os.close(descriptor)
    except OSError:
        return ""


def is_current(word: str) -> bool:
    """Return whether `word`, which was noted before, is of this run of the system."""
    now = current()
    if word == now:
        return True
    if not (word.startswith(_MOMENT) and now.startswith(_MOMENT)):
        return False
    try:
        return abs(float(word[1:]) - float(now[1:])) <= _TOLERANCE
    except ValueError:
        return False


def _since_start() -> float:
    """Return the seconds since the system was started; where the system counts them, with those it slept."""
    # CLOCK_BOOTTIME is of Linux; on macOS, CLOCK_MONOTONIC_RAW goes on while the machine sleeps.
    clock = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC_RAW", None))
    return time.monotonic() if clock is None else time.clock_gettime(clock)
