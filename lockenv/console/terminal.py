"""Find out what the standard streams are: how wide, whether colored, whether a person sees them.

In: the process environment, streams. Out: plain answers. Never: writing anything.
"""

from __future__ import annotations

from lockenv.vocabulary import system
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, TextIO

    from lockenv.files import windows_api

    Following = Literal["terminal", "log", "nothing"]
    """How progress is shown: in one line that moves, in lines that stay, or not at all."""
else:
    windows_api = late("lockenv.files.windows_api")


def wants_color(environ: Mapping[str, str], stream: TextIO | None, choice: str = "auto") -> bool:
    """Return whether to color what goes to `stream`.

    A `choice` of `always` or `never` wins, then `NO_COLOR`, then `FORCE_COLOR`, then whether `stream` is a capable
    terminal.
    """
    if stream is None:
        return False
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb" and takes_escapes(stream)


def wants_drawing(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Return whether trees and tables are drawn: on a terminal that is not dumb and takes more than ASCII."""
    if not stream.isatty() or environ.get("TERM") == "dumb":
        return False
    return takes_unicode(environ, stream)


def columns(environ: Mapping[str, str], stream: TextIO | None) -> int:
    """Return how wide the terminal `stream` is: what COLUMNS says, else what the terminal does; 0 for no terminal."""
    if stream is None or not stream.isatty():
        return 0
    stated = environ.get("COLUMNS", "")
    if stated.isascii() and stated.isdigit() and int(stated):
        return int(stated)
    import os

    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 0


def answering(environ: Mapping[str, str], stdin: TextIO | None, stderr: TextIO | None) -> TextIO | None:
    """Return `stdin` where a person sees questions on `stderr` and can answer them; None elsewhere, and in CI."""
    if environ.get("CI") or stdin is None or stderr is None:
        return None
    return stdin if stdin.isatty() and stderr.isatty() else None


def following(environ: Mapping[str, str], stream: TextIO | None) -> Following:
    """Return how progress is shown on `stream`: a log, or a terminal that cannot go back, gets lines that stay."""
    if stream is None:
        return "nothing"
    return "terminal" if stream.isatty() and environ.get("TERM") != "dumb" and not environ.get("CI") else "log"


def takes_unicode(environ: Mapping[str, str], stream: TextIO | None) -> bool:
    """Return whether `stream` shows more than ASCII: it is in UTF-8, and the locale is not `C`.

    Python writes UTF-8 in the locale `C` as well (PEP 540), whatever the terminal shows.
    """
    if stream is None:
        return False
    # POSIX, Base Definitions 8.2: the first of these that is set and not empty decides.
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    return locale not in ("C", "POSIX") and (stream.encoding or "").lower().replace("-", "").startswith("utf")


def enable_escapes(*streams: TextIO | None) -> None:
    """Have the Windows console obey escapes on `streams`, where it can."""
    if system.is_windows:
        for stream in streams:
            if stream is not None and stream.isatty():
                windows_api.obeys_escapes(stream, enable=True)


def takes_escapes(stream: TextIO) -> bool:
    """Return whether the terminal `stream` obeys escapes, which old Windows consoles do not."""
    return not system.is_windows or windows_api.obeys_escapes(stream)
