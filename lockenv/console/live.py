"""Follow what goes on, and show it again and again while it lasts.

In: beginnings, advances and ends of activities. Out: on a terminal one line that is drawn in place and taken away
again, elsewhere a line now and then. A thread of its own draws, so that the line moves while nothing else does; it
starts with an activity and ends with it. Nothing is shown of what is over at once.
"""

from __future__ import annotations

# Not from `threading`, which a warm cache need not load: see fetch/parallel.py.
from _thread import allocate_lock, start_new_thread
from time import monotonic

from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import contextmanager, suppress
from lockenv.vocabulary.progress import BYTES

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final, Protocol, TextIO

    from lockenv.console import frame as console_frame
    from lockenv.console import wrapping
    from lockenv.console.frame import Activity

    class Surface(Protocol):
        """Where activities are shown."""

        def show(self, activity: Activity) -> None:
            """Show `activity` as it is now. Raises OSError where that cannot be written."""

        def clear(self) -> None:
            """Take away what is shown. Raises OSError where that cannot be written."""
else:
    console_frame = late("lockenv.console.frame")
    wrapping = late("lockenv.console.wrapping")


_PATIENCE: Final = 0.2
"""Seconds that an activity may last unseen."""
_TICK: Final = 0.1
"""Seconds between two frames."""
_WINDOW: Final = 30
"""Frames over which a speed is measured: three seconds."""
_FIRST_LINE: Final = 10.0
"""Seconds before a log gets its first line; the next comes after twice the time, at most a minute later."""


class TerminalSurface:
    """One line of a terminal, which needs no more of it than the carriage return."""

    def __init__(self, stream: TextIO, width: Callable[[], int], *, is_ascii: bool) -> None:
        self._stream = stream
        self._width = width
        self._is_ascii = is_ascii
        self._drawn = 0
        self._tick = 0

    def show(self, activity: Activity) -> None:
        """Draw the next frame over the last one."""
        # The last column stays free: some terminals break the line once it is filled.
        width = (self._width() or 80) - 1
        text = console_frame.frame(activity, width, self._tick, is_ascii=self._is_ascii)
        size = wrapping.cells(text)
        self._stream.write(f"\r{text}{' ' * (min(self._drawn, width) - size)}")
        self._stream.flush()
        self._drawn, self._tick = size, self._tick + 1

    def clear(self) -> None:
        """Leave the line empty, and begin at its first column."""
        if self._drawn:
            self._stream.write(f"\r{' ' * self._drawn}\r")
            self._stream.flush()
            self._drawn = 0


class LogSurface:
    """Lines that stay: for a pipe, a log, a terminal that cannot go back."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._due = _FIRST_LINE
        self._name = ""

    def show(self, activity: Activity) -> None:
        """Write a line where one is due."""
        if activity.name != self._name:
            self._name, self._due = activity.name, _FIRST_LINE
        if activity.seconds >= self._due:
            self._write(console_frame.log_line(activity))
            self._due += min(self._due, 60.0)

    def clear(self) -> None:
        """Do nothing: what is written stays."""


class Live:
    """Shows the activity that began last; satisfies `vocabulary.progress.Progress`."""

    def __init__(self, surface: Surface, clock: Callable[[], float] = monotonic) -> None:
        self._surface = surface
        self._clock = clock
        self._running: list[_Running] = []
        self._drawing = allocate_lock()
        self._is_followed = False
        self._since = 0.0

    def begin(self, activity: str, total: int | None = None, unit: str = "") -> None:
        """Follow `activity`; the one that went on before is shown again once it is over."""
        now = self._clock()
        with self._drawing:
            if not self._running:
                self._since = now
            self._running.append(_Running(activity, total, unit, now))
            is_followed, self._is_followed = self._is_followed, True
        if not is_followed:
            # Where the system allows no more threads, the work goes on unseen.
            with suppress(RuntimeError):
                start_new_thread(self._follow, ())

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Count `amount` more."""
        if self._running:
            one = self._running[-1]
            one.done += amount
            one.note = note or one.note

    def end(self) -> None:
        """Take the activity away."""
        with self._drawing:
            if self._running:
                self._running.pop()
            if not self._running:
                self._clear()

    def stop(self) -> None:
        """Take everything away: what was going on did not come to its end."""
        with self._drawing:
            self._running.clear()
            self._clear()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away for a moment, so that others can be written where it was."""
        with self._drawing:
            self._clear()
            yield

    def draw(self) -> bool:
        """Show what goes on now; return whether anything does."""
        with self._drawing:
            now = self._clock()
            if not self._running:
                self._is_followed = False
            elif now - self._since >= _PATIENCE:
                with suppress(OSError, ValueError):  # a closed terminal keeps no one from working
                    self._surface.show(self._running[-1].seen(now))
            return self._is_followed

    def _clear(self) -> None:
        with suppress(OSError, ValueError):
            self._surface.clear()

    def _follow(self) -> None:
        pause = allocate_lock()
        pause.acquire()
        while self.draw():
            pause.acquire(timeout=_TICK)


class _Running:
    """An activity that has begun."""

    __slots__ = ("_begun", "_name", "_samples", "_total", "_unit", "done", "note")

    def __init__(self, name: str, total: int | None, unit: str, begun: float) -> None:
        self._name = name
        self._total = total
        self._unit = unit
        self._begun = begun
        self._samples = [(begun, 0)]
        self.done = 0
        self.note = ""

    def seen(self, now: float) -> Activity:
        """Return how it is `now`; each look is a sample of its speed."""
        then, before = self._samples[0]
        done = self.done
        self._samples = [*self._samples[1 - _WINDOW :], (now, done)]
        return console_frame.Activity(
            name=self._name,
            done=done,
            total=self._total,
            unit=self._unit,
            note=self.note,
            seconds=now - self._begun,
            speed=(done - before) / (now - then) if self._unit == BYTES and now > then else None,
        )
