"""Serve bare git repositories on the loopback interface, as files: what git calls the dumb protocol."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from tests.support.sources import git

if TYPE_CHECKING:
    from pathlib import Path


class GitServer:
    """Repositories below `directory` at `url`, from `__enter__` to `__exit__`; `paths` are what was asked."""

    def __init__(self, directory: Path, host: str = "127.0.0.1") -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.paths: list[str] = []
        self._server = ThreadingHTTPServer((host, 0), functools.partial(_Handler, self.paths, str(directory)))
        self._server.daemon_threads = True
        self.host = f"{host}:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def publish(self, sources: Path, name: str) -> str:
        """Serve what the repository at `sources` has now as `name`; give its URL."""
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


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, paths: list[str], directory: str, *args: object) -> None:
        self._paths = paths
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]  # what the server hands on

    def send_head(self):  # type: ignore[no-untyped-def]
        self._paths.append(self.path)
        return super().send_head()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
