"""The line that shows what goes on: an activity, how far it is, how fast, for how long.

Pure: an Activity and a width go in, a line that is no wider comes out. Never: a clock, a terminal, an escape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.console.wrapping import cells
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.printable import printable, sized
from lockenv.vocabulary.progress import BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_SPINNER_ASCII: Final = "|/-\\"
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_SHORTEST_BAR: Final = 8
_LONGEST_BAR: Final = 30
_SHORTEST_NOTE: Final = 6
"""Columns: of a name cut shorter than this, no one recognises the package."""
_SEPARATOR: Final = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What goes on at one moment."""

    name: str
    """A present participle phrase."""
    done: int
    total: int | None
    unit: str
    """What is counted, in the plural; empty where the count says nothing."""
    note: str
    """The latest thing; may be empty."""
    seconds: float
    """Since it began."""
    speed: float | None = None
    """Bytes a second; None where nothing was measured yet."""


def frame(activity: Activity, width: int, tick: int, *, is_ascii: bool = False) -> str:
    """Return one line of at most `width` columns; `tick` counts the frames, and turns the spinner.

    Where there is no room for everything, the bar goes first, then the time, the end of the name, and the speed.
    """
    spinner = _SPINNER_ASCII if is_ascii else _SPINNER
    head = f"{spinner[tick % len(spinner)]} {activity.name}"
    count, speed, time = _count(activity), _speed(activity), _time(activity.seconds)
    note = printable(activity.note)
    if is_ascii:
        note = note.encode("ascii", "backslashreplace").decode()
    for tail in ([count, speed, time], [count, speed], [count]):
        parts = [part for part in tail if part]
        room = width - cells(_joined([head, *parts])) - 1
        if room >= min(cells(note), _SHORTEST_NOTE) - (not note):
            break
    else:
        note = ""
    shown = f"{head} {_cut(note, room, is_ascii=is_ascii)}".rstrip()
    room = width - cells(_joined([shown, *parts])) - len(_SEPARATOR)
    if activity.total and room >= _SHORTEST_BAR:
        parts.insert(0, _bar(activity.done / activity.total, min(room, _LONGEST_BAR), is_ascii=is_ascii))
    return _cut(_joined([shown, *parts]), width, is_ascii=is_ascii)


def log_line(activity: Activity) -> str:
    """Return a line for a log, which shows the activity once in a while."""
    note = f" {printable(activity.note)}" if activity.note else ""
    parts = filter(None, (_count(activity), _speed(activity), _time(activity.seconds)))
    return f"{activity.name}{note}: {', '.join(parts)}"


def _joined(parts: Sequence[str]) -> str:
    return _SEPARATOR.join(parts)


def _count(activity: Activity) -> str:
    """Return how much is done, of how much."""
    done, total, unit = activity.done, activity.total, activity.unit
    if unit != BYTES:
        return f"{done}/{total}" if total is not None else f"{done} {unit}" if unit and done else ""
    if total is None:
        return sized(done)
    amount, measure = sized(total).split(" ")
    scale = {"bytes": 0, "KiB": 10, "MiB": 20, "GiB": 30}[measure]
    return f"{done / (1 << scale):.{1 if scale else 0}f}/{amount} {measure}"


def _speed(activity: Activity) -> str:
    return "" if activity.speed is None or activity.unit != BYTES else f"{sized(max(0, int(activity.speed)))}/s"


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def _bar(fraction: float, width: int, *, is_ascii: bool) -> str:
    """Return a bar of `width` columns, as full as `fraction` says, in steps of an eighth of a column where it can."""
    fraction = min(max(fraction, 0.0), 1.0)
    if is_ascii:
        full = int(fraction * (width - 2))
        return f"[{'#' * full}{'.' * (width - 2 - full)}]"
    full, eighths = divmod(int(fraction * width * 8), 8)
    tail = _EIGHTHS[eighths] if eighths else ""
    # The empty part is dotted, so that its end is seen where nothing is colored.
    return f"{'█' * full}{tail}{'·' * (width - full - len(tail))}"


def _cut(text: str, width: int, *, is_ascii: bool) -> str:
    """Return `text`, its end left out where it takes more than `width` columns."""
    if cells(text) <= width:
        return text
    mark = "..." if is_ascii else "…"
    while text and cells(text) + len(mark) > width:
        text = text[:-1]
    return f"{text.rstrip()}{mark}" if width > len(mark) else ""
