"""How long work tells of itself, without knowing who listens."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object  # `typing` costs a quick command a tenth of its time


class Progress(Protocol):
    """A listener; the console draws, a test records, `SILENT` forgets. Called from the main thread only."""

    def begin(self, activity: str, total: int | None = None) -> None:
        """Say that `activity` (a short present participle phrase) starts; `total` in its own units, if known."""

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Say that `amount` more is done; `note` names the latest thing."""

    def end(self) -> None:
        """Say that the activity is over."""


class _Silent:
    def begin(self, activity: str, total: int | None = None) -> None:
        pass

    def advance(self, amount: int = 1, note: str = "") -> None:
        pass

    def end(self) -> None:
        pass


SILENT: Progress = _Silent()
