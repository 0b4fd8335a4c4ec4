"""The verdicts on a lock's freshness, and the differences they rest on. Values only."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which the project departs from what the lock was made from."""

    sentence: str
    key: str
    """The input concerned, such as `dependencies`, `extras.socks` or `requires-python`."""
    origin: Origin | None = None
    """Where the project says it now; None for what is gone or has no place of its own."""
    is_satisfied: bool = False
    """True when the lock serves the project despite that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The lock was made from inputs of the same meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosened:
    """Inputs changed, and the locked pins satisfy them still."""

    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """Inputs changed so that the lock has to be made again."""

    differences: tuple[Difference, ...]
    """Those that make it stale first, then those that do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The lock does not say what it was made from."""

    reason: str


Freshness = Fresh | Loosened | Stale | Unknown
