"""A recorded index on the loopback interface, for benchmarks: every tool asks the same server, without a network.

    python -m tests.benchmarks.snapshot DIR [--port PORT] [--from URL]

With `--from`, what DIR lacks is fetched once from the index at that URL (PEP 691 pages, PEP 658 metadata) and kept;
without it, DIR is served as it is, and what it lacks is missing. nginx serves what is there, so that no tool waits for
this process: pages compressed beforehand and with `Cache-Control: max-age=600`, as a large index has them, files with
ranges. Ends when it is interrupted, and nginx with it. Run a race once with `--from` to record, and again without it to
measure: what an index does not have is asked for each time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import requests

_JSON = "application/vnd.pypi.simple.v1+json"
_CONFIGURATION = """
daemon off; worker_processes 1; pid {root}/nginx.pid; error_log {root}/nginx.log; {user}
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nodelay on; keepalive_requests 100000; keepalive_timeout 65; absolute_redirect off;
  client_body_temp_path {root}/temporary; proxy_temp_path {root}/temporary; fastcgi_temp_path {root}/temporary;
  uwsgi_temp_path {root}/temporary; scgi_temp_path {root}/temporary;
  types {{ {json} json; }} default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{port}; root {root}; gzip_static on; etag on;
    location ~ ^/simple/(?<name>[^/]+)/?$ {{
      add_header Cache-Control "max-age=600, public"; try_files /simple/$name.json @missing;
    }}
    location /files/ {{ add_header Cache-Control "max-age=31536000, immutable"; try_files $uri @missing; }}
    location @missing {{ {missing} }}
  }}
}}
"""


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve a recorded index.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=8490)
    parser.add_argument("--from", dest="origin", default="", metavar="URL", help="where to fetch what is missing")
    arguments = parser.parse_args()
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        sys.stderr.write("nginx is needed to serve the recorded index; Debian has it in the package nginx-light\n")
        return 2
    root = arguments.directory.resolve()
    for name in ("simple", "files", "temporary"):
        (root / name).mkdir(parents=True, exist_ok=True)
    recorder = _Recorder(root, arguments.origin)
    missing = "return 404;"
    if arguments.origin:
        server = ThreadingHTTPServer(("127.0.0.1", 0), recorder.handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        missing = f"proxy_method GET; proxy_pass http://127.0.0.1:{server.server_address[1]}; proxy_read_timeout 300;"
    user = "user root;" if os.name == "posix" and os.geteuid() == 0 else ""
    text = _CONFIGURATION.format(root=root, port=arguments.port, missing=missing, json=_JSON, user=user)
    (root / "nginx.conf").write_text(text, encoding="utf-8")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    child = subprocess.Popen([nginx, "-c", str(root / "nginx.conf"), "-e", str(root / "nginx.log")])
    print(f"http://127.0.0.1:{arguments.port}/simple/", flush=True)
    try:
        return child.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        child.terminate()
        child.wait()


class _Recorder:
    """Fetches what the directory lacks, and keeps it."""

    def __init__(self, root: Path, origin: str) -> None:
        self._root = root
        self._origin = origin
        self._local = threading.local()
        self._origins: dict[str, str] = {}
        """Where each file is at the index, by its path here."""
        for kept in sorted((root / "origins").glob("*.json")):
            self._origins |= json.loads(kept.read_text(encoding="utf-8"))

    def answer(self, path: str) -> bytes | None:
        """Return what belongs at `path`, which is kept from now on; None when the index has nothing there."""
        page = re.fullmatch(r"/simple/([a-z0-9-]+)/?", path)
        if page:
            return self._page(page[1])
        if re.fullmatch(r"/files/[0-9a-f]{64}/[^/]+", path):
            return self._file(path)
        return None

    def _page(self, name: str) -> bytes | None:
        url = urljoin(self._origin.rstrip("/") + "/", f"{name}/")
        found = self._get(url, {"Accept": _JSON})
        if found is None:
            return None
        page: dict[str, Any] = json.loads(found)
        origins = {}
        for file in page["files"]:
            digest = file["hashes"].get("sha256", "")
            place = f"/files/{digest}/{file['filename']}"
            origins[place] = urljoin(url, file["url"])
            file["url"] = place
            file.pop("provenance", None)
        self._origins |= origins
        self._keep(f"origins/{name}.json", json.dumps(origins).encode())
        content = json.dumps(page, separators=(",", ":")).encode()
        self._keep(f"simple/{name}.json.gz", gzip.compress(content, 6, mtime=0))
        self._keep(f"simple/{name}.json", content)
        return content

    def _file(self, path: str) -> bytes | None:
        place = unquote(path)
        url = self._origins.get(place.removesuffix(".metadata"))
        if url is None:
            return None
        content = self._get(f"{url}.metadata" if place.endswith(".metadata") else url, {})
        if content is not None:
            self._keep(place.lstrip("/"), content)
        return content

    def _get(self, url: str, headers: dict[str, str]) -> bytes | None:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        answer = self._local.session.get(url, headers=headers, timeout=120)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        content: bytes = answer.content
        return content

    def _keep(self, name: str, content: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{threading.get_ident()}")
        temporary.write_bytes(content)
        temporary.replace(path)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Return the class that answers requests with what this recorder fetches."""
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    content = recorder.answer(self.path)
                except requests.RequestException as error:
                    self.send_error(502, explain=str(error))
                    return
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                if self.path.startswith("/simple/"):
                    self.send_header("Content-Type", _JSON)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
                pass

        return Handler


if __name__ == "__main__":
    raise SystemExit(main())
