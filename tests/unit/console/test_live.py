from __future__ import annotations

import io

from lockenv.console.live import Live, LogSurface, TerminalSurface
from lockenv.vocabulary.progress import BYTES


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Unfollowed(Live):
    """Draws when the test says so, and at no other time."""

    def _follow(self) -> None:
        pass


def terminal(width: int = 61) -> tuple[Unfollowed, Clock, io.StringIO]:
    stream, clock = io.StringIO(), Clock()
    return Unfollowed(TerminalSurface(stream, lambda: width, is_ascii=True), clock), clock, stream


def log() -> tuple[Unfollowed, Clock, list[str]]:
    lines: list[str] = []
    clock = Clock()
    return Unfollowed(LogSurface(lines.append), clock), clock, lines


def test_what_is_over_at_once_is_never_drawn() -> None:
    live, clock, stream = terminal()

    live.begin("resolving")
    clock.now += 0.15
    live.draw()
    live.end()

    assert stream.getvalue() == ""


def test_frame_is_drawn_over_the_last_and_taken_away() -> None:
    live, clock, stream = terminal(width=41)

    live.begin("unpacking", 12)
    live.advance(3, "a-long-name 1.0")
    clock.now += 1
    live.draw()
    live.advance(1, "b-name 1.0")
    live.draw()
    live.end()

    first, second = "| unpacking a-long-name 1.0  3/12  0:01", "/ unpacking b-name 1.0  4/12  0:01"
    padding = " " * (len(first) - len(second))
    assert stream.getvalue() == f"\r{first}\r{second}{padding}\r{' ' * len(second)}\r"


def test_outer_activity_goes_on_when_the_inner_is_over() -> None:
    live, clock, stream = terminal()

    live.begin("resolving", unit="rounds")
    live.advance(2)
    clock.now += 1
    live.begin("building a 1.0")
    live.draw()
    live.end()
    live.draw()

    assert [line.strip() for line in stream.getvalue().split("\r")[1:]] == [
        "| building a 1.0  0:00",
        "/ resolving  2 rounds  0:01",
    ]


def test_speed_is_that_of_the_last_seconds() -> None:
    live, clock, lines = log()

    live.begin("downloading", 100 << 20, BYTES)
    live.advance(50 << 20)
    for _ in range(40):
        clock.now += 1
        live.advance(1 << 20)
        live.draw()

    assert lines[-1] == "downloading: 90.0/100.0 MiB, 1.0 MiB/s, 0:40"


def test_log_gets_few_lines() -> None:
    live, clock, lines = log()

    live.begin("installing", 9)
    for _ in range(1500):
        clock.now += 0.1
        live.draw()

    assert lines == [f"installing: 0/9, {time}" for time in ("0:10", "0:20", "0:40", "1:20", "2:20")]


def test_line_of_others_is_written_where_nothing_is_drawn() -> None:
    live, clock, stream = terminal()

    live.begin("resolving")
    clock.now += 1
    live.draw()
    with live.aside():
        stream.write("note\n")

    assert stream.getvalue() == f"\r| resolving  0:01\r{'':17}\rnote\n"


def test_stopped_work_leaves_nothing() -> None:
    live, clock, stream = terminal()

    live.begin("resolving")
    live.begin("building")
    clock.now += 1
    live.draw()
    live.stop()
    live.end()

    assert stream.getvalue().endswith(f"\r{'':16}\r")
    assert live.draw() is False


def test_closed_terminal_stops_no_work() -> None:
    live, clock, stream = terminal()
    stream.close()

    live.begin("resolving")
    clock.now += 1

    assert live.draw() is True
