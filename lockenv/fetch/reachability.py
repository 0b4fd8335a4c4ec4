"""Ask one page of a server, once, and measure how long the answer takes.

In: a fetcher and URLs. Out: a status and milliseconds, or why there is none. Never: reading the answer, keeping it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lockenv.errors import LockenvError, NetworkError
from lockenv.fetch.denied_access import DENIALS
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.transport import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a server answered one request."""

    status: int = 0
    """0 where it did not answer."""
    milliseconds: float = 0
    """From the request, with the connection that it needed, to the head of the answer."""
    error: LockenvError | None = None
    """Why it is of no use; None where it is."""


def reached(source: Fetcher, url: str, headers: Mapping[str, str]) -> Reach:
    """Return how the server of `url` answers; any status but a denial and those of a server that fails will do.

    The request is sent once: what another try would answer is not what this one did.
    """
    started = time.perf_counter()
    milliseconds = 0.0

    def consume(reply: Reply, final: str) -> int:
        nonlocal milliseconds
        milliseconds = (time.perf_counter() - started) * 1000
        if reply.status in DENIALS or reply.status >= 500:
            raise source.exchange.declined(reply, final)
        return reply.status

    try:
        status = source.exchange.get(url, headers, consume, tries=1)
    except NetworkError as error:
        return Reach(status=error.status, milliseconds=milliseconds, error=error)
    except LockenvError as error:
        return Reach(milliseconds=milliseconds, error=error)
    return Reach(status=status, milliseconds=milliseconds)
