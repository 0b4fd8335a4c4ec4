"""How work reports on itself while it goes on, without knowing who listens."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object  # `typing` costs a quick command a tenth of its time


class Progress(Protocol):
    """A listener; the console draws, a test records, `SILENT` forgets. Called from the main thread only."""

    def begin(self, activity: str, total: int | None = None) -> None:
        """Report that `activity` (a short present participle phrase) starts; `total` in its own units, if known."""

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Report that `amount` more is done; `note` names the latest thing."""

    def end(self) -> None:
        """Report that the activity is over."""


class Listener(Protocol):
    """Who hears what an operation does while it goes on: the console, a notebook, a test. Text is one sentence."""

    def say(self, text: str, *more: str) -> None:
        """Hear what was done; `more` of it line by line."""

    def note(self, text: str) -> None:
        """Hear what a person should know, though nothing is wrong."""

    def warn(self, text: str, *more: str) -> None:
        """Hear what a person should look at; `more` of it line by line."""

    def change(self, sign: str, text: str) -> None:
        """Hear one change: `+` added, `-` removed, `~` changed, `!` that must not be overlooked."""

    def progress(self) -> Progress:
        """Return who follows work of some length."""


class _Silent:
    def begin(self, activity: str, total: int | None = None) -> None:
        pass

    def advance(self, amount: int = 1, note: str = "") -> None:
        pass

    def end(self) -> None:
        pass


SILENT: Progress = _Silent()


class _NoOne:
    def say(self, text: str, *more: str) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def warn(self, text: str, *more: str) -> None:
        pass

    def change(self, sign: str, text: str) -> None:
        pass

    def progress(self) -> Progress:
        return SILENT


SILENT_LISTENER: Listener = _NoOne()
"""Hears everything and forgets it: for callers that read the answer alone."""
