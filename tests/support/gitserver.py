"""Serve bare git repositories on the loopback interface, as files: what git calls the dumb protocol."""

from __future__ import annotations

import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from tests.support.sources import git

if TYPE_CHECKING:
    from pathlib import Path


class GitServer:
    """Repositories below `directory` at `url`, from `__enter__` to `__exit__`; `paths` are what was asked."""

    def __init__(self, directory: Path, host: str = "127.0.0.1") -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.paths: list[str] = []
        self._server = ThreadingHTTPServer((host, 0), _handler(str(directory), self.paths))
        self._server.daemon_threads = True
        self.host = f"{host}:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def publish(self, sources: Path, name: str) -> str:
        """Serve what the repository at `sources` has now as `name`; return its URL."""
        bare = self._directory / name
        if not bare.exists():
            git(sources, "clone", "--quiet", "--bare", str(sources), str(bare))
        git(sources, "push", "--quiet", "--mirror", "--force", str(bare))
        git(bare, "update-server-info")
        return f"{self.url}/{name}"

    def stop(self) -> None:
        """Refuse all later connections."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _handler(directory: str, paths: list[str]) -> type[SimpleHTTPRequestHandler]:
    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, request: Any, client_address: Any, server: Any) -> None:
            super().__init__(request, client_address, server, directory=directory)

        def do_GET(self) -> None:
            paths.append(self.path)
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its parent calls it
            """Print nothing."""

    return Handler
