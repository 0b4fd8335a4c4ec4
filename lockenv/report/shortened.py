"""Shorten lists for people, so that a message fits on a screen and says how much it leaves out.

Pure: items and lines go in, fewer come out. Programs get the whole lists with --json.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from typing import Final, TypeVar

    T = TypeVar("T")

MOST_LINES: Final = 20
"""Lines of one list; one more is shown rather than counted."""


def first_of_each(items: Iterable[T], kind: Callable[[T], Hashable], most: int) -> list[tuple[T, int]]:
    """Return the first `most` items of each kind, each with how many items of its kind are left out after it.

    The kinds are in the order of their first items.
    """
    kinds: dict[Hashable, list[T]] = {}
    for item in items:
        kinds.setdefault(kind(item), []).append(item)
    return [
        (item, len(some) - most if position == most - 1 and len(some) > most else 0)
        for some in kinds.values()
        for position, item in enumerate(some[:most])
    ]


def cut(lines: Sequence[tuple[str, T | None]], command: str) -> list[tuple[str, T | None]]:
    """Return at most `MOST_LINES` of `lines`, and a line that counts the rest and names `command`, which lists all."""
    if len(lines) <= MOST_LINES + 1:
        return list(lines)
    return [*lines[:MOST_LINES], (f"... and {len(lines) - MOST_LINES} more; `{command}` lists all", None)]
