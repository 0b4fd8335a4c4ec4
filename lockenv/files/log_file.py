"""A file that a run writes what it does to, line by line, for whoever looks for a fault later.

In: sentences without credentials. Out: lines, each with the time since the run began. Never: a buffer that a killed run
would lose.
"""

from __future__ import annotations

import os
import time

from lockenv.errors import MachineError
from lockenv.vocabulary.printable import printable

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class LogFile:
    """An open log. Safe to write to from several threads."""

    __slots__ = ("_begun", "_descriptor", "_path")

    def __init__(self, path: str) -> None:
        """Open the file at `path` for this user alone, in place of what was in it. Raises MachineError."""
        self._path = path
        self._begun = time.monotonic()
        try:
            self._descriptor = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            raise self._refused(error) from error

    def write(self, text: str) -> None:
        """Write a line: the milliseconds since the log was opened, and `text`. Raises MachineError."""
        line = f"{(time.monotonic() - self._begun) * 1000:9.1f} ms  {printable(text)}\n"
        try:
            os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> MachineError:
        return MachineError(
            f"cannot write the log {self._path}: {error.strerror or error}", hint="choose another file with --log"
        )
