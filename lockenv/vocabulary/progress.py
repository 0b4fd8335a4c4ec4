"""How work reports on itself while it goes on, without knowing who listens."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final, Protocol
else:
    Protocol = object  # `typing` costs a quick command a tenth of its time

BYTES: Final = "bytes"
"""The unit of what is counted in bytes: shown in MiB, with its speed."""


class Progress(Protocol):
    """A listener; the console draws, a test records, `SILENT` forgets.

    An activity may begin within another, which goes on once it has ended.
    """

    def begin(self, activity: str, total: int | None = None, unit: str = "") -> None:
        """Report that `activity` (a short present participle phrase) starts.

        `total` is how much there is to do, if known; `unit` what is counted, in the plural, such as `BYTES`.
        """

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Report that `amount` more is done; `note` names the latest thing, and stays where it is empty."""

    def end(self) -> None:
        """Report that the activity that began last is over."""


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


def during(progress: Progress, activity: str, total: int | None = None, unit: str = "") -> _During:
    """Return a context in which `progress` follows one activity, which ends however the context is left."""
    return _During(progress, activity, total, unit)


class _During:
    __slots__ = ("_begun", "_progress")

    def __init__(self, progress: Progress, activity: str, total: int | None, unit: str) -> None:
        self._progress = progress
        self._begun = (activity, total, unit)

    def __enter__(self) -> Progress:
        self._progress.begin(*self._begun)
        return self._progress

    def __exit__(self, *_: object) -> None:
        self._progress.end()


class _Silent:
    def begin(self, activity: str, total: int | None = None, unit: str = "") -> None:
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
