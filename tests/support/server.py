"""Serve a package index on the loopback interface: real HTTP/1.1, with faults on demand.

`with LoopbackIndex() as index:` serves an index at `index.url`; `index.add(wheel("a", "1.0"))` puts a file on it;
`index.fail("/files/", Status(500), times=1)` makes it misbehave. What was asked is in `index.requests`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import ssl
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import unquote

from tests.support import pages
from tests.support.conversation import Body, Conversation, Request
from tests.support.faults import (
    After,
    Answer,
    Drip,
    Fault,
    Garbage,
    Planned,
    Redirect,
    Reset,
    Stall,
    Status,
    Truncate,
    WrongBytes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from tests.support.wheels import Built

__all__ = [
    "After",
    "Answer",
    "Drip",
    "Fault",
    "Garbage",
    "LoopbackIndex",
    "Redirect",
    "Request",
    "Reset",
    "Stall",
    "Status",
    "Truncate",
    "WrongBytes",
]

Formats = Literal["both", "json", "html"]
_PATIENCE = 30.0
"""Seconds in which a client surely asks for what it is waited for."""


class LoopbackIndex:
    """An index on 127.0.0.1, from `__enter__` to `__exit__`. Attributes may be changed at any time."""

    def __init__(
        self,
        *,
        formats: Formats = "both",
        ranges: bool = True,
        credentials: tuple[str, str] | None = None,
        encryption: ssl.SSLContext | None = None,
    ) -> None:
        self.formats: Formats = formats
        self.ranges = ranges
        """Whether files answer range requests."""
        self.credentials = credentials
        """User and password that every request must bring (basic authentication)."""
        self.encryption = encryption
        self.certificates: list[bytes | None] = []
        """What each client of an encrypted server showed of itself, DER; None where it showed nothing."""
        self.etags = True
        self.absolute_urls = False
        """Whether pages write the whole URL of a file, not one relative to the page."""
        self.api_version = "1.1"
        self.page_cache_control = "max-age=600, public"
        self.file_cache_control = "max-age=365000000, immutable, public"
        self.statuses: dict[str, tuple[str, str]] = {}
        """Normalized name to PEP 792 status and reason."""
        self.serials: dict[str, int] = {}
        """Normalized name to the number of its last change, which its page states."""
        self.requests: list[Request] = []
        """In the order in which they were read; several clients interleave."""
        self._projects: dict[str, list[pages.Listing]] = {}
        self._files: dict[str, bytes] = {}
        self._provenances: dict[str, bytes] = {}
        self._planned: list[Planned] = []
        self._lock = threading.Lock()
        self._heard = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def origin(self) -> str:
        return f"{'https' if self.encryption else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The simple root, with a slash at its end."""
        return f"{self.origin}/simple/"

    @property
    def paths(self) -> list[str]:
        """The paths of all requests so far."""
        return [request.path for request in self.requests]

    def file_url(self, filename: str) -> str:
        """Return the URL at which a file is served."""
        return f"{self.origin}/files/{filename}"

    def provenance_url(self, filename: str) -> str:
        """Return the URL at which the provenance object of a file is served."""
        return f"{self.origin}/integrity/{filename}/provenance"

    def add(
        self,
        built: Built,
        *,
        yanked: str | None = None,
        requires_python: str | None = None,
        upload_time: str = "",
        metadata: bool | pages.MetadataFile = True,
        metadata_sha256: str | None = None,
        sha256: bool | str = True,
        size: bool = True,
        url: str = "",
        provenance: bytes | str = "",
    ) -> None:
        """Put a file on its project's page; one of the same name is replaced.

        `yanked` is the reason, "" for none given. `requires_python` is what the page says, by default what the file
        says. A `sha256` or `metadata_sha256` that is a text is served instead of the true one; `metadata_sha256=""`
        serves none. A `url` is listed as it is, instead of the place where the file is served. A `provenance` is
        served as the provenance object of the file (PEP 740); one that is a text is listed as its URL.
        """
        served: pages.MetadataFile = "served" if metadata is True and built.is_wheel else "absent"
        state = served if isinstance(metadata, bool) else metadata
        digest = hashlib.sha256(built.metadata).hexdigest() if metadata_sha256 is None else metadata_sha256
        listing = pages.Listing(
            built=built,
            url=url,
            yanked=yanked,
            requires_python=built.requires_python if requires_python is None else requires_python,
            upload_time=upload_time,
            metadata=state,
            has_sha256=sha256 is not False,
            sha256=sha256 if isinstance(sha256, str) else built.sha256,
            has_size=size,
            metadata_sha256=digest,
            provenance=provenance if isinstance(provenance, str) else self.provenance_url(built.filename),
        )
        with self._lock:
            listed = self._projects.setdefault(_normalize(built.name), [])
            listed[:] = [other for other in listed if other.built.filename != built.filename] + [listing]
            self._files[built.filename] = built.content
            if isinstance(provenance, bytes):
                self._provenances[built.filename] = provenance
            if state in ("served", "present-but-unadvertised"):
                self._files[f"{built.filename}.metadata"] = built.metadata

    def add_python(self, filename: str, content: bytes) -> None:
        """Serve the archive of a Python where a mirror has it: below `pythons`, in the directory of its release."""
        with self._lock:
            self._files[filename] = content

    def add_all(self, *built: Built) -> None:
        """Put files on their projects' pages, nothing special about any."""
        for one in built:
            self.add(one)

    def remove(self, filename: str) -> None:
        """Take a file off its page; its URL answers 404 from now on."""
        with self._lock:
            for listed in self._projects.values():
                listed[:] = [listing for listing in listed if listing.built.filename != filename]
            self._files.pop(filename, None)
            self._files.pop(f"{filename}.metadata", None)

    def fail(self, pattern: str, fault: Fault, *, times: int | None = 1, skip: int = 0) -> None:
        """Let `fault` befall the next `times` (None: all) requests whose path matches, after `skip` good answers.

        The first plan that still holds wins.
        """
        with self._lock:
            self._planned.append(Planned(pattern=re.compile(pattern), fault=fault, times=times, skip=skip))

    def heal(self) -> None:
        """Forget all planned faults."""
        with self._lock:
            self._planned.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop answering at once; later connections are refused."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._thread.join()
        self._socket.close()
        self.hang_up()

    def hang_up(self) -> int:
        """Close every connection, as a server does with those that are idle; return how many there were."""
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            return len(self._connections)

    def wait(self, seconds: float) -> None:
        """Let time pass, no longer than the server lives."""
        self._stopping.wait(seconds)

    def received(self, request: Request) -> Fault | None:
        """Note a request; return the fault that befalls it."""
        with self._heard:
            self.requests.append(request)
            self._heard.notify_all()
            fault = next((planned.fault for planned in self._planned if planned.strikes(request.path)), None)
            if isinstance(fault, After):
                awaited, fault = fault.paths, fault.then
                self._heard.wait_for(lambda: awaited.issubset(self.paths), _PATIENCE)
        return fault

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request brings the credentials that are asked for."""
        if self.credentials is None:
            return True
        expected = base64.b64encode(":".join(self.credentials).encode()).decode()
        return headers.get("authorization") == f"Basic {expected}"

    def find(self, path: str, accept: str) -> Body | str | None:
        """Return what `path` holds, the path it moved to, or None when there is nothing."""
        parts = [unquote(part) for part in path.split("/")[1:]]
        with self._lock:
            match parts:
                case ["files", filename] if filename in self._files:
                    return Body(self._files[filename], "application/octet-stream", self.file_cache_control)
                case ["pythons", release, filename] if filename in self._files and f"+{release}-" in filename:
                    return Body(self._files[filename], "application/gzip", self.file_cache_control)
                case ["integrity", filename, "provenance"] if filename in self._provenances:
                    return Body(self._provenances[filename], pages.PROVENANCE, self.page_cache_control)
                case ["simple", ""]:
                    return self._page(None, accept)
                case ["simple", name, *rest] if _normalize(name) in self._projects and rest in ([], [""]):
                    if rest == [""] and name == _normalize(name):
                        return self._page(name, accept)
                    return f"/simple/{_normalize(name)}/"
        return None

    def _page(self, name: str | None, accept: str) -> Body:
        content_type = self._negotiate(accept)
        is_json = content_type == pages.JSON
        if name is None:
            names = sorted(self._projects)
            root = pages.root_json if is_json else pages.root_html
            return Body(root(names, api_version=self.api_version), content_type, self.page_cache_control)
        write = pages.project_json if is_json else pages.project_html
        content = write(
            name,
            [self._located(listing) for listing in self._projects[name]],
            api_version=self.api_version,
            status=self.statuses.get(name),
        )
        if name in self.serials:
            content = pages.with_serial(content, self.serials[name], is_json=is_json)
        return Body(content, content_type, self.page_cache_control)

    def _located(self, listing: pages.Listing) -> pages.Listing:
        if listing.url:
            return listing
        filename = listing.built.filename
        return replace(listing, url=self.file_url(filename) if self.absolute_urls else f"../../files/{filename}")

    def _negotiate(self, accept: str) -> str:
        if self.formats == "json":
            return pages.JSON
        acceptable = [kind.partition(";")[0].strip() for kind in accept.split(",")]
        if self.formats == "both" and pages.JSON in acceptable:
            return pages.JSON
        return pages.HTML if pages.HTML in acceptable else pages.PLAIN_HTML

    def _accept(self) -> None:
        while True:
            connection, address = self._socket.accept()
            if self._stopping.is_set():
                connection.close()
                return
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(OSError, ValueError):
                if self.encryption is None:
                    Conversation(connection, address, self)
                    return
                with self.encryption.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                ) as encrypted:
                    _shake_hands(encrypted)
                    self.certificates.append(encrypted.getpeercert(binary_form=True))
                    Conversation(encrypted, address, self)
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()


def _shake_hands(encrypted: ssl.SSLSocket) -> None:
    """Agree on an encryption; a client that is turned away hears why before the connection ends."""
    try:
        encrypted.do_handshake()
    except ssl.SSLError:
        # A connection that is closed while it has something unread takes the alert with it.
        encrypted.shutdown(socket.SHUT_WR)
        encrypted.settimeout(5)
        while encrypted.recv(1 << 16):
            pass
        raise


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
