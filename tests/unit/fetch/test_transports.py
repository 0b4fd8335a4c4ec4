from __future__ import annotations

import importlib.util
import select
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from lockenv.errors import NetworkError
from lockenv.fetch.credentials import Account
from lockenv.fetch.host_addresses import HostAddresses
from lockenv.fetch.http_transport import DirectTransport
from lockenv.fetch.requests_transport import ProxiedTransport
from lockenv.fetch.settings import FetchSettings
from lockenv.fetch.urls import place
from tests.support.certificates import make, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from tests.support.server import LoopbackIndex
    from tests.unit.fetch.conftest import MakeFetcher


class Echo(BaseHTTPRequestHandler):
    """Answers every request with what it asked for, and notes it."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, str]]] = []
    encodings: ClassVar[list[str]] = []
    location: ClassVar[str] = ""

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Proxy-Authorization", "")))
        self.encodings.append(self.headers.get("Accept-Encoding", ""))
        body = self.path.encode()
        self.send_response(302 if self.location else 200)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        self.seen.append((self.path, self.headers.get("Proxy-Authorization", "")))
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: there, there: self.connection}
            while True:
                for ready in select.select(list(ends), [], [])[0]:
                    part = ready.recv(1 << 16)
                    if not part:
                        return
                    ends[ready].sendall(part)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


class Guarded(Echo):
    """A proxy that lets nothing through without a login."""

    status = 407

    def do_CONNECT(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Closed(Guarded):
    """A proxy that lets nothing through."""

    status = 403


class Cut(Echo):
    """A proxy that lets a connection through and ends before anything comes over it."""

    def do_CONNECT(self) -> None:
        self.seen.append((self.path, ""))
        self.send_response(200)
        self.end_headers()
        self.close_connection = True


class QuietServer(ThreadingHTTPServer):
    """Takes a client that goes away as what it is."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[ThreadingHTTPServer]:
    Echo.seen = []
    Echo.encodings = []
    Echo.location = ""
    server = QuietServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key."""
    return make(tmp_path / "certificate.pem")


def encrypt(server: ThreadingHTTPServer, certificate: Path, clients: Path | None = None) -> str:
    server.socket = serving(certificate, clients=clients).wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    return f"https://127.0.0.1:{server.server_address[1]}"


def test_named_bundle_is_trusted(echo: ThreadingHTTPServer, certificate: Path, make_fetcher: MakeFetcher) -> None:
    origin = encrypt(echo, certificate)

    assert make_fetcher(certificates=str(certificate)).content(f"{origin}/x") == b"/x"


def test_unknown_certificate_is_reported_at_once(
    echo: ThreadingHTTPServer, certificate: Path, make_fetcher: MakeFetcher, waits: list[float]
) -> None:
    origin = encrypt(echo, certificate)

    with pytest.raises(NetworkError, match=r"the certificate of 127\.0\.0\.1 is not trusted"):
        make_fetcher().content(f"{origin}/x")
    assert (waits, Echo.seen) == ([], [])


def test_bundle_that_is_absent_is_reported(
    make_fetcher: MakeFetcher, tmp_path: Path, echo: ThreadingHTTPServer
) -> None:
    with pytest.raises(NetworkError, match="cannot read the CA bundle"):
        make_fetcher(certificates=str(tmp_path / "absent")).content(f"https://127.0.0.1:{echo.server_address[1]}/x")


def test_redirect_that_drops_encryption_is_refused(
    echo: ThreadingHTTPServer, certificate: Path, make_fetcher: MakeFetcher, index: LoopbackIndex
) -> None:
    origin = encrypt(echo, certificate)
    Echo.location = f"{index.url}a/"

    with pytest.raises(NetworkError, match="which is not encrypted"):
        make_fetcher(certificates=str(certificate)).content(f"{origin}/x")
    assert index.requests == []


def test_proxy_is_asked_for_what_it_serves(echo: ThreadingHTTPServer, make_fetcher: MakeFetcher) -> None:
    proxy = f"http://me:secret@127.0.0.1:{echo.server_address[1]}"
    fetcher = make_fetcher(proxies={"http": proxy}, allow_http=("index.example",))

    assert fetcher.content("http://index.example/simple/a/") == b"http://index.example/simple/a/"
    assert Echo.seen == [("http://index.example/simple/a/", "Basic bWU6c2VjcmV0")]


def test_proxy_alone_is_looked_up_and_once(echo: ThreadingHTTPServer, make_fetcher: MakeFetcher) -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, *_: int) -> list[tuple[Any, ...]]:
        asked.append(host)
        return socket.getaddrinfo("127.0.0.1", port, 0, socket.SOCK_STREAM)

    settings = make_fetcher(proxies={"http": f"http://proxy.example:{echo.server_address[1]}"}).settings
    transport = ProxiedTransport(settings, HostAddresses(look_up))
    where = place("http://index.example/a")
    # The first connection is still in use when the second is made.
    replies = [transport.send(where, {}), transport.send(where, {})]
    bodies = [reply.read(100) for reply in replies]
    for reply in replies:
        reply.close()
    transport.close()

    assert (bodies, asked) == ([b"http://index.example/a"] * 2, ["proxy.example"])


def test_proxy_that_requires_a_login_is_named_at_once(make_fetcher: MakeFetcher, waits: list[float]) -> None:
    with QuietServer(("127.0.0.1", 0), Guarded) as proxy:
        threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        proxies = {"https": f"http://127.0.0.1:{proxy.server_address[1]}"}
        with pytest.raises(NetworkError, match="407 Proxy Authentication Required") as caught:
            make_fetcher(proxies=proxies).content("https://index.example/x")
        proxy.shutdown()

    assert ("HTTPS_PROXY=http://USER:PASSWORD@" in caught.value.hint, waits) == (True, [])


def test_proxy_is_no_way_around_certificates(
    echo: ThreadingHTTPServer, certificate: Path, make_fetcher: MakeFetcher
) -> None:
    with QuietServer(("127.0.0.1", 0), Echo) as other:
        threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        proxies = {"https": f"http://127.0.0.1:{other.server_address[1]}"}
        origin = encrypt(echo, certificate)
        with pytest.raises(
            NetworkError, match=r"the certificate that the proxy presents for 127\.0\.0\.1 is not trusted"
        ):
            make_fetcher(proxies=proxies).content(f"{origin}/x")

        assert make_fetcher(proxies=proxies, certificates=str(certificate)).content(f"{origin}/x") == b"/x"
        assert Echo.seen == [(origin.removeprefix("https://"), "")] * 2 + [("/x", "")]
        other.shutdown()


def test_client_certificate_goes_through_a_proxy_to_its_origin(
    echo: ThreadingHTTPServer, certificate: Path, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    me = make(tmp_path / "me.pem")
    with QuietServer(("127.0.0.1", 0), Echo) as other:
        threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        origin = encrypt(echo, certificate, clients=me)
        options: dict[str, Any] = {
            "proxies": {"https": f"http://127.0.0.1:{other.server_address[1]}"},
            "certificates": str(certificate),
        }
        account = Account(url=f"{origin}/simple/", certificate=str(me))

        assert make_fetcher(accounts=lambda: [account], **options).content(f"{origin}/x") == b"/x"
        with pytest.raises(NetworkError):
            make_fetcher(**options, tries=1).content(f"{origin}/x")
        other.shutdown()


def test_compression_is_asked_for_beyond_this_machine(echo: ThreadingHTTPServer, make_fetcher: MakeFetcher) -> None:
    here = f"http://127.0.0.1:{echo.server_address[1]}"
    fetcher = make_fetcher(proxies={"http": here, "no": "127.0.0.1"}, allow_http=("index.example",))
    fetcher.content(f"{here}/a")
    fetcher.content("http://index.example/a")

    assert Echo.encodings == ["identity", "gzip"]


def test_hosts_named_in_no_proxy_are_reached_directly(
    echo: ThreadingHTTPServer, make_fetcher: MakeFetcher, index: LoopbackIndex
) -> None:
    proxies = {"http": f"http://127.0.0.1:{echo.server_address[1]}", "no": "127.0.0.1"}

    assert make_fetcher(proxies=proxies).content(f"{index.url}absent/") is None
    assert Echo.seen == []


def test_proxy_that_refuses_is_reported(make_fetcher: MakeFetcher) -> None:
    with QuietServer(("127.0.0.1", 0), Closed) as other:
        threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        fetcher = make_fetcher(proxies={"all": f"http://127.0.0.1:{other.server_address[1]}"}, tries=1)

        with pytest.raises(NetworkError, match=r"the proxy rejected the request to index\.example"):
            fetcher.content("https://index.example/simple/a/")
        other.shutdown()


def test_connection_that_a_proxy_cuts_is_tried_again_and_no_certificate_is_blamed(make_fetcher: MakeFetcher) -> None:
    Cut.seen = []
    with QuietServer(("127.0.0.1", 0), Cut) as other:
        threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        fetcher = make_fetcher(proxies={"all": f"http://127.0.0.1:{other.server_address[1]}"}, tries=2)

        with pytest.raises(
            NetworkError, match=r"TLS connection to index\.example through the proxy \(tried 2"
        ) as caught:
            fetcher.content("https://index.example/simple/a/")
        other.shutdown()
    assert "certificate" not in f"{caught.value} {caught.value.hint}"
    assert len(Cut.seen) == 2


def test_proxy_that_is_not_there_is_reported_without_its_password(make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(proxies={"all": "http://me:secret@127.0.0.1:1"}, tries=1)

    with pytest.raises(NetworkError, match=r"cannot connect to the proxy for index\.example: C") as caught:
        fetcher.content("https://index.example/simple/a/")
    assert "secret" not in str(caught.value)
    assert caught.value.hint.startswith("`lockenv config` shows where the proxy comes from")


def test_socks_without_its_package_is_reported(make_fetcher: MakeFetcher) -> None:
    if importlib.util.find_spec("socks"):
        pytest.skip("PySocks is installed")

    with pytest.raises(NetworkError, match="PySocks") as caught:
        make_fetcher(proxies={"https": "socks5://127.0.0.1:1"}).content("https://index.example/simple/a/")
    assert caught.value.hint.startswith("install it")


@pytest.mark.parametrize("proxy", ["http://me:secret@[", "http://", "http://me:secret@127.0.0.1:x", "ftp://p:1"])
def test_proxy_whose_url_is_none_is_asked_once(make_fetcher: MakeFetcher, proxy: str) -> None:
    with pytest.raises(NetworkError) as caught:
        make_fetcher(proxies={"https": proxy}).content("https://index.example/simple/a/")

    assert str(caught.value).endswith("the URL of the proxy for index.example is not valid")
    assert caught.value.hint.startswith("`lockenv config` shows where the proxy comes from")


def test_settings_show_no_password(make_fetcher: MakeFetcher) -> None:
    settings = make_fetcher(
        accounts=lambda: [Account(url="https://o/", user="me", password="secret")],
        proxies={"http": "http://me:secret@p"},
    ).settings

    assert "secret" not in repr(settings)


def test_warm_cache_loads_no_network_library(make_fetcher: MakeFetcher, index: LoopbackIndex) -> None:
    fetcher = make_fetcher()
    fetcher.page(f"{index.url}a/", "test-1", {}, lambda body, *_: body)
    program = f"""
import sys
before = set(sys.modules)
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
warm = Fetcher(FetchSettings(cache_dir={fetcher.settings.cache_dir!r}, offline=True))
warm.page({index.url + "a/"!r}, "test-1", {{}}, None)
heavy = {{"requests", "urllib3", "http.client", "ssl", "socket", "threading", "json"}}
print(*sorted(heavy & set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


def test_connection_that_is_given_back_while_others_are_dropped_is_dropped_too() -> None:
    transport = DirectTransport(FetchSettings(cache_dir=""), HostAddresses(socket.getaddrinfo))
    closed = []

    class Late(HTTPConnection):
        def close(self) -> None:
            closed.append(self.host)

    class First(Late):
        def close(self) -> None:
            super().close()
            transport.keep(place("http://late.example/"), Late("late.example"))

    transport.keep(place("http://first.example/"), First("first.example"))
    transport.close()

    assert closed == ["first.example", "late.example"]
