"""A transport that reports each request, and how it was answered, to a log.

In: another transport. Out: its replies. Never: a header, a query, a user or a password in the log.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lockenv.fetch.transport import TransportError
from lockenv.fetch.urls import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.fetch.transport import Reply, Transport
    from lockenv.fetch.urls import UrlPlace
    from lockenv.vocabulary.run_log import RunLog


class LoggedTransport:
    """Sends requests by `inner`, and reports each to `log` when its reply is closed."""

    def __init__(self, inner: Transport, log: RunLog) -> None:
        self._inner = inner
        self._log = log

    def send(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Ask for `place`."""
        what = f"{'GET' if body is None else 'POST'} {shown(place.url)}"
        if "Range" in headers:
            what += f" ({headers['Range']})"
        begun = time.monotonic()
        try:
            return _LoggedReply(self._inner.send(place, headers, body), what, begun, self._log)
        except TransportError as fault:
            self._log.detail(f"{what}: {fault.reason} after {_since(begun)}")
            raise

    def close(self) -> None:
        """Drop every connection."""
        self._inner.close()


class _LoggedReply:
    """A reply whose bytes are counted."""

    __slots__ = ("_begun", "_inner", "_log", "_size", "_what", "headers", "status")

    def __init__(self, inner: Reply, what: str, begun: float, log: RunLog) -> None:
        self._inner = inner
        self._what = what
        self._begun = begun
        self._log = log
        self._size = 0
        self.status = inner.status
        self.headers: Mapping[str, str] = inner.headers

    def read(self, limit: int) -> bytes:
        """Return the next bytes of the body."""
        part = self._inner.read(limit)
        self._size += len(part)
        return part

    def close(self) -> None:
        """Close the reply, and report it."""
        self._inner.close()
        self._log.received(self._size)
        self._log.detail(f"{self._what}: {self.status}, {self._size} bytes in {_since(self._begun)}")


def _since(begun: float) -> str:
    return f"{(time.monotonic() - begun) * 1000:.1f} ms"
