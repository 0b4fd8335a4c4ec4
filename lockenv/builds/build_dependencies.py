"""What builds need of those who say with what they are done: the lock of the build tools, or a resolution made now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.backend.builder import Source, Tree
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target


class BuildDependencies(Protocol):
    """Who says with what a release is built."""

    def key(self, name: str, version: str, target: Target) -> str:
        """Return what distinguishes what builds a release in `target` from all else that could.

        Empty when that is known afterwards only.
        """

    def chosen(self, requires: Sequence[str], source: Source | Tree, target: Target) -> tuple[Selected, ...]:
        """Return the wheels, and no others, that build `source`, which `requires` so much. Raises InputError."""

    def recorded(self, one: Selected, target: Target, /) -> str:
        """Return the sha256 that is recorded of the wheel that `one` builds in `target`; empty for none."""
