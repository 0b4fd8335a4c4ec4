from __future__ import annotations

import pytest

from lockenv.console.frame import Activity, frame, log_line
from lockenv.console.wrapping import cells
from lockenv.vocabulary.progress import BYTES

MIB = 1 << 20
DOWNLOAD = Activity(
    name="downloading",
    done=34 * MIB + MIB // 10,
    total=96 * MIB,
    unit=BYTES,
    note="torch 2.4.0",
    seconds=7.4,
    speed=8.3 * MIB,
)
RESOLUTION = Activity(
    name="resolving", done=57, total=None, unit="rounds", note="34 packages: botocore 1.34.0", seconds=65
)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (20, "⠋ downloading  34.1…"),
        (30, "⠋ downloading  34.1/96.0 MiB"),
        (49, "⠋ downloading torch 2.…  34.1/96.0 MiB  8.3 MiB/s"),
        (60, "⠋ downloading torch 2.4.0  34.1/96.0 MiB  8.3 MiB/s  0:07"),
        (79, "⠋ downloading torch 2.4.0  ███████·············  34.1/96.0 MiB  8.3 MiB/s  0:07"),
        (
            120,
            "⠋ downloading torch 2.4.0  ██████████▋···················  34.1/96.0 MiB  8.3 MiB/s  0:07",
        ),
    ],
)
def test_line_shows_what_there_is_room_for(width: int, line: str) -> None:
    assert frame(DOWNLOAD, width, 0) == line


def test_resolution_shows_packages_and_rounds() -> None:
    assert frame(RESOLUTION, 79, 3) == "⠸ resolving 34 packages: botocore 1.34.0  57 rounds  1:05"


def test_ascii_line_has_no_other_character() -> None:
    line = frame(DOWNLOAD, 79, 1, is_ascii=True)

    assert line == "/ downloading torch 2.4.0  [######............]  34.1/96.0 MiB  8.3 MiB/s  0:07"


@pytest.mark.parametrize("activity", [DOWNLOAD, RESOLUTION], ids=lambda one: one.name)
@pytest.mark.parametrize("is_ascii", [False, True])
def test_no_line_is_wider_than_the_terminal(activity: Activity, is_ascii: bool) -> None:
    widths = range(8, 210)

    lines = [frame(activity, width, 0, is_ascii=is_ascii) for width in widths]

    assert [width for width, line in zip(widths, lines, strict=True) if cells(line) > width] == []


def test_each_frame_differs_while_nothing_comes() -> None:
    assert len({frame(DOWNLOAD, 79, tick) for tick in range(10)}) == 10


def test_more_than_the_total_fills_the_bar() -> None:
    line = frame(Activity(name="unpacking", done=7, total=5, unit="", note="", seconds=0), 40, 0)

    assert line == f"⠋ unpacking  {'█' * 16}  7/5  0:00"


def test_control_characters_of_a_name_do_not_reach_the_terminal() -> None:
    line = frame(Activity(name="x", done=0, total=None, unit="", note="a\x1b[2Jb\nc", seconds=0), 79, 0)

    assert line == r"⠋ x a\x1b[2Jb\nc  0:00"


def test_log_gets_a_sentence() -> None:
    assert [log_line(DOWNLOAD), log_line(RESOLUTION)] == [
        "downloading torch 2.4.0: 34.1/96.0 MiB, 8.3 MiB/s, 0:07",
        "resolving 34 packages: botocore 1.34.0: 57 rounds, 1:05",
    ]
