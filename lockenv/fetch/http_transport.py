"""The transport for servers that are reached without a proxy: HTTP/1.1 over kept connections.

The standard library's client costs a third of the import time of `requests` and half its time per request, which a
cold lock of a small project would feel (docs/decisions/0003-transport.md).
"""

from __future__ import annotations

import time
from _thread import allocate_lock
from functools import partial
from http import client as http_client
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, cast

from lockenv.fetch.credentials import certificate_of
from lockenv.fetch.network_errors import connecting, talking
from lockenv.fetch.parallel import Task, beside
from lockenv.fetch.transport import TransportError
from lockenv.fetch.trusted_certificates import TrustedCertificates
from lockenv.fetch.usual_wait import UsualWait
from lockenv.fetch.wire import Response, WatchedSocket, combined, stated_length
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from lockenv.fetch.budget import Budget
    from lockenv.fetch.host_addresses import HostAddresses
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.urls import UrlPlace


_LOOK = 0.05
"""Seconds between looks at a second exchange, while the first one is waited for."""


class _Exchange(NamedTuple):
    """A request that was sent."""

    connection: HTTPConnection
    wire: WatchedSocket
    is_kept: bool
    """Whether the connection had served before."""


class _Attempt:
    """An exchange that is made in a thread of its own."""

    def __init__(self, made: Callable[[], _Exchange]) -> None:
        self._lock = allocate_lock()
        self._is_abandoned = False
        self._made = made
        self._exchange: _Exchange | None = None
        self.task = beside(self._run)

    @property
    def exchange(self) -> _Exchange | None:
        """The exchange; None while it is not made, and where that failed."""
        return self._exchange

    def result(self) -> _Exchange:
        """Return the exchange of an attempt that is over, or raise what kept it from being made."""
        self.task.result()
        return cast("_Exchange", self._exchange)

    def abandon(self) -> None:
        """Drop it, now or when it is made."""
        with self._lock:
            self._is_abandoned = True
            if self._exchange is not None:
                self._exchange.connection.close()

    def _run(self) -> None:
        exchange = self._made()
        with self._lock:
            if self._is_abandoned:
                exchange.connection.close()
            else:
                self._exchange = exchange


