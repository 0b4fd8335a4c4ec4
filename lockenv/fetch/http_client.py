"""One exchange with a server, as patient and as strict as the settings say.

A URL goes in; what `consume` makes of the reply comes out. Redirects are followed and failures tried again here;
credentials go to their own origin alone. Nothing is cached here.
"""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, TypeVar

from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch.credentials import LoginStore
from lockenv.fetch.denied_access import DENIALS, denied_access
from lockenv.fetch.host_addresses import HostAddresses, look_up
from lockenv.fetch.http_transport import DirectTransport
from lockenv.fetch.transport import TransportError
from lockenv.fetch.urls import joined, place, shown
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from lockenv.fetch import gunzip, logged_transport, requests_transport
    from lockenv.fetch.credentials import Login
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.transport import Reply, Transport
    from lockenv.fetch.urls import UrlPlace
else:
    random = late("random")
    gunzip = late("lockenv.fetch.gunzip")
    logged_transport = late("lockenv.fetch.logged_transport")
    requests_transport = late("lockenv.fetch.requests_transport")

T = TypeVar("T")

_SERVER = "report this to those who run the server, or use another index"
_LATER = "check the URL, or try again later"
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 528)})
"""Statuses after which the same request may succeed."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHORT = 1 << 16
"""Bytes; reading more of what is not wanted costs more than another connection."""


class HttpClient:
    """Speaks to servers, directly or through proxies. Safe to use from several threads."""

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self._addresses = HostAddresses(look_up)
        self._direct = DirectTransport(settings, self._addresses)
        self._proxied: Transport | None = None
        self._routes: dict[str, bool] = {}
        self._logins = LoginStore(settings.accounts())

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        consume: Callable[[Reply, str], T],
        body: bytes | None = None,
        *,
        tries: int | None = None,
    ) -> T:
        """Return what `consume` makes of the reply and the URL it came from, trying again while that can help.

        A `body` is posted, and follows no redirect; what it asks must be harmless to ask twice. `tries` replaces
        how many the settings allow.

        `consume` gets every status but redirects and those worth another try; it may be called again from the start.
        Raises NetworkError when there is no whole answer.
        """
        start = time.monotonic()
        allowed = self.settings.tries if tries is None else tries
        for number in range(1, allowed + 1):
            try:
                return self._follow(url, headers, consume, body)
            except TransportError as fault:
                wait = self._wait(fault, allowed - number, number, time.monotonic() - start)
                if wait is None:
                    raise self._unreachable(url, fault, number) from fault
                if wait:
                    self.settings.pause(wait)
        raise NetworkError(f"{shown(url)} cannot be fetched: no attempts are allowed")

    def prepare(self, url: str) -> None:
        """Connect to the server of `url` before the first request comes; nothing happens where that fails."""
        where = place(url)
        if where.scheme == "https" and not (self.settings.proxies and self._is_proxied(where)):
            self._direct.prepare(where)

    def declined(self, reply: Reply, url: str) -> NetworkError:
        """Return the error for a status that is no answer."""
        if reply.status in DENIALS:
            where = place(url)
            has_login = self._logins.of(where) is not None
            return denied_access(reply.status, where, self._logins.account(where), has_login=has_login)
        error = NetworkError(f"{shown(url)} cannot be fetched: the server returned {reply.status}", hint=_LATER)
        error.status = reply.status
        return error

    def close(self) -> None:
        """Drop every connection."""
        for transport in (self._direct, self._proxied):
            if transport is not None:
                transport.close()

    def _follow(
        self, url: str, headers: Mapping[str, str], consume: Callable[[Reply, str], T], body: bytes | None
    ) -> T:
        current = url
        for _ in range(self.settings.redirects + 1):
            reply = self._send(current, headers, body)
            try:
                target = reply.headers.get("location", "") if reply.status in REDIRECTS and body is None else ""
                if not target:
                    if reply.status in RETRIED:
                        raise _BusyError(reply)
                    return consume(reply, current)
                current = _redirected(current, target)
            finally:
                reply.close()
        what = f"more than {self.settings.redirects} redirects"
        raise NetworkError(f"{shown(url)} cannot be fetched: {what}", hint=_SERVER)

    def _send(self, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        where = place(url)
        if where.scheme == "http" and not where.is_loopback and where.host not in self.settings.allow_http:
            raise NetworkError(
                f"{shown(url)} cannot be fetched: the connection is not encrypted",
                hint=f"use https, or allow plain HTTP with --allow-http {where.host}",
            )
        login = self._logins.of(where)
        if login is not None:
            _check_encrypted(where)
        transport = self._transport(where)
        if self.settings.log is not None:
            transport = logged_transport.LoggedTransport(transport, self.settings.log)
        reply = transport.send(where, _complete(headers, login), body)
        if reply.status != 401:
            return reply
        other = self._logins.ask_keyring(where)
        if other in (None, login):
            return reply
        reply.close()
        _check_encrypted(where)
        return transport.send(where, _complete(headers, other), body)

    def _transport(self, where: UrlPlace) -> Transport:
        if self.settings.proxies and self._is_proxied(where):
            if self._proxied is None:
                self._proxied = requests_transport.ProxiedTransport(self.settings, self._addresses)
            return self._proxied
        return self._direct

    def _is_proxied(self, where: UrlPlace) -> bool:
        if where.origin not in self._routes:
            self._routes[where.origin] = requests_transport.is_proxied(where, self.settings.proxies)
        return self._routes[where.origin]

    def _wait(self, fault: TransportError, left: int, number: int, elapsed: float) -> float | None:
        """Return the seconds to wait before the next try; None when there is none."""
        settings = self.settings
        if fault.is_final or left < 1:
            return None
        asked = fault.retry_after if isinstance(fault, _BusyError) else None
        if asked is not None and asked > settings.longest_wait:
            return None
        # Jitter keeps many clients from coming back at once; no answer depends on it.
        backoff = 0.25 * 2**number * random.uniform(0.5, 1)
        wait = 0.0 if fault.at_once else backoff if asked is None else asked
        limit = settings.timeout_budget if fault.is_timeout else settings.budget
        return wait if elapsed + wait < limit else None

    def _unreachable(self, url: str, fault: TransportError, number: int) -> NetworkError:
        tried = f" (tried {number} times)" if number > 1 else ""
        error = NetworkError(f"{shown(url)} cannot be fetched: {fault.reason}{tried}", hint=fault.hint)
        error.is_unreachable = True
        return error


def _complete(headers: Mapping[str, str], login: Login | None) -> dict[str, str]:
    complete = {"User-Agent": "lockenv", "Accept-Encoding": "identity", **headers}
    if login is not None:
        from base64 import b64encode

        # RFC 7617, section 2: "user-id and password" joined by a colon.
        complete["Authorization"] = "Basic " + b64encode(":".join(login).encode()).decode("ascii")
    return complete


class _BusyError(TransportError):
    """A status that asks to come back later."""

    def __init__(self, reply: Reply) -> None:
        asked = reply.headers.get("retry-after", "").strip()
        self.retry_after = float(asked) if asked.isdecimal() and asked.isascii() else None
        wait = f" and requests a wait of {asked[:9]} s" if self.retry_after else ""
        super().__init__(f"the server returned {reply.status}{wait}")


def body(reply: Reply, url: str, limit: int) -> bytes:
    """Return the whole decoded body of `reply`.

    Raises RefusedError when it would be longer than `limit`, or is compressed as no honest body is; TransportError when
    it ends early or does not decode.
    """
    encoding = reply.headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip"):
        raise RefusedError(
            "content-encoding",
            f"{shown(url)}: the server used the unrequested content encoding {encoding[:20]!a}",
            hint=_SERVER,
        )
    whole = io.BytesIO()  # grows in place, where a list of parts would take the memory twice
    size = 0
    decoder = None
    if encoding == "gzip":
        decoder = gunzip.Gunzip(shown(url), limit)
    while part := reply.read(1 << 18):
        plain = decoder.decoded(part) if decoder else part
        size += len(plain)
        if size > limit:
            raise RefusedError("too-large", f"{shown(url)}: the response is larger than {limit} bytes", hint=_SERVER)
        whole.write(plain)
    if decoder:
        decoder.end()
    return whole.getvalue()


def drain(reply: Reply) -> None:
    """Read what a short answer says, so that its connection can serve again; a longer one is cut off."""
    left = _SHORT
    while left > 0 and (part := reply.read(left)):
        left -= len(part)


def _check_encrypted(where: UrlPlace) -> None:
    """Raise NetworkError where user and password would cross a network unencrypted, whatever hosts are allowed."""
    if where.scheme == "http" and not where.is_loopback:
        raise NetworkError(
            f"{shown(where.url)} cannot be fetched: credentials for {where.netloc} are only sent over https",
            hint=f"use https for {where.netloc}, or remove its credentials",
        )


def _redirected(url: str, target: str) -> str:
    try:
        new = joined(url, target)
    except ValueError as error:
        raise NetworkError(f"{shown(url)} cannot be fetched: it redirects to an invalid URL", hint=_SERVER) from error
    if place(url).scheme == "https" and place(new).scheme != "https":
        what = f"it redirects to {shown(new)}, which is not encrypted"
        raise NetworkError(f"{shown(url)} cannot be fetched: {what}", hint=_SERVER)
    return new
