"""What a loopback index may do instead of answering as it should."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Status:
    """An empty answer of this status, such as 404, 500, 503."""

    code: int
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer made by hand; Content-Length is added unless the headers have it."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    code: int = 200


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect; a relative URL is sent as it is."""

    url: str
    code: int = 302


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset before any byte of an answer."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """The right headers and the first `after` bytes of the body (half of it by default), then the end."""

    after: int | None = None


@dataclass(frozen=True, slots=True)
class Stall:
    """Silence for at most `seconds` (or until the server stops), then the end of the connection."""

    seconds: float = 30.0
    after: int | None = None
    """Bytes of the body that come first; None: not even headers come."""


@dataclass(frozen=True, slots=True)
class Drip:
    """The right answer, `piece` bytes of the body per `interval` seconds."""

    interval: float = 0.05
    piece: int = 1


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are not HTTP."""


@dataclass(frozen=True, slots=True)
class WrongBytes:
    """The right headers and length, one bit of the body flipped in the middle."""


@dataclass(frozen=True, slots=True)
class After:
    """Another fault, once the server was asked for all of `paths`, or after 30 seconds."""

    paths: frozenset[str]
    then: Fault


Fault = Status | Answer | Redirect | Reset | Truncate | Stall | Drip | Garbage | WrongBytes | After


@dataclass(slots=True)
class Planned:
    """A fault and the requests it befalls."""

    pattern: re.Pattern[str]
    fault: Fault
    times: int | None
    """How often it still happens; None for ever."""
    skip: int
    """Matching requests that are still answered rightly first."""

    def strikes(self, path: str) -> bool:
        """Return whether the request for `path` is befallen, and count it."""
        if self.pattern.search(path) is None or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True
