"""Report what a resolution does with each part of the universe, a sentence each.

In: environments, and what is decided about them. Out: sentences for whoever listens. Never: a decision.

Explained in docs/resolver.md, "The driver".
"""

from __future__ import annotations

from lockenv.vocabulary.markers import marker_text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockenv.vocabulary.markers import Marker


class DecisionLog:
    """Sentences for `report`; nothing is worded when that is None."""

    def __init__(self, report: Callable[[str], None] | None, universe: Marker) -> None:
        self._report = report
        self._universe = universe

    def say(self, decision: str) -> None:
        """Report a decision."""
        if self._report is not None:
            self._report(decision)

    def resolving(self, env: Marker) -> None:
        """Report that `env` is resolved next."""
        if self._report is not None:  # writing a marker takes long
            self._report(f"resolving for {marker_text(env, assuming=self._universe) or 'every environment'}")

    def split(self, first: Marker, second: Marker) -> None:
        """Report that the environments of `first` and of `second` are resolved apart."""
        if self._report is not None:
            parts = " and ".join(marker_text(part, assuming=self._universe) for part in (first, second))
            self._report(f"no version fits all environments: resolving apart for {parts}")
