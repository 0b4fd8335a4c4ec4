"""A progress bar, drawn by `rich`; loaded only when there is a terminal to draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from rich.progress import TaskID


class Bar:
    """One line per activity; it disappears when the activity ends. Satisfies `vocabulary.progress.Progress`."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._console = Console(file=stream, no_color=not color)
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, activity: str, total: int | None = None) -> None:
        """Draw a bar, or a spinner when `total` is unknown."""
        self.end()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}", style="dim"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._progress.start()
        self._task = self._progress.add_task(activity, total=total, note="")

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Move the bar."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=amount, note=note)

    def hide(self) -> None:
        """Take the bar away for a moment, so that a line can be written where it was."""
        if self._progress is not None:
            self._progress.stop()

    def show(self) -> None:
        """Draw again what `hide` took away."""
        if self._progress is not None:
            self._progress.start()

    def end(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None
