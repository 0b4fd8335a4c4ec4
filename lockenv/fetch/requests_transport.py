"""The transport for servers behind a proxy: `requests`, which knows HTTP, HTTPS and SOCKS proxies and `NO_PROXY`."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from lockenv.fetch.denied_access import PROXY_HINT, PROXY_LOGIN
from lockenv.fetch.network_errors import is_unwelcome, trust_hint, unwelcome
from lockenv.fetch.transport import TransportError
from lockenv.fetch.trusted_certificates import trust
from lockenv.fetch.urls import place as place_of
from lockenv.fetch.wire import Response, WatchedSocket, combined, stated_length

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.fetch.budget import Budget
    from lockenv.fetch.host_addresses import HostAddresses
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.urls import UrlPlace

_WITHOUT_BODY = (204, 304)
"""RFC 9112 section 6.3: such an answer ends with its head, whatever length it states."""

_PROXY = "`lockenv config` shows where the proxy comes from; correct it there, or name the host in NO_PROXY"
_SOCKS = "install it, for example with `pipx inject pylockenv PySocks`, or use a proxy that speaks HTTP"


def is_proxied(place: UrlPlace, proxies: Mapping[str, str]) -> bool:
    """Return whether a proxy serves `place`, with the hosts to reach directly under `no`."""
    from requests.utils import select_proxy, should_bypass_proxies

    chosen = {scheme: url for scheme, url in proxies.items() if scheme != "no"}
    if select_proxy(place.origin, chosen) is None:
        return False
    return not should_bypass_proxies(place.origin, proxies.get("no", ""))


class ProxiedTransport:
    """One session with a pool of connections; it reads no environment of its own."""

    def __init__(self, settings: FetchSettings, addresses: HostAddresses) -> None:
        """Look up proxies in `addresses`; one that speaks SOCKS is looked up by its library."""
        self._settings = settings
        session = requests.Session()
        session.trust_env = False
        session.headers.clear()
        session.proxies = {scheme: url for scheme, url in settings.proxies.items() if scheme != "no"}
        adapter = _TrustingAdapter(settings, addresses)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        for account in settings.accounts():
            if account.certificate:
                origin = place_of(account.url)._replace(target="/").url
                session.mount(origin, _TrustingAdapter(settings, addresses, account.certificate))
        self._session = session

    def send(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None = None) -> ProxiedReply:
        """Ask for `place` through its proxy."""
        timeout = (self._settings.connect_timeout, self._settings.first_byte)
        try:
            response = self._session.request(
                "GET" if body is None else "POST",
                place.url,
                data=body,
                headers=dict(headers),
                stream=True,
                allow_redirects=False,
                timeout=timeout,
            )
        except requests.exceptions.RequestException as error:
            raise _fault(error, place) from error
        try:
            return ProxiedReply(response, place)
        except TransportError:
            response.close()
            raise

    def close(self) -> None:
        """Drop every connection."""
        self._session.close()


class ProxiedReply:
    """One response of the session."""

    __slots__ = ("_budget", "_left", "_place", "_response", "headers", "status")

    def __init__(self, response: requests.Response, place: UrlPlace) -> None:
        """Raise TransportError for a head that does not say where its body ends."""
        self._response = response
        self._place = place
        raw: Any = response.raw
        self._budget: Budget = raw.budget
        self.status = response.status_code
        headers = combined(response.headers.items())
        self.headers: Mapping[str, str] = headers
        self._left = None if self.status in _WITHOUT_BODY else stated_length(headers)

    def read(self, limit: int) -> bytes:
        """Return the next bytes of the body."""
        try:
            # A small part at a time: the pace is looked at between parts.
            part: bytes = self._response.raw.read(min(limit, 1 << 14), decode_content=False)
        except (OSError, HTTPError) as error:
            raise _fault(error, self._place) from error
        self._budget.delivered(len(part))
        if self._left is not None:
            self._left -= len(part)
            if not part and self._left > 0:
                raise TransportError(f"the connection ended {self._left} bytes before the end of the body")
        return part

    def close(self) -> None:
        """Return the connection to its pool."""
        self._response.close()


class _TrustingAdapter(HTTPAdapter):
    """Trusts what the direct transport trusts."""

    def __init__(self, settings: FetchSettings, addresses: HostAddresses, client: str = "") -> None:
        self._context = trust(settings.certificates, client)
        self._settings = settings
        self._addresses = addresses
        super().__init__(pool_maxsize=settings.connections)

    def cert_verify(self, conn: Any, url: str, verify: bool | str, cert: Any) -> None:  # noqa: ARG002 - its base names them
        # The context decides alone; the base class would have it trust the bundle that comes with requests as well.
        conn.cert_reqs = "CERT_REQUIRED"

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)
        _watch(self.poolmanager, self._settings, self._addresses)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        if proxy in self.proxy_manager:
            return self.proxy_manager[proxy]
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **options)
        _watch(manager, self._settings, self._addresses)
        return manager


def _watch(manager: Any, settings: FetchSettings, addresses: HostAddresses) -> None:
    """Have every connection of `manager` read through a watched socket."""
    manager.pool_classes_by_scheme = {
        scheme: type(pool.__name__, (pool,), {"ConnectionCls": _watching(pool.ConnectionCls, settings, addresses)})
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }


def _watching(connection: type[Any], settings: FetchSettings, addresses: HostAddresses) -> type[Any]:
    """Return the class `connection` of urllib3, over watched sockets."""
    # A connection through SOCKS has its own way to its proxy.
    is_plain = connection._new_conn is HTTPConnection._new_conn

    class Watching(connection):  # type: ignore[misc]
        sock: Any
        response_class = Response

        def connect(self) -> None:
            super().connect()
            self.sock = WatchedSocket(self.sock, settings)

        def _new_conn(self) -> Any:
            if is_plain:
                return addresses.connect(self._dns_host, self.port, self.timeout)
            return super()._new_conn()

        def _tunnel(self) -> None:
            # The proxy's own answer comes before the encryption that it lets through.
            plain = self.sock
            self.sock = WatchedSocket(plain, settings)
            super()._tunnel()
            self.sock = plain

        def getresponse(self) -> Any:
            watched = self.sock
            response = super().getresponse()
            # Asked here: the socket of an answer that ends with its connection is no longer the connection's.
            response.budget = watched.budget
            watched.budget.headed()
            return response

    return Watching


def _unreached(error: requests.exceptions.ProxyError) -> str:
    """Return why no connection to the proxy was made; empty where one was, and it refused what was asked."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    cause = getattr(reason, "original_error", None)
    return cause.strerror or "" if isinstance(cause, OSError) else ""


