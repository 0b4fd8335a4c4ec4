"""The socket under both transports: what comes through it is counted, and paid from the budget of the answer.

In: a connected socket. Out: the same, as `http.client` uses it. Never: connecting, or knowing what an answer means.
"""

from __future__ import annotations

import io
import math
import socket
import time
from http.client import HTTPException, HTTPResponse, parse_headers
from typing import TYPE_CHECKING, Any, cast

from lockenv.fetch.budget import Budget
from lockenv.fetch.transport import TransportError, too_slow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.fetch.settings import FetchSettings

_HEXADECIMAL = b"0123456789abcdefABCDEF"


class WatchedSocket:
    """A socket each of whose answers has a budget."""

    def __init__(self, sock: socket.socket, settings: FetchSettings) -> None:
        self._sock = sock
        self._settings = settings
        self.budget = Budget(settings)
        """Of the answer that is being read."""
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

    @property
    def is_closed(self) -> bool:
        """Whether the server closed the connection where its answer was to begin, after `begins` returned True."""
        return self._next is not None and not self._next.peek(1)

    def _stream(self) -> io.BufferedReader:
        self.budget = Budget(self._settings)
        return io.BufferedReader(_Stream(self._sock, self._settings, self.budget), 1 << 16)

    def close(self) -> None:
        """Close the connection."""
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


class Response(HTTPResponse):
    """The standard library's response, as strict about its framing as RFC 9112 asks."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200:
                return version, status, reason
            # RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final
            # response"; 101 answers an upgrade, which is never asked for.
            if status == 101:
                raise HTTPException("it switches protocols without a request")
            parse_headers(self.fp)

    def _read_next_chunk_size(self) -> int:
        # RFC 9112 section 7.1: a size is hexadecimal digits alone, which `int` does not insist on.
        line = self.fp.readline(1 << 16)
        size = line.partition(b";")[0].rstrip(b" \t\r\n")
        if not line.endswith(b"\n") or not 0 < len(size) < 16 or size.strip(_HEXADECIMAL):
            self.close()
            raise HTTPException("the size of a chunk is not a number" if line else "the response ends within a chunk")
        return int(size, 16)


def combined(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the `fields` of a head by lower-case name; those of one name as RFC 9110, section 5.3, joins them."""
    found: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def stated_length(headers: dict[str, str]) -> int | None:
    """Return how long the body is, as `headers` of an answer say it; None where only its end says so.

    Raises TransportError for a length that is none, and for a transfer coding that was not asked for.
    """
    coding = headers.get("transfer-encoding", "").strip().lower()
    if coding:
        # RFC 9112 section 6.3: "If a message is received with both a Transfer-Encoding and a Content-Length header
        # field, the Transfer-Encoding overrides the Content-Length."
        if coding != "chunked":
            raise TransportError("the server uses an unrequested transfer encoding", is_final=True)
        return None
    stated = headers.get("content-length")
    if stated is None:
        return None
    if stated.isascii() and stated.isdigit() and len(stated) < 19:
        return int(stated)
    # The same, rule 5: the same length several times is that length; what else is no number is an error.
    values = {value.strip() for value in stated.split(",")}
    value = values.pop()
    if values or not (value.isascii() and value.isdigit() and len(value) < 19):
        raise TransportError("the server sent an invalid Content-Length header", is_final=True)
    return int(value)
