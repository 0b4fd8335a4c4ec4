"""The transport for servers that are reached without a proxy: HTTP/1.1 over kept connections.

The standard library's client costs a third of the import time of `requests` and half its time per request, which a
cold lock of a small project would feel (docs/decisions/0003-transport.md).
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any, cast

from lockenv.fetch.credentials import certificate_of
from lockenv.fetch.network_errors import connecting, talking
from lockenv.fetch.transport import TransportError
from lockenv.fetch.trusted_certificates import TrustedCertificates
from lockenv.fetch.wire import Response, WatchedSocket, combined, stated_length

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from lockenv.fetch.budget import Budget
    from lockenv.fetch.host_addresses import HostAddresses
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.urls import UrlPlace


class DirectTransport:
    """Keeps idle connections by origin; the newest is used first."""

    def __init__(self, settings: FetchSettings, addresses: HostAddresses) -> None:
        self.settings = settings
        self._idle: dict[str, list[HTTPConnection]] = {}
        self._addresses = addresses
        self._trust = TrustedCertificates(settings.certificates)

    def send(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None = None) -> DirectReply:
        """Ask for `place` on an idle connection, or on a new one."""
        connection, is_kept = self._connection(place)
        try:
            connection.request("GET" if body is None else "POST", place.target, body=body, headers=dict(headers))
            wire = cast("WatchedSocket", connection.sock)
            response = connection.getresponse()
            return DirectReply(self, place, connection, response, wire.budget)
        except (OSError, HTTPException) as error:
            connection.close()
            raise talking(error, place, self.settings, is_kept=is_kept) from error
        except TransportError:
            connection.close()
            raise

    def keep(self, place: UrlPlace, connection: HTTPConnection) -> None:
        """Take back a connection whose response was read to its end."""
        self._idle.setdefault(place.origin, []).append(connection)

    def close(self) -> None:
        """Drop every idle connection."""
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    def _connection(self, place: UrlPlace) -> tuple[HTTPConnection, bool]:
        try:
            return self._idle[place.origin].pop(), True
        except (KeyError, IndexError):
            return self._connect(place), False

    def _connect(self, place: UrlPlace) -> HTTPConnection:
        context = self._context(place) if place.scheme == "https" else None
        connection = (
            HTTPConnection(place.host, place.port)
            if context is None
            else HTTPSConnection(place.host, place.port, context=context)
        )
        try:
            sock = self._addresses.connect(place.host, place.port, self.settings.connect_timeout)
            if context is not None:
                sock = context.wrap_socket(sock, server_hostname=place.host)
        except OSError as error:
            raise connecting(error, place) from error
        connection.sock = cast("Any", WatchedSocket(sock, self.settings))
        connection.response_class = Response
        return connection

    def _context(self, place: UrlPlace) -> ssl.SSLContext:
        return self._trust.context(certificate_of(self.settings.accounts(), place.origin))


class DirectReply:
    """One response of a kept connection."""

    __slots__ = ("_budget", "_connection", "_left", "_place", "_response", "_transport", "headers", "status")

    def __init__(
        self,
        transport: DirectTransport,
        place: UrlPlace,
        connection: HTTPConnection,
        response: HTTPResponse,
        budget: Budget,
    ) -> None:
        """Raise TransportError for a head that does not say where its body ends."""
        budget.headed()
        self._budget = budget
        self._transport = transport
        self._place = place
        self._connection = connection
        self._response = response
        self.status = response.status
        headers = combined(response.getheaders())
        self.headers: Mapping[str, str] = headers
        stated_length(headers)
        # Also 0 for a status that has no body, whatever its head says.
        self._left = response.length

    def read(self, limit: int) -> bytes:
        """Return the next bytes of the body."""
        try:
            # `read1` of a response with a length returns an empty result, not an error, when the connection ends early.
            part = self._response.read1(limit)
        except (OSError, HTTPException) as error:
            raise talking(error, self._place, self._transport.settings) from error
        self._budget.delivered(len(part))
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
