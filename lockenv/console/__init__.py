"""The only writer to the terminal.

Duty: errors, notes, changes, progress and data, as text or JSON. In: values. Out: characters. Never: deciding anything.

Human text goes to standard error, data to standard output. Nothing here loads `rich` until something is drawn.
"""

from __future__ import annotations

import sys
from time import monotonic

from lockenv.console import terminal
from lockenv.console.terminal import answering, columns, wants_color, wants_drawing
from lockenv.errors import MachineError
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import json_text, line, printable, sentence
from lockenv.vocabulary.progress import SILENT

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TextIO

    from lockenv.console import live, named_paths, rich_tables, tables, wrapping
    from lockenv.console.live import Live
    from lockenv.console.tables import Figure
    from lockenv.console.terminal import Following
    from lockenv.errors import LockenvError, Place
    from lockenv.vocabulary.progress import Progress
else:
    live = late("lockenv.console.live")
    named_paths = late("lockenv.console.named_paths")
    rich_tables = late("lockenv.console.rich_tables")
    tables = late("lockenv.console.tables")
    wrapping = late("lockenv.console.wrapping")

_WIDEST = 500
"""Columns of a line of source that is shown where nothing limits lines, as in a log: one may have a megabyte."""
_STYLES = {"error": "1;31", "warning": "1;33", "add": "32", "remove": "31", "change": "33", "dim": "2", "bold": "1"}


class Console:
    """A terminal, a pipe or a log: `quiet` silences everything but errors and data."""

    def __init__(
        self,
        *,
        out: TextIO | None,
        err: TextIO | None,
        quiet: bool = False,
        color: bool = False,
        follows: Following = "nothing",
        width: Callable[[], int] = lambda: 0,
        is_ascii: bool = False,
        is_drawn: bool = False,
        is_colored: bool = False,
        answers: TextIO | None = None,
    ) -> None:
        """`answers` is where a person answers questions; None where no one is there to ask.

        `color` is for the human text; `is_drawn` and `is_colored` are for the trees and tables among the data.

        `follows`: how progress is shown. `width` returns the columns that human text has now; 0 for any. `is_ascii`:
        human text has no other characters.
        """
        self._out = out
        self._err = err
        self._quiet = quiet
        self._color = color
        self._follows = follows
        self._measured = width
        self._width = width()
        self._is_ascii = is_ascii
        self._live: Live | None = None
        self._is_drawn = is_drawn
        self._is_colored = is_colored
        self._answers = None if quiet else answers
        self._begun = monotonic()
        self.has_asked = False
        """Whether a person was asked a question."""
        self.says = not quiet
        """Whether sentences and changes are written."""
        self._names: dict[str, tuple[str, int]] = {}
        self._hidden = ""

    def name(self, path: str, name: str, shift: int = 0) -> None:
        """Write `name` wherever human text has `path`; a line of that file has a number that is higher by `shift`."""
        self._names[path] = name, shift

    def brief(self, hidden: str) -> Console:
        """Return this console without sentences, notes and changes, and without reasons that name the path `hidden`.

        Errors, warnings, answers and progress remain.
        """
        from copy import copy  # which no other command needs

        found = copy(self)
        found.says = False
        found._hidden = hidden
        return found

    def say(self, text: str, *more: str) -> None:
        """Write one sentence for a person, `more` of it on lines of their own."""
        if self.says:
            self._lines(visible(text), more)

    def note(self, text: str) -> None:
        """Report what a person should know, though nothing is wrong."""
        if self.says:
            self._line(f"{self._style('note', 'dim')}: {visible(text)}")

    def trace(self, text: str) -> None:
        """Report what the run does, with the seconds since it began."""
        if not self._quiet:
            seconds = f"{monotonic() - self._begun:7.3f}s"
            self._line(f"{self._style(seconds, 'dim')}  {visible(printable(text))}")

    def warn(self, text: str, *more: str) -> None:
        """Write what a person should look at, `more` of it on lines of their own."""
        if not self._quiet:
            self._lines(f"{self._style('warning', 'warning')}: {visible(text)}", more)

    def change(self, sign: str, text: str) -> None:
        """Report one change: `+` added, `-` removed, `~` changed, `!` that must not be overlooked."""
        if self.says:
            style = {"+": "add", "-": "remove", "!": "error"}.get(sign, "change")
            self._line(f"  {self._style(sign, style)} {visible(text)}")

    def answer_no(self, verdict: str, reasons: Iterable[tuple[str, Place | None]] = (), hint: str = "") -> None:
        """Print the answer "no" and its reasons, even when quiet."""
        self._end_progress()
        self._line(f"{self._style('no', 'error')}: {visible(verdict)}")
        for reason, origin in reasons:
            if self._is_hidden(reason):
                continue
            place = f" [{visible(str(origin))}]" if origin else ""
            self._line(f"  {visible(reason)}{self._style(place, 'dim')}")
        self._hint(hint)

    def error(self, error: LockenvError) -> None:
        """Report why there is no answer; printed even when quiet."""
        self._end_progress()
        rule = getattr(error, "rule", "")
        head = f"refused[{rule}]" if rule else "error"
        self._line(f"{self._style(head, 'error')}: {visible(_placed(error.message, error.origin))}")
        if error.origin:
            self._caret(error.origin)
        self._hint(error.hint)

    @property
    def can_ask(self) -> bool:
        """Whether a person is there who can answer a question."""
        return self._answers is not None

    def ask(self, question: str) -> bool:
        """Return whether a person says yes to `question`; no answer is a no."""
        if self._answers is None or self._err is None:
            return False
        self._end_progress()
        self.has_asked = True
        self._err.write(f"{visible(question)} [y/N] ")
        self._err.flush()
        return self._answers.readline().strip().lower() in ("y", "yes")

    def data(self, text: str) -> None:
        """Write data for a program: `text` as it is, in UTF-8. Raises MachineError when it cannot be written."""
        stream = self._open()
        buffer = None if stream.isatty() else getattr(stream, "buffer", None)
        if buffer is None:
            self._shown(text)
            return
        with _Writing():
            stream.flush()
            buffer.write(text.encode("utf-8", "backslashreplace"))
            stream.flush()

    def json(self, value: Mapping[str, object]) -> None:
        """Print data for a program, as JSON with sorted keys."""
        import json

        self.data(json_text(json.dumps(value, indent=2, sort_keys=True)) + "\n")

    def show(self, *figures: Figure) -> None:
        """Print trees and tables: drawn on a terminal that can show them, else as plain text. They are data."""
        if not self._is_drawn:
            self._shown(tables.plain(figures))
            return
        import shutil

        self._shown(rich_tables.drawn(figures, width=shutil.get_terminal_size().columns, color=self._is_colored))

    def progress(self) -> Progress:
        """Return who follows work: a line of a terminal that moves, or a line in a log now and then."""
        if self._live is None:
            if self._quiet or self._follows == "nothing" or self._err is None:
                return SILENT
            self._live = live.Live(
                live.TerminalSurface(self._err, self._measured, is_ascii=self._is_ascii)
                if self._follows == "terminal"
                else live.LogSurface(self._written)
            )
        return self._live

    def _open(self) -> TextIO:
        if self._out is None:
            raise MachineError("cannot write to standard output: it is closed")
        return self._out

    def _shown(self, text: str) -> None:
        """Write text for a person to standard output, in the encoding that it has."""
        stream = self._open()
        with _Writing():
            stream.write(_encodable(text, stream.encoding))
            stream.flush()

    def _end_progress(self) -> None:
        """Take away what is drawn: what was going on did not come to its end."""
        if self._live is not None:
            self._live.stop()

    def _hint(self, hint: str) -> None:
        if hint and not self._is_hidden(hint):
            self._line(f"  {self._style('hint', 'bold')}: {visible(hint)}")

    def _is_hidden(self, text: str) -> bool:
        return bool(self._hidden) and self._hidden in text

    def _caret(self, origin: Place) -> None:
        if not origin.source:
            return
        number = str(origin.line + self._names.get(origin.file, ("", 0))[1])
        source, before = visible(origin.source), visible(origin.source[: max(0, origin.column - 1)])
        room = (self._width or _WIDEST) - len(number) - len("   | ")
        if len(source) > room:
            source, before = wrapping.window(source, before, room)
        self._line(f"  {number} | {source}")
        if origin.column:
            self._line(f"  {' ' * len(number)} | {' ' * len(before)}{self._style('^', 'error')}")

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._color and text else text

    def _lines(self, first: str, more: Iterable[str]) -> None:
        for each in (first, *map(visible, more)):
            self._line(each)

    def _line(self, text: str) -> None:
        text = line(text)
        if self._names:
            text = named_paths.renamed(text, self._names)
        if self._width and len(text) > self._width:
            text = wrapping.wrapped(text, self._width)
        if self._live is None:
            self._written(text)
            return
        with self._live.aside():
            self._written(text)

    def _written(self, text: str) -> None:
        # Where no one reads, or nothing more can be written, the exit code still says how it ended.
        if self._err is None:
            return
        try:
            self._err.write(_encodable(text, "ascii" if self._is_ascii else self._err.encoding) + "\n")
            self._err.flush()
        except OSError:
            return


