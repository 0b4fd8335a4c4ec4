"""HTTP/1.1 messages: a request as bytes, and an answer from the stream of a connection (RFC 9112).

A place, fields and a stream go in; bytes, a status, fields and the pieces of a body come out. Strict about framing, and
loads nothing: the standard library's client parses fields as those of an e-mail, and costs more to load than a lock of
a small project waits for its first answers. Never: a connection, a redirect, a coding but `chunked`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.fetch.transport import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from io import BufferedReader

    from lockenv.fetch.urls import UrlPlace

_LONGEST_LINE = 1 << 16
_MOST_FIELDS = 100
_HEXADECIMAL = b"0123456789abcdefABCDEF"
_WITHOUT_BODY = (204, 304)
"""RFC 9112 section 6.3: such an answer ends with its head, whatever length it states."""


class HttpFault(Exception):  # noqa: N818  # it is read where it is caught, and raised again as a TransportError
    """What arrived is no answer."""


class EarlyEnd(Exception):  # noqa: N818  # the same
    """The connection ended before an answer was complete; nothing of it may have arrived."""


def request(place: UrlPlace, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Return the message that asks for `place`, by POST where there is a body. Raises HttpFault for an odd field."""
    lines = [f"{'GET' if body is None else 'POST'} {place.target} HTTP/1.1", f"Host: {place.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not any(name.lower() == "accept-encoding" for name in headers):
        lines.append("Accept-Encoding: identity")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if " " in place.target or head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise HttpFault("the request would have a line break within a line")
    try:
        return f"{head}\r\n\r\n".encode("latin-1") + (body or b"")
    except UnicodeEncodeError as error:
        raise HttpFault("the request would have a character that no field may have") from error


class Answer:
    """The answer that a stream begins with: its head, and its body as it comes."""

    __slots__ = ("_chunk", "_left", "_stream", "headers", "is_kept", "is_over", "status")

    def __init__(self, stream: BufferedReader) -> None:
        """Read the head. Raises HttpFault, EarlyEnd, OSError, and TransportError for a body without an end."""
        self._stream = stream
        version, self.status = _status(stream)
        fields = _fields(stream)
        while 100 <= self.status < 200:
            # RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final
            # response"; 101 answers an upgrade, which is never asked for.
            if self.status == 101:
                raise HttpFault("it switches protocols without a request")
            version, self.status = _status(stream)
            fields = _fields(stream)
        self.headers = combined(fields)
        """By lower-case name."""
        length = stated_length(self.headers)
        self._chunk = 0 if self.headers.get("transfer-encoding") else None
        """Bytes that are left of the chunk that is read; None where the body has none."""
        self._left = 0 if self.status in _WITHOUT_BODY else None if self._chunk is not None else length
        """Bytes that are left of a body of known length; None for another."""
        options = self.headers.get("connection", "").lower()
        self.is_kept = "close" not in options and (version != "HTTP/1.0" or "keep-alive" in options)
        """Whether the connection may serve again after this answer."""
        if self._left is None and self._chunk is None:
            self.is_kept = False
        self.is_over = self._left == 0
        """Whether the body was read to its end."""

    def read(self, limit: int) -> bytes:
        """Return the next bytes of the body, at most `limit`; empty at its end.

        Raises TransportError for one that ends early, HttpFault, EarlyEnd and OSError.
        """
        if self.is_over or limit <= 0:
            return b""
        if self._chunk is not None and self._left is None:
            return self._of_chunks(limit)
        part = self._stream.read1(limit if self._left is None else min(limit, self._left))
        if self._left is not None:
            self._left -= len(part)
            if not part:
                raise TransportError(f"the connection ended {self._left} bytes before the end of the body")
        self.is_over = self._left == 0 if self._left is not None else not part
        return part

    def _of_chunks(self, limit: int) -> bytes:
        if not self._chunk:
            self._chunk = _chunk_size(self._stream)
            if not self._chunk:
                _fields(self._stream)  # of the trailer, in which nothing is looked for
                self.is_over = True
                return b""
        part = self._stream.read1(min(limit, self._chunk))
        if not part:
            raise TransportError("the connection ended before the end of the body")
        self._chunk -= len(part)
        if not self._chunk and self._stream.readline(3) not in (b"\r\n", b"\n"):
            raise HttpFault("a chunk is longer than it states")
        return part


def _status(stream: BufferedReader) -> tuple[str, int]:
    """Return the version and the status of the answer that begins."""
    line = _line(stream)
    if not line:
        raise EarlyEnd
    version, _, rest = line.decode("latin-1").strip().partition(" ")
    status = rest.lstrip(" ")[:3]
    is_number = len(status) == 3 and status.isascii() and status.isdigit() and rest.lstrip(" ")[3:4] in ("", " ")
    if not version.startswith("HTTP/1.") or not is_number or int(status) < 100:
        raise HttpFault(line[:100].decode("latin-1"))
    return version, int(status)


def _fields(stream: BufferedReader) -> list[tuple[str, str]]:
    """Return the fields up to the line that ends them, in order."""
    found: list[tuple[str, str]] = []
    count = 0
    while (line := _line(stream)) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n"):
            raise EarlyEnd
        count += 1
        if count > _MOST_FIELDS:
            raise HttpFault(f"more than {_MOST_FIELDS} fields")
        text = line.decode("latin-1")
        if text[0] in " \t" and found:
            # RFC 9112 section 5.2: a user agent "MUST replace each received obs-fold with one or more SP octets".
            name, value = found[-1]
            found[-1] = (name, f"{value} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        # RFC 9112 section 5.1: "No whitespace is allowed between the field name and colon."
        if not colon or not name or not name.isprintable() or " " in name:
            raise HttpFault(f"a field without a name: {text[:60].strip()}")
        found.append((name, value.strip()))
    return found


def _line(stream: BufferedReader) -> bytes:
    line = stream.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE:
        raise HttpFault("a line is too long")
    return line


def _chunk_size(stream: BufferedReader) -> int:
    # RFC 9112 section 7.1: a size is hexadecimal digits alone, which `int` does not insist on.
    line = stream.readline(_LONGEST_LINE)
    size = line.partition(b";")[0].rstrip(b" \t\r\n")
    if not line.endswith(b"\n") or not 0 < len(size) < 16 or size.strip(_HEXADECIMAL):
        raise HttpFault("the size of a chunk is not a number" if line else "the response ends within a chunk")
    return int(size, 16)


def combined(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the `fields` of a head by lower-case name; those of one name as RFC 9110, section 5.3, joins them."""
    found: dict[str, str] = {}
    for name, value in fields:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def stated_length(headers: Mapping[str, str]) -> int | None:
    """Return how long the body is, as `headers` of an answer say it; None where only its end says so.

    Raises TransportError for a length that is none, and for a transfer coding that was not asked for.
    """
    coding = headers.get("transfer-encoding", "").strip().lower()
    if coding:
        # RFC 9112 section 6.3: "If a message is received with both a Transfer-Encoding and a Content-Length header
        # field, the Transfer-Encoding overrides the Content-Length."
        if coding != "chunked":
            raise TransportError("the server uses an unrequested transfer encoding", is_final=True)
        return None
    stated = headers.get("content-length")
    if stated is None:
        return None
    if stated.isascii() and stated.isdigit() and len(stated) < 19:
        return int(stated)
    # The same, rule 5: the same length several times is that length; what else is no number is an error.
    values = {value.strip() for value in stated.split(",")}
    value = values.pop()
    if values or not (value.isascii() and value.isdigit() and len(value) < 19):
        raise TransportError("the server sent an invalid Content-Length header", is_final=True)
    return int(value)
