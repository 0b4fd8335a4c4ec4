"""What a run reports of its work to whoever looks for a fault: its steps, and every detail of them.

In: sentences without credentials. Out: the same, to those who want to know so much. Never: what a user must see.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Write = Callable[[str], None]


class RunLog:
    """Who hears of the steps of a run, and of its details. Safe to report to from several threads."""

    __slots__ = ("_details", "_received", "_reused", "_steps")

    def __init__(self, steps: Sequence[Write], details: Sequence[Write]) -> None:
        """Each of `steps` and of `details` writes one sentence."""
        self._steps = steps
        self._details = details
        # A list grows by whole elements, whichever thread adds one.
        self._received: list[int] = []
        self._reused: list[None] = []

    def step(self, text: str) -> None:
        """Report a step: what was chosen, found, built, and why."""
        for write in self._steps:
            write(text)

    def detail(self, text: str) -> None:
        """Report a detail: a request, an answer of the cache, a decision of the search."""
        for write in self._details:
            write(text)

    def received(self, size: int) -> None:
        """Count a request that was answered with `size` bytes."""
        self._received.append(size)

    def reused(self) -> None:
        """Count an answer of the cache."""
        self._reused.append(None)

    @property
    def traffic(self) -> str:
        """What was asked of servers and of the cache until now, a clause; empty for nothing."""
        requests, reused = len(self._received), len(self._reused)
        parts = [f"{requests} request{'s' if requests > 1 else ''}, {sum(self._received)} bytes"] if requests else []
        parts += [f"{reused} answer{'s' if reused > 1 else ''} from the cache"] if reused else []
        return ", ".join(parts)
