"""The socket under both transports: what comes through it is counted, and paid from the budget of the answer.

In: a connected socket. Out: the same, as HTTP clients use it. Never: connecting, or knowing what an answer means.
"""

from __future__ import annotations

import io
import math
import socket
import time
from typing import TYPE_CHECKING, Any, cast

from lockenv.fetch.budget import Budget
from lockenv.fetch.transport import too_slow

if TYPE_CHECKING:
    from lockenv.fetch.settings import FetchSettings


class WatchedSocket:
    """A socket each of whose answers has a budget."""

    def __init__(self, sock: socket.socket, settings: FetchSettings) -> None:
        self._sock = sock
        self._settings = settings
        self.budget = Budget(settings)
        """Of the answer that is being read."""
        self._stream_of_answer: io.BufferedReader | None = None
        self._next: io.BufferedReader | None = None
        """The stream of an answer that was waited for."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def sendall(self, content: bytes) -> None:
        """Send `content`; raises TimeoutError when the server takes no part of it in time."""
        self._sock.settimeout(self._settings.first_byte)
        self._sock.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the stream of the next answer, with a budget of its own."""
        stream, self._next = self._next or self._stream(), None
        return stream

    def answer(self) -> io.BufferedReader:
        """Return the stream of the next answer, as `makefile` does."""
        return self.makefile("rb")

    def begins(self, seconds: float) -> bool:
        """Return whether the next answer begins within `seconds`. Raises OSError, TimeoutError when no time is left."""
        self._next = self._next or self._stream()
        stream = cast("_Stream", self._next.raw)
        stream.patience = seconds
        try:
            self._next.peek(1)
        except TimeoutError:
            if self.budget.wait() <= seconds:
                raise
            return False
        finally:
            stream.patience = math.inf
        return True

    def _stream(self) -> io.BufferedReader:
        self.budget = Budget(self._settings)
        found = self._stream_of_answer = io.BufferedReader(_Stream(self._sock, self._settings, self.budget), 1 << 16)
        return found

    def end_answer(self) -> None:
        """Read no more of the last answer: the connection is not closed before its stream is."""
        if self._stream_of_answer is not None:
            self._stream_of_answer.close()
            self._stream_of_answer = None

    def drop(self) -> None:
        """Close the connection, also where an answer is being read from it."""
        self.end_answer()
        self._sock.close()

    def close(self) -> None:
        """Close the connection when the answer that is being read ends: what libraries mean by it."""
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        # What a library wants of a socket beside reading and writing: its descriptor, its certificate, its time-out.
        return getattr(self._sock, name)


class _Stream(io.RawIOBase):
    """The bytes of one answer."""

    def __init__(self, sock: socket.socket, settings: FetchSettings, budget: Budget) -> None:
        self._sock = sock
        self._settings = settings
        self._budget = budget
        # The standard library's stream keeps the socket open for as long as the response is read. It cannot be read
        # from any more after a time-out.
        self._raw = sock.makefile("rb", buffering=0)
        self.patience = math.inf
        """Seconds for which the next bytes are waited for, if that is less than the budget."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        budget = self._budget
        self._sock.settimeout(min(budget.wait(), self.patience))
        start = time.monotonic()
        try:
            count = self._sock.recv_into(buffer)
        except TimeoutError as error:
            if budget.is_body:
                raise too_slow(self._settings.rate_window) from error
            raise
        budget.arrived(count, time.monotonic() - start)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
