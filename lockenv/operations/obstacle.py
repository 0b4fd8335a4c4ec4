"""What keeps `lock` or `sync` from working here: a sentence and the command that helps. A value."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockenv.errors import LockenvError
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One thing that keeps `lock` or `sync` from working."""

    message: str
    """A sentence, as an error says it."""
    hint: str = ""
    """What to do about it; empty when the message says it."""
    place: str = ""
    """The file, and the line in it, that it is about; empty for none."""


def obstacle_of(error: LockenvError) -> Obstacle:
    """Return `error` as an obstacle."""
    return Obstacle(message=error.message, hint=error.hint, place=str(error.origin) if error.origin else "")


def answered(ask: Callable[[], T], obstacles: list[Obstacle]) -> T | None:
    """Return what `ask` returns; None where it raises a LockenvError, which is added to `obstacles` if it is new."""
    try:
        return ask()
    except LockenvError as error:
        found = obstacle_of(error)
        if found not in obstacles:
            obstacles.append(found)
        return None
