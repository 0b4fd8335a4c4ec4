"""A server that sends given bytes as its response, for fuzzing the reader of response headers.

In: the bytes of a whole answer, head and body. Out: nothing, or the LockenvError of a Fetcher that got it in answer to
each of its requests: for a page, for a file whose hash is known, for parts of one. Raises AssertionError when it asked
too often.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import shutil
import socket
import tempfile
import threading
from typing import TYPE_CHECKING, Any

from lockenv.errors import LockenvError
from lockenv.fetch import downloads, ranges
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.fetch.wanted import FileRequest
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Callable

_BODY = b"0123456789" * 20
_SHA256 = hashlib.sha256(_BODY).hexdigest()
_FILE = "bad-1.0-py3-none-any.whl"
_MOST = 4 * (1 + 5)
"""Each of four tries may be redirected five times."""


def seeds() -> list[bytes]:
    """Return honest answers of every kind that a fetch may meet."""
    length = b"Content-Length: %d\r\n" % len(_BODY)
    validators = (
        b'ETag: "abc"\r\nLast-Modified: Sat, 21 Nov 2026 08:00:00 GMT\r\nDate: Sat, 21 Nov 2026 09:00:00 GMT\r\n'
    )
    cached = b"Cache-Control: max-age=600, public\r\nAge: 12\r\nVary: Accept\r\n"
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY)
    return [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + length + validators + cached + b"\r\n" + _BODY,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: identity\r\n\r\n" + chunked,
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-199/200\r\n" + length + validators + b"\r\n" + _BODY,
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere/x?y=1#z\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 503 Busy\r\nRetry-After: Sat, 21 Nov 2026 09:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 304 Not Modified\r\nETag: W/"abc"\r\n\r\n',
        b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n" + _BODY,
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n" + length + b"\r\n" + _BODY,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8;a=b\r\n01234567\r\n0;c\r\nX-Trailer: y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + length + length + b"\r\n" + _BODY,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(_BODY, mtime=0) * 2,
    ]


class _Parrot:
    """Sends the same bytes to every client, and closes the connection."""

    def __init__(self) -> None:
        self.answer = b""
        self.asked = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._talk, daemon=True).start()

    def _talk(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            self.asked += 1
            with connection, contextlib.suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.5)
                while connection.recv(1 << 16):
                    pass


class Reader:
    """Requests from the parrot; nothing else can be reached meanwhile."""

    def __init__(self) -> None:
        self._parrot: _Parrot | None = None

    def __call__(self, content: bytes) -> None:
        if self._parrot is None:
            self._parrot = _Parrot()
        resolve, socket.getaddrinfo = socket.getaddrinfo, _only_loopback(socket.getaddrinfo)
        try:
            self._read(content, self._parrot)
        finally:
            socket.getaddrinfo = resolve

    def _read(self, content: bytes, parrot: _Parrot) -> None:
        parrot.answer = content
        cache = tempfile.mkdtemp(prefix="lockenv-fuzz-")
        settings = FetchSettings(
            cache_dir=cache, first_byte=1, connect_timeout=1, rate_window=1, connections=1, pause=lambda _: None
        )
        fetcher = Fetcher(settings)
        url = f"http://127.0.0.1:{parrot.port}/files/{_FILE}"
        wanted = FileRequest(url=url, filename=_FILE, sha256=Sha256(_SHA256), size=len(_BODY))
        asks: tuple[Callable[[], object], ...] = (
            lambda: fetcher.page(url, "page", {}, lambda body, *_: body),
            lambda: downloads.download(wanted, f"{cache}/archives", fetcher),
            lambda: ranges.open_remote(fetcher, url),
        )
        try:
            for ask in asks:
                parrot.asked = 0
                with contextlib.suppress(LockenvError):
                    ask()
                if parrot.asked > _MOST:
                    raise AssertionError(f"asked {parrot.asked} times")
        finally:
            fetcher.close()
            shutil.rmtree(cache)


def _only_loopback(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Return a resolver of names that knows this machine alone, so that a redirect leads nowhere else."""

    def known(host: object, *args: object, **kwargs: object) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *args, **kwargs)

    return known
