"""The system's store of certificates, in a directory of this test's own, and real encrypted connections."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import NetworkError
from lockenv.fetch.trusted_certificates import TrustedCertificates
from tests.support.certificates import make, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.fetch.conftest import MakeFetcher

needs_openssl_store = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="the system's store is not one of OpenSSL"
)


class Page(BaseHTTPRequestHandler):
    """Answers every request with an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The origin of a server whose certificate is in the system's store."""
    certificate = make(tmp_path / "certificate.pem")
    store = tmp_path / "store"
    store.mkdir()
    openssl = str(shutil.which("openssl"))
    command = [openssl, "x509", "-noout", "-hash", "-in", str(certificate)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    shutil.copy(certificate, store / f"{name}.0")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(store))
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        server.socket = serving(certificate).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@needs_openssl_store
def test_store_of_the_system_is_trusted(encrypted: str, make_fetcher: MakeFetcher) -> None:
    assert make_fetcher().content(f"{encrypted}/x") == b""


@needs_openssl_store
def test_store_of_the_system_is_read_once() -> None:
    trust = TrustedCertificates("")

    assert trust.context() is trust.context()


@needs_openssl_store
def test_server_that_does_not_greet_holds_up_no_other(encrypted: str, make_fetcher: MakeFetcher) -> None:
    fetcher = make_fetcher(tries=1)

    def ask(port: int) -> None:
        with suppress(NetworkError):
            fetcher.content(f"https://127.0.0.1:{port}/x")

    with socket.create_server(("127.0.0.1", 0)) as silent:
        waiting = threading.Thread(target=ask, args=(silent.getsockname()[1],))
        waiting.start()
        connection, _ = silent.accept()
        with connection:
            # Its greeting is under way.
            connection.recv(1)
            answered = fetcher.content(f"{encrypted}/x")
            is_waiting = waiting.is_alive()
        waiting.join()

    assert (answered, is_waiting) == (b"", True)
