"""The environment that a lock is applied to."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An interpreter on a machine, as markers and wheel tags see it."""

    environment: Mapping[str, str]
    """The marker variables of the dependency specifiers specification, without `extra`."""
    tags: tuple[str, ...]
    """The wheel tags it installs (`cp311-cp311-manylinux_2_17_x86_64`), best first."""
