"""What fetching asks of a transport, in two methods, and how a transport says that it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.fetch.urls import UrlPlace


class Reply(Protocol):
    """The head of a response, and its body as it comes."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""

    def read(self, limit: int) -> bytes:
        """Return the next bytes of the body as the server sent them, at most `limit`; empty at its end.

        Raises TransportError when the connection breaks, stalls or ends early.
        """

    def close(self) -> None:
        """Keep the connection for the next request when the body was read to its end; drop it otherwise."""


class Transport(Protocol):
    """Sends one request and returns the reply; follows no redirect, retries nothing, adds no credentials."""

    def send(self, place: UrlPlace, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Ask for `place`, by GET, or by POST where there is a body. Safe to call from several threads.

        Raises TransportError when there is no answer.
        """

    def close(self) -> None:
        """Drop every connection."""


class TransportError(Exception):
    """No answer, or only a part of one: `reason` completes the sentence `URL cannot be fetched: ...`."""

    def __init__(
        self,
        reason: str,
        *,
        is_timeout: bool = False,
        is_final: bool = False,
        at_once: bool = False,
        hint: str = "try again later, or use --offline to work from the cache",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.is_timeout = is_timeout
        self.is_final = is_final
        """True when another try cannot help, as with an untrusted certificate."""
        self.at_once = at_once
        """True when a kept connection had been closed meanwhile: the next try need not wait."""


def too_slow(window: float) -> TransportError:
    """Return the fault of a body that came too slowly."""
    return TransportError(f"the server sent almost no data for {window:.0f} s", is_timeout=True)
