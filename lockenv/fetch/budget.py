"""What one answer of a server may cost: bytes on the wire beside its body, and time.

A budget starts with the request and ends with the reply. What is here holds for heads, bodies and trailers alike,
and below both transports: they read through `lockenv.fetch.wire`, which counts what arrives. How long a body may be is
the reader's to say; this says what may come with it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lockenv.fetch.transport import TransportError, too_slow

if TYPE_CHECKING:
    from lockenv.fetch.settings import FetchSettings

READ_AHEAD = 1 << 18
"""At most so many bytes are read from the wire before the body's reader gets them."""


class Budget:
    """Counts what one answer costs; bytes and seconds."""

    __slots__ = ("_arrived", "_before", "_began", "_delivered", "_is_body", "_most", "_settings", "_waited")

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._began = time.monotonic()
        self._arrived = 0
        self._delivered = 0
        self._before = 0
        """What was delivered before the window of time that is looked at."""
        self._most = settings.framing_limit + READ_AHEAD
        self._is_body = False
        self._waited = 0.0
        """Seconds for which the body was waited for: a reader that could not read for long finds no slow server."""

    @property
    def is_body(self) -> bool:
        """Whether the head was read."""
        return self._is_body

    def wait(self) -> float:
        """Return how long the next bytes may take; a window that brought enough ends with no short wait."""
        settings = self._settings
        if self._is_body and self._delivered - self._before >= settings.minimum_rate * settings.rate_window:
            return settings.rate_window
        allowed = settings.rate_window if self._is_body else settings.first_byte
        return max(0.001, self._began + allowed - time.monotonic())

    def arrived(self, count: int, waited: float = 0) -> None:
        """Note that `count` bytes came over the wire, after `waited` seconds.

        Raises TransportError when more came than heads, chunk sizes and trailers may have beside what was delivered, or
        when the body stops meanwhile.
        """
        self._arrived += count
        if self._arrived > self._most + 2 * self._delivered:
            raise TransportError("the server sends an endless stream of headers or chunks", is_final=True)
        if self._is_body:
            self._waited += waited
            self._keep_pace(count)
        elif time.monotonic() - self._began > self._settings.first_byte:
            raise TimeoutError

    def headed(self) -> None:
        """Note that the head was read: from now on the body must keep its pace."""
        self._is_body = True
        self._began = time.monotonic()

    def delivered(self, count: int) -> None:
        """Note that the reader got `count` bytes of the body."""
        self._delivered += count

    def _keep_pace(self, count: int) -> None:
        """Raise TransportError when a window of time brought too few bytes before the last `count`, and these are few.

        They count, whatever they are: a reader that could not read for long must find no slow server behind it.
        """
        now = time.monotonic()
        if now - self._began >= self._settings.rate_window:
            window = self._settings.rate_window
            if self._delivered - self._before + count < self._settings.minimum_rate * window:
                raise too_slow(window)
            self._began, self._before = now, self._delivered
        beyond = self._waited - self._settings.patience
        if beyond > 0 and self._delivered + count < self._settings.average_rate * beyond:
            raise TransportError(
                f"the download was slower than {self._settings.average_rate} bytes per second for too long",
                is_final=True,
            )
