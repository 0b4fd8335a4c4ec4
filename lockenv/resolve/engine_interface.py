"""What the two search engines say to each other.

Duty: name a region of environments and the answers about it. In and out: values. Never: a search.

A region is a set of environments that is to hold at most one version of each project. The first engine (resolvelib)
solves one region at a time; where it stops, the second engine is asked:

    second_engine(region, model) -> Assignment | Split | NoSolution

- `Assignment` names a version for each project needed: the region is solved.
- `Split` says that the two parts of the region should be solved apart.
- `NoSolution` says that no choice of versions satisfies the requirements in the region, and why. Where a marker of a
  cause separates the region (`separators`), the driver solves the parts apart: what fails for all may hold for each.

Explained in docs/resolver.md, "Splits".
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from lockenv.resolve.edges import RootEdge
    from lockenv.resolve.hint import Hint
    from lockenv.resolve.model import Model
    from lockenv.resolve.problem import ExtraOrGroup
    from lockenv.resolve.resolvelib_types import Reach
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin

    class Engine(Protocol):
        """The second engine."""

        def __call__(self, region: Region, model: Model) -> Assignment | Split | NoSolution:
            """Return what to do with a region that the first engine left unsolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Environments that get at most one version of each project, and what is wanted there."""

    env: Marker
    """Never unsatisfiable; names extras and groups only where a declared conflict does."""
    roots: tuple[RootEdge, ...]
    """What the project requires within `env`, sorted by text; `marker` is within `env`."""
    locked: Mapping[NormalizedName, int]
    """The position of the version that the old lock has here, for each project it may keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A version for each project needed in a region."""

    positions: Mapping[NormalizedName, int]
    reaches: Mapping[NormalizedName, Reach] | None = None
    """Where each is wanted, as `environment_forks.propagate` says; None where the engine did not ask."""
    rounds: int = 0
    conflicts: int = 0


PATIENCE = 20
"""As many conflicts as the first engine may meet in a region before the second is asked."""


class SearchGaveUp(Exception):  # noqa: N818  # it is an answer to the driver, not an error
    """The first engine found no solution; whether there is one, it does not know."""


def most_rounds(projects: int) -> int:
    """Return after how many rounds the pins of so many projects unseat each other for ever."""
    return 101 + 3 * projects


class Split(Exception):  # noqa: N818  # it is an order to the driver, not an error
    """The parts of a region to be solved apart: disjoint, satisfiable, together the region; `first` is solved first.

    Raised through resolvelib by the provider; given as a value by the second engine.
    """

    def __init__(self, first: Marker, second: Marker) -> None:
        super().__init__()
        self.first = first
        self.second = second


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRelease:
    """A project none of whose releases runs in a region, and who needs it."""

    why: str
    """A clause, such as `numba 0.60 has no wheel there`."""
    is_wheel: bool
    """Whether a wheel is missing, rather than that a release declares not to run there."""
    choices: tuple[ExtraOrGroup, ...]
    """The extras and groups without which the region would not fail in this way; empty where the project itself needs
    it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSolution:
    """No choice of versions satisfies the requirements in a region."""

    separators: tuple[Marker, ...]
    """Markers of the conditional causes, in the order they should be tried; empty when it fails everywhere alike."""
    reasons: tuple[str, ...]
    hints: tuple[Hint, ...] = ()
    """What may help, the surest first; none of it was tried."""
    origins: tuple[Origin, ...] = ()
    where: Marker | None = None
    """All environments in which the same reasons hold; None: the region."""
    roots: tuple[RootEdge, ...] = ()
    """What the project requires among the causes, each once, sorted as in the region."""
    names: frozenset[NormalizedName] = frozenset()
    """The projects that take part."""
    lacking: MissingRelease | None = None
    """Set where the region fails for want of a release that runs there."""
    rounds: int = 0
    conflicts: int = 0
