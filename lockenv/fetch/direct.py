"""The transport for servers that are reached without a proxy: HTTP/1.1 over kept connections.

The standard library's client costs a third of the import time of `requests` and half its time per request, which a
cold lock of a small project would feel (docs/decisions/0003-transport.md).
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, cast

from lockenv.fetch.credentials import certificate_of
from lockenv.fetch.faults import connecting, talking, trust
from lockenv.fetch.transport import Pace, TransportError, too_slow

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.urls import Place


class DirectTransport:
    """Keeps idle connections by origin; the newest is used first."""

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self._idle: dict[str, list[HTTPConnection]] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        """By the client certificate that is shown."""

    def send(self, place: Place, headers: Mapping[str, str], body: bytes | None = None) -> DirectReply:
        """Ask for `place` on an idle connection, or on a new one."""
        connection, is_kept = self._connection(place)
        try:
            connection.request("GET" if body is None else "POST", place.target, body=body, headers=dict(headers))
            response = connection.getresponse()
        except (OSError, HTTPException) as error:
            connection.close()
            raise talking(error, place, self.settings, is_kept=is_kept) from error
        return DirectReply(self, place, connection, response)

    def keep(self, place: Place, connection: HTTPConnection) -> None:
        """Take back a connection whose response was read to its end."""
        self._idle.setdefault(place.origin, []).append(connection)

    def close(self) -> None:
        """Drop every idle connection."""
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    def _connection(self, place: Place) -> tuple[HTTPConnection, bool]:
        try:
            return self._idle[place.origin].pop(), True
        except (KeyError, IndexError):
            return self._connect(place), False

    def _connect(self, place: Place) -> HTTPConnection:
        timeout = self.settings.connect_timeout
        connection = (
            HTTPSConnection(place.host, place.port, timeout=timeout, context=self._trust(place))
            if place.scheme == "https"
            else HTTPConnection(place.host, place.port, timeout=timeout)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise connecting(error, place) from error
        watched = _Watched(connection.sock, self.settings)
        connection.sock = cast("Any", watched)
        return connection

    def _trust(self, place: Place) -> ssl.SSLContext:
        shown = certificate_of(self.settings.accounts(), place.origin)
        if shown not in self._contexts:
            self._contexts[shown] = trust(self.settings.certificates, shown)
        return self._contexts[shown]


class DirectReply:
    """One response of a kept connection."""

    __slots__ = ("_connection", "_left", "_place", "_response", "_transport", "headers", "status")

    def __init__(
        self, transport: DirectTransport, place: Place, connection: HTTPConnection, response: HTTPResponse
    ) -> None:
        self._transport = transport
        self._place = place
        self._connection = connection
        self._response = response
        self._left = response.length
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.getheaders()}

    def read(self, limit: int) -> bytes:
        """Give the next bytes of the body."""
        try:
            # `read1` of a response with a length gives an empty result, not an error, when the connection ends early.
            part = self._response.read1(limit)
        except (OSError, HTTPException) as error:
            raise talking(error, self._place, self._transport.settings) from error
        if self._left is not None:
            self._left -= len(part)
            if not part and self._left > 0:
                raise TransportError(f"the connection ended {self._left} bytes before the end of the body")
        return part

    def close(self) -> None:
        """Keep the connection, or drop it when something is left to read."""
        is_whole = self._response.isclosed() or self._left == 0
        self._response.close()
        if is_whole and not self._response.will_close and self._connection.sock is not None:
            self._transport.keep(self._place, self._connection)
        else:
            self._connection.close()


class _Watched:
    """A socket whose response heads must come in time, and whose bodies must keep their pace."""

    def __init__(self, sock: socket.socket, settings: FetchSettings) -> None:
        self._sock = sock
        self._settings = settings
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def sendall(self, content: bytes) -> None:
        self._sock.settimeout(self._settings.first_byte)
        self._sock.sendall(content)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self._sock, self._settings), 1 << 16)

    def close(self) -> None:
        self._sock.close()


class _Stream(io.RawIOBase):
    """The bytes of one response."""

    def __init__(self, sock: socket.socket, settings: FetchSettings) -> None:
        self._sock = sock
        self._settings = settings
        # The standard library's stream keeps the socket open for as long as the response is read.
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = time.monotonic() + settings.first_byte
        self._pace: Pace | None = None
        self._tail = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._pace is None:
            return self._read_head(buffer)
        self._sock.settimeout(self._pace.remaining())
        try:
            count = self._raw.readinto(buffer) or 0
        except TimeoutError as error:
            raise too_slow(self._settings.rate_window) from error
        self._pace.passed(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _read_head(self, buffer: Any) -> int:
        self._sock.settimeout(max(0.001, self._deadline - time.monotonic()))
        count = self._raw.readinto(buffer) or 0
        seen = self._tail + bytes(buffer[:count])
        if b"\r\n\r\n" in seen or b"\n\n" in seen:
            self._pace = Pace(self._settings.minimum_rate, self._settings.rate_window)
        self._tail = seen[-3:]
        return count
