"""Report each change once where a command locks and then syncs, or below a name where it syncs several environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockenv.console import Console
    from lockenv.vocabulary.progress import Progress

    Reported = Collection[tuple[str, str]]
    """The sign and the text of changes that were reported."""


class NewChangesOnly:
    """A console that is not given what was `reported` already, each a sign and a text; a `Listener`."""

    def __init__(self, console: Console, reported: Reported) -> None:
        self._console = console
        self._reported = reported

    def say(self, text: str, *more: str) -> None:
        """Report what was done."""
        self._console.say(text, *more)

    def note(self, text: str) -> None:
        """Report what a person should know."""
        self._console.note(text)

    def warn(self, text: str, *more: str) -> None:
        """Report what a person should look at."""
        self._console.warn(text, *more)

    def change(self, sign: str, text: str) -> None:
        """Report one change, unless it was reported."""
        if (sign, text) not in self._reported:
            self._console.change(sign, text)

    def progress(self) -> Progress:
        """Return who follows work of some length."""
        return self._console.progress()


class EnvironmentChanges(NewChangesOnly):
    """A console that writes `heading` above the first change, unless a sentence has named it before."""

    def __init__(self, console: Console, heading: str) -> None:
        super().__init__(console, ())
        self._heading = heading

    def say(self, text: str, *more: str) -> None:
        """Report what was done."""
        if self._heading.removesuffix(":") in text.split():
            self._heading = ""
        super().say(text, *more)

    def change(self, sign: str, text: str) -> None:
        """Report one change."""
        if self._heading:
            self._console.say(self._heading)
            self._heading = ""
        super().change(sign, text)
