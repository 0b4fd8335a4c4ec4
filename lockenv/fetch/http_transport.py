"""The transport for servers that are reached without a proxy: HTTP/1.1 over kept connections.

What is sent and read on one is in `http_messages` (docs/decisions/0003-transport.md).
"""

from __future__ import annotations

import time
from _thread import allocate_lock
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from lockenv.fetch.credentials import certificate_of
from lockenv.fetch.http_messages import Answer, EarlyEnd, HttpFault, request
from lockenv.fetch.network_errors import connecting, talking
from lockenv.fetch.parallel import beside
from lockenv.fetch.transport import TransportError
from lockenv.fetch.usual_wait import UsualWait
from lockenv.fetch.wire import WatchedSocket
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from lockenv.fetch import trusted_certificates
    from lockenv.fetch.host_addresses import HostAddresses
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.urls import UrlPlace
else:
    trusted_certificates = late("lockenv.fetch.trusted_certificates")  # which loads `ssl`

_LOOK = 0.05
"""Seconds between looks at a second exchange, while the first one is waited for."""


class _Exchange(NamedTuple):
    """A request that was sent."""

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
                self._exchange.wire.drop()

    def _run(self) -> None:
        exchange = self._made()
        with self._lock:
            if self._is_abandoned:
                exchange.wire.drop()
            else:
                self._exchange = exchange


class DirectTransport:
    """Keeps idle connections by origin; the newest is used first."""

    def __init__(self, settings: FetchSettings, addresses: HostAddresses) -> None:
        self.settings = settings
        self._idle: dict[str, list[WatchedSocket]] = {}
        self._sessions: dict[str, tuple[ssl.SSLContext, ssl.SSLSession | None]] = {}
        """The newest of each origin, and the context that it belongs to."""
        self._addresses = addresses
        self._trust: trusted_certificates.TrustedCertificates | None = None
        self._making = allocate_lock()
        self._usual = UsualWait(settings.late)

    def send(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None = None) -> DirectReply:
        """Ask for `place` on an idle connection, or on a new one; on another one, too, when the answer is late."""
        exchange = self._sent(place, headers, body)
        try:
            if body is None:
                exchange = self._first_to_answer(exchange, place, headers)
            return DirectReply(self, place, exchange.wire)
        except (OSError, HttpFault, EarlyEnd) as error:
            exchange.wire.drop()
            raise talking(error, place, self.settings, is_kept=exchange.is_kept) from error
        except TransportError:
            exchange.wire.drop()
            raise

    def _sent(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None) -> _Exchange:
        """Return the exchange whose request was sent on the first connection that can carry it."""
        idle = self._idle_connection(place)
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
        wire: WatchedSocket,
        is_kept: bool,
    ) -> _Exchange:
        """Return the exchange whose request was sent on `wire`. Raises TransportError."""
        try:
            wire.sendall(request(place, headers, body))
        except (OSError, HttpFault) as error:
            wire.drop()
            raise talking(error, place, self.settings, is_kept=is_kept) from error
        return _Exchange(wire, is_kept)

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
                first.wire.drop()
                first = second.exchange
        self._usual.took(time.monotonic() - began)
        return first

    def _answered(self, place: UrlPlace, headers: Mapping[str, str]) -> _Exchange:
        """Return an exchange on a new connection, whose answer begins. Raises TransportError, OSError."""
        exchange = self._begun(place, headers, None, self._connect(place), is_kept=False)
        try:
            exchange.wire.begins(self.settings.first_byte)
        except OSError:
            exchange.wire.drop()
            raise
        return exchange

    def keep(self, place: UrlPlace, wire: WatchedSocket) -> None:
        """Take back a connection whose answer was read to its end."""
        if place.scheme == "https":
            self._sessions[place.origin] = (wire.context, wire.session)
        self._idle.setdefault(place.origin, []).append(wire)

    def close(self) -> None:
        """Drop every idle connection."""
        for connections in self._idle.values():
            while connections:
                connections.pop().drop()

    def _idle_connection(self, place: UrlPlace) -> WatchedSocket | None:
        """Return a connection that served before and is free, the newest first; None where there is none."""
        try:
            return self._idle[place.origin].pop()
        except (KeyError, IndexError):
            return None

    def _connect(self, place: UrlPlace) -> WatchedSocket:
        context = self._context(place) if place.scheme == "https" else None
        try:
            sock = self._addresses.connect(place.host, place.port, self.settings.connect_timeout)
            if context is not None:
                # RFC 8446, section 2.2: a resumed session spares the server's certificate and its check.
                made_by, session = self._sessions.get(place.origin, (None, None))
                session = session if made_by is context else None
                sock = context.wrap_socket(sock, server_hostname=place.host, session=session)
        except OSError as error:
            raise connecting(error, place) from error
        return WatchedSocket(sock, self.settings)

    def _context(self, place: UrlPlace) -> ssl.SSLContext:
        with self._making:
            if self._trust is None:
                self._trust = trusted_certificates.TrustedCertificates(self.settings.certificates)
        return self._trust.context(certificate_of(self.settings.accounts(), place.origin))


class DirectReply:
    """One answer of a kept connection."""

    __slots__ = ("_answer", "_budget", "_place", "_transport", "_wire", "headers", "status")

    def __init__(self, transport: DirectTransport, place: UrlPlace, wire: WatchedSocket) -> None:
        """Read the head. Raises as `Answer` does."""
        self._answer = Answer(wire.answer())
        self._budget = wire.budget
        self._budget.headed()
        self._transport = transport
        self._place = place
        self._wire = wire
        self.status = self._answer.status
        self.headers: Mapping[str, str] = self._answer.headers

    def read(self, limit: int) -> bytes:
        """Return the next bytes of the body."""
        try:
            part = self._answer.read(limit)
        except (OSError, HttpFault, EarlyEnd) as error:
            raise talking(error, self._place, self._transport.settings) from error
        self._budget.delivered(len(part))
        return part

    def close(self) -> None:
        """Keep the connection, or drop it when something is left to read."""
        if self._answer.is_over and self._answer.is_kept:
            self._wire.end_answer()
            self._transport.keep(self._place, self._wire)
        else:
            self._wire.drop()