class DirectTransport:
    """Keeps idle connections by origin; the newest is used first."""

    def __init__(self, settings: FetchSettings, addresses: HostAddresses) -> None:
        self.settings = settings
        self._idle: dict[str, list[HTTPConnection]] = {}
        self._sessions: dict[str, tuple[ssl.SSLContext, ssl.SSLSession | None]] = {}
        """The newest of each origin, and the context that it belongs to."""
        self._prepared: dict[str, Task[HTTPConnection]] = {}
        self._addresses = addresses
        self._trust = TrustedCertificates(settings.certificates)
        self._usual = UsualWait(settings.late)

    def send(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None = None) -> DirectReply:
        """Ask for `place` on an idle connection, or on a new one; on another one, too, when the answer is late."""
        exchange = self._sent(place, headers, body)
        try:
            if body is None:
                exchange = self._first_to_answer(exchange, place, headers)
            response = exchange.connection.getresponse()
            return DirectReply(self, place, exchange.connection, response, exchange.wire.budget)
        except (OSError, HTTPException) as error:
            exchange.connection.close()
            self._doubt_idle(place, is_kept=exchange.is_kept)
            raise talking(error, place, self.settings, is_kept=exchange.is_kept) from error
        except TransportError:
            exchange.connection.close()
            raise

    def prepare(self, place: UrlPlace) -> None:
        """Connect to an encrypted server before the first request to it comes; nothing happens where that fails."""
        self._prepared[place.origin] = Task(partial(self._connect, place))
        self._prepared[place.origin].run()

    def _prepared_connection(self, place: UrlPlace) -> HTTPConnection | None:
        """Return the connection that was prepared, once, when it is there; None where there is none."""
        task = self._prepared.pop(place.origin, None) if self._prepared else None
        if task is None:
            return None
        task.ends(self._usual.limit())
        return task.value

    def _sent(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None) -> _Exchange:
        """Return the exchange whose request was sent on the first connection that can carry it."""
        idle = self._idle_connection(place) or self._prepared_connection(place)
        if idle is not None:
            return self._begun(place, headers, body, idle, is_kept=True)
        if place.scheme != "https" or body is not None:
            return self._begun(place, headers, body, self._connect(place), is_kept=False)
        first = _Attempt(lambda: self._begun(place, headers, None, self._connect(place), is_kept=False))
        return first.result() if first.task.ends(self._usual.limit()) else self._carried(first, place, headers)

    def _carried(self, first: _Attempt, place: UrlPlace, headers: Mapping[str, str]) -> _Exchange:
        """Return the exchange of `first`, whose connection is late, or of whatever carries the request before it.

        That is a second connection, or one that another request has given back.
        """
        attempts = [first]
        if self._usual.may_repeat():
            attempts.append(_Attempt(partial(self._answered, place, headers)))
        try:
            while True:
                left = next((each for each in attempts if not each.task.is_over), None)
                made = next((each for each in attempts if each.exchange is not None), None)
                if made is not None:
                    attempts.remove(made)
                    return made.result()
                if left is None:
                    return first.result()  # which raises why it was not made
                idle = self._idle_connection(place)
                if idle is not None:
                    return self._begun(place, headers, None, idle, is_kept=True)
                left.task.ends(_LOOK)
        finally:
            for each in attempts:
                each.abandon()

    def _begun(
        self,
        place: UrlPlace,
        headers: Mapping[str, str],
        body: bytes | None,
        connection: HTTPConnection,
        is_kept: bool,
    ) -> _Exchange:
        """Return the exchange whose request was sent on `connection`. Raises TransportError."""
        try:
            connection.request("GET" if body is None else "POST", place.target, body=body, headers=dict(headers))
        except (OSError, HTTPException) as error:
            connection.close()
            self._doubt_idle(place, is_kept=is_kept)
            raise talking(error, place, self.settings, is_kept=is_kept) from error
        return _Exchange(connection, cast("WatchedSocket", connection.sock), is_kept)

    def _first_to_answer(self, first: _Exchange, place: UrlPlace, headers: Mapping[str, str]) -> _Exchange:
        """Return `first` when it answers in time, else whichever of it and a second one answers first."""
        began = time.monotonic()
        if not first.wire.begins(self._usual.limit()):
            if not self._usual.may_repeat():
                return first
            second = _Attempt(partial(self._answered, place, headers))
            try:
                while not (is_first := first.wire.begins(_LOOK)) and not second.task.is_over:
                    pass
            except OSError:
                second.abandon()
                raise
            if is_first:
                second.abandon()
            elif second.exchange is None:
                # It failed, and the first one has the time that is left.
                return first
            else:
                first.connection.close()
                first = second.exchange
        self._usual.took(time.monotonic() - began)
        return first

    def _answered(self, place: UrlPlace, headers: Mapping[str, str]) -> _Exchange:
        """Return an exchange on a new connection, whose answer begins. Raises TransportError, OSError."""
        exchange = self._begun(place, headers, None, self._connect(place), is_kept=False)
        try:
            if not exchange.wire.begins(self.settings.first_byte) or exchange.wire.is_closed:
                raise ConnectionAbortedError("no answer")
        except OSError:
            exchange.connection.close()
            raise
        return exchange

    def keep(self, place: UrlPlace, connection: HTTPConnection) -> None:
        """Take back a connection whose response was read to its end."""
        if place.scheme == "https":
            sock = cast("ssl.SSLSocket", connection.sock)
            self._sessions[place.origin] = (sock.context, sock.session)
        self._idle.setdefault(place.origin, []).append(connection)

    def close(self) -> None:
        """Close every idle connection; what other threads hold may come back meanwhile, and is closed, too."""
        _close_all([task.value for task in list(self._prepared.values()) if task.value is not None])
        while self._idle:
            _close_all(self._idle.popitem()[1])

    def _doubt_idle(self, place: UrlPlace, *, is_kept: bool) -> None:
        """Drop the idle connections of a server that closed a kept one: the others have waited as long, or longer."""
        if is_kept:
            _close_all(self._idle.get(place.origin, []))

    def _idle_connection(self, place: UrlPlace) -> HTTPConnection | None:
        """Return a connection that served before and is free, the newest first; None where there is none."""
        try:
            return self._idle[place.origin].pop()
        except (KeyError, IndexError):
            return None

    def _connect(self, place: UrlPlace) -> HTTPConnection:
        context = self._context(place) if place.scheme == "https" else None
        connection = (
            HTTPConnection(place.host, place.port)
            if context is None
            else http_client.HTTPSConnection(place.host, place.port, context=context)
        )
        try:
            sock = self._addresses.connect(place.host, place.port, self.settings.connect_timeout)
            if context is not None:
                # RFC 8446, section 2.2: a resumed session spares the server's certificate and its check.
                made_by, session = self._sessions.get(place.origin, (None, None))
                session = session if made_by is context else None
                sock = context.wrap_socket(sock, server_hostname=place.host, session=session)
        except OSError as error:
            raise connecting(error, place) from error
        connection.sock = cast("Any", WatchedSocket(sock, self.settings))
        connection.response_class = Response
        return connection

    def _context(self, place: UrlPlace) -> ssl.SSLContext:
        return self._trust.context(certificate_of(self.settings.accounts(), place.origin))


def _close_all(connections: list[HTTPConnection]) -> None:
    while connections:
        try:
            connections.pop().close()
        except IndexError:
            return  # another thread took the last one


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
