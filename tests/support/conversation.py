"""Speak HTTP/1.1 with one client, rightly or with a fault.

Duty: requests to answers: tags, ranges, credentials, the faults. What there is to answer, the index knows.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tests.support.faults import Answer, Drip, Fault, Garbage, Redirect, Reset, Stall, Status, Truncate, WrongBytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.server import LoopbackIndex


class Request(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""


class Body(NamedTuple):
    """What a path holds."""

    content: bytes
    content_type: str
    cache_control: str


class Conversation(BaseHTTPRequestHandler):
    """One connection, kept alive until either side has had enough."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def __init__(self, connection: socket.socket, address: tuple[str, int], index: LoopbackIndex) -> None:
        self.index = index
        super().__init__(connection, address, index)  # type: ignore[arg-type]  # it never asks its server for anything

    def do_GET(self) -> None:
        assert isinstance(self.headers, Message)
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = self.index.received(Request(self.command, self.path, headers))
        if fault is not None:
            self._misbehave(fault, headers)
        else:
            self._answer(headers, None)
        self.wfile.flush()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        pass

    def _answer(self, headers: Mapping[str, str], fault: Fault | None) -> None:
        if not self.index.admits(headers):
            self._send(401, {"WWW-Authenticate": 'Basic realm="index"'}, b"", fault)
            return
        match self.index.find(urlsplit(self.path).path, headers.get("accept", "")):
            case None:
                self._send(404, {"Content-Type": "text/plain"}, b"not found", fault)
            case str(moved):
                self._send(301, {"Location": moved}, b"", fault)
            case body:
                self._send_body(body, headers, fault)

    def _send_body(self, body: Body, headers: Mapping[str, str], fault: Fault | None) -> None:
        described = {"Content-Type": body.content_type, "Cache-Control": body.cache_control, "Vary": "Accept"}
        tag = f'"{hashlib.sha256(body.content).hexdigest()[:20]}"' if self.index.etags else ""
        if tag:
            described["ETag"] = tag
            if tag in [given.strip() for given in headers.get("if-none-match", "").split(",")]:
                self._send(304, described, b"", fault)
                return
        if self.index.ranges and self.path.startswith("/files/"):
            described["Accept-Ranges"] = "bytes"
            wanted = headers.get("range", "")
            if wanted and headers.get("if-range", tag) == tag:
                self._send_range(body.content, described, wanted, fault)
                return
        self._send(200, described, body.content, fault)

    def _send_range(self, content: bytes, described: dict[str, str], wanted: str, fault: Fault | None) -> None:
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
        if match is None or match[0] == "bytes=-":
            self._send(200, described, content, fault)
            return
        first, last = match[1], match[2]
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last), len(content) - 1) if first and last else len(content) - 1
        if start > end:
            self._send(416, {"Content-Range": f"bytes */{len(content)}"}, b"", fault)
            return
        described["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        self._send(206, described, content[start : end + 1], fault)

    def _misbehave(self, fault: Fault, headers: Mapping[str, str]) -> None:
        self.close_connection = True
        match fault:
            case Status(code, retry_after):
                self.close_connection = False
                self._send(code, {"Retry-After": retry_after} if retry_after else {}, b"", None)
            case Answer(body, extra, code):
                self.close_connection = False
                self._send(code, extra, body, None)
            case Redirect(url, code):
                self.close_connection = False
                self._send(code, {"Location": url}, b"", None)
            case Reset():
                # A socket closed with a linger of zero seconds sends RST instead of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case Garbage():
                self.wfile.write(b"\x00\x01 this is no HTTP \xff\xfe\r\n\r\n")
            case Stall(seconds, None):
                self.index.wait(seconds)
            case Stall() | Truncate() | Drip() | WrongBytes():
                self._answer(headers, fault)

    def _send(self, code: int, headers: Mapping[str, str], body: bytes, fault: Fault | None) -> None:
        self.send_response(code)
        names = {name.lower() for name in headers}
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-length" not in names and code != 304:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and code != 304:
            self._write(body, fault)

    def _write(self, body: bytes, fault: Fault | None) -> None:
        match fault:
            case Truncate(after):
                self.wfile.write(body[: len(body) // 2 if after is None else after])
            case Stall(seconds, after):
                self.wfile.write(body[:after])
                self.wfile.flush()
                self.index.wait(seconds)
            case Drip(interval, piece):
                for position in range(0, len(body), piece):
                    self.wfile.write(body[position : position + piece])
                    self.wfile.flush()
                    self.index.wait(interval)
            case WrongBytes() if body:
                middle = len(body) // 2
                self.wfile.write(body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :])
            case _:
                self.wfile.write(body)