class _Writing:
    """Raises MachineError for what keeps a block from writing to standard output; a closed pipe is for the program."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise MachineError(f"cannot write to standard output: {error.strerror}") from error


def _encodable(text: str, encoding: str | None) -> str:
    """Return `text` as `encoding`, UTF-8 for None, can encode it: what it cannot becomes an escape."""
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.replace("→", "->").replace("…", "...")
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _placed(message: str, origin: Place | None) -> str:
    """Return `message` with its place, of which nothing is there twice: neither the key nor the file."""
    if origin is None:
        return message
    place = str(origin)
    if message.startswith(f"{origin.file} "):
        return place + message.removeprefix(origin.file)
    if origin.key and message.startswith(origin.key):
        place = place.removesuffix(f" ({origin.key})")
    return f"{place}: {message}"


def visible(text: str) -> str:
    """Return `text` for a person to read: on one line, but for what a build printed."""
    return sentence(text)


def standard(environ: Mapping[str, str], *, quiet: bool, color: str = "auto", follows: bool = True) -> Console:
    """Return the console of this process; `follows` says whether it shows progress."""
    terminal.enable_escapes(sys.stdout, sys.stderr)
    return Console(
        out=sys.stdout,
        err=sys.stderr,
        quiet=quiet,
        color=wants_color(environ, sys.stderr, color),
        follows=terminal.following(environ, sys.stderr) if follows else "nothing",
        width=lambda: columns(environ, sys.stderr),
        is_ascii=not terminal.takes_unicode(environ, sys.stderr),
        is_drawn=sys.stdout is not None and wants_drawing(environ, sys.stdout),
        is_colored=sys.stdout is not None and wants_color(environ, sys.stdout, color),
        answers=answering(environ, sys.stdin, sys.stderr),
    )