def _untrusted(error: requests.exceptions.SSLError) -> ssl.SSLCertVerificationError | None:
    """Return what is said against a certificate; None where the connection failed before, or for another reason."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    cause = reason.args[0] if isinstance(reason, HTTPError) and reason.args else None
    return cause if isinstance(cause, ssl.SSLCertVerificationError) else None


def _fault(error: Exception, place: UrlPlace) -> TransportError:
    match error:
        case _ if is_unwelcome(str(error)):
            return unwelcome(place)
        case requests.exceptions.ProxyError() if " 407 " in str(error):
            # RFC 9110, section 9.3.6: a proxy answers CONNECT itself; its status is in the text of the error alone.
            return TransportError(PROXY_LOGIN, is_final=True, hint=PROXY_HINT)
        case requests.exceptions.ProxyError() if reason := _unreached(error):
            return TransportError(f"cannot connect to the proxy for {place.host}: {reason}", hint=_PROXY)
        case requests.exceptions.ProxyError():
            return TransportError(f"the proxy rejected the request to {place.host}", hint=_PROXY)
        case requests.exceptions.SSLError() if (cause := _untrusted(error)) is not None:
            reason = f"the certificate that the proxy presents for {place.host} is not trusted: {cause.verify_message}"
            return TransportError(reason, is_final=True, hint=trust_hint(cause))
        case requests.exceptions.SSLError():
            return TransportError(f"cannot establish a TLS connection to {place.host} through the proxy")
        case requests.exceptions.InvalidSchema():
            reason = "a SOCKS proxy requires the package PySocks to be installed with lockenv"
            return TransportError(reason, is_final=True, hint=_SOCKS)
        case requests.exceptions.InvalidURL() | requests.exceptions.InvalidProxyURL():
            # What is asked for was asked of its parts before: the URL of the proxy is the other one.
            return TransportError(f"the URL of the proxy for {place.host} is not valid", is_final=True, hint=_PROXY)
        case requests.exceptions.Timeout() | TimeoutError():
            return TransportError(f"{place.host} did not respond in time through the proxy", is_timeout=True)
        case _:
            # The text of these errors may hold the proxy's password, so only the kind is reported.
            return TransportError(f"the request to {place.host} through the proxy failed ({type(error).__name__})")
