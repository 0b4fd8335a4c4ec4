"""What a resolution chose."""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from lockenv.vocabulary import markers
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.distribution import Sdist, Wheel
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin
else:
    markers = late("lockenv.vocabulary.markers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One release that a lock holds, and where it is installed."""

    name: NormalizedName
    version: str
    """As the index spells it, normalized by PEP 440; empty for a locked directory whose version only a build knows."""
    marker: Marker
    """The environments, extras and groups in which it is installed; never unsatisfiable."""
    requires: tuple[str, ...] = ()
    """Each `Requires-Dist`, as written in its metadata, in file order."""
    is_combined: bool = False
    """Whether its wheels require different things, and `requires` says which where."""
    requires_python: str = ""
    dependencies: tuple[tuple[NormalizedName, str], ...] = ()
    """(name, version) of the pins it depends on anywhere, sorted; derived by the closure checker."""
    index: str = ""
    """The simple root of the index it came from, without credentials."""
    wheels: tuple[Wheel, ...] = ()
    """Sorted by file name."""
    sdist: Sdist | None = None
    yanked: str | None = None
    """The reason (possibly empty) when its release is yanked (PEP 592)."""
    direct: Direct | None = None
    """Where it comes from when no index serves it; it has no other files then."""
    license: str = ""
    """What its metadata says of its license, as `licenses.of_line` reads it; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What an answer cost."""

    rounds: int = 0
    """Rounds of resolvelib plus decisions of the second engine."""
    conflicts: int = 0
    regions: int = 0
    """Regions of environments solved, those abandoned for a split included."""
    metadata: int = 0
    """Releases whose metadata was looked at."""

    def plus(self, other: Effort) -> Effort:
        """Return the effort of both, the second of which looked at metadata that the first had looked at."""
        return Effort(
            rounds=self.rounds + other.rounds,
            conflicts=self.conflicts + other.conflicts,
            regions=self.regions + other.regions,
            metadata=max(self.metadata, other.metadata),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbuiltRelease:
    """A release that was chosen, and that cannot be described, or not installed, without a build."""

    name: NormalizedName
    version: str
    reason: str
    """Why a build is needed, a clause."""
    is_undescribed: bool = False
    """Whether only a build shows what it requires."""
    environment: str = ""
    """The marker of the environments in which it is needed; empty for all."""
    chain: tuple[str, ...] = ()
    """What requires it, each with its version, the nearest first, up to the project's own; empty for the project."""
    origin: Origin | None = None
    """Where the project's requirement on it, or on the last of `chain`, was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredEnvironments:
    """Environments that a lock leaves out; or in which it leaves out one extra or group."""

    marker: Marker
    """Names no extra and no group."""
    reason: str
    """A clause, such as `numba 0.60 needs <3.14`."""
    kind: str = ""
    """`extra` or `group`; empty where nothing can be installed."""
    name: str = ""

    @property
    def sentence(self) -> str:
        """What is left out, where, and why."""
        where = markers.marker_text(self.marker) or "anything applies"
        if self.name:
            return f"{self.kind} {self.name} is not available where {where}: {self.reason}"
        return f"the environments where {where} are not covered: {self.reason}"

    @property
    def installations(self) -> Marker:
        """What is left out: of an extra or group, the environments in which it is chosen."""
        return self.marker & markers.choosing(self.kind, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A sound closure for every environment of a universe, proved by `resolve.closure`."""

    universe: Marker
    """Where the pins hold: requires-python, declared environments, no declared conflict, nothing in `uncovered`."""
    environments: tuple[Marker, ...]
    """A partition of the universe by the markers the user declared; `(universe,)` when none were."""
    pins: tuple[Pin, ...]
    """Sorted by name, then by version; pins of one name have disjoint markers."""
    notes: tuple[str, ...] = ()
    """What the user should know, a sentence each, such as a yanked release that stayed."""
    unbuilt: tuple[UnbuiltRelease, ...] = ()
    """What has no wheel, and may not be built yet: no one can install it. Sorted by name and version."""
    effort: Effort = Effort()
    uncovered: tuple[UncoveredEnvironments, ...] = ()
    """What the universe leaves out although the project declares it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsolvable:
    """The answer "no": why no set of releases satisfies the requirements."""

    environment: str
    """The marker of the environments in which it fails; empty for all."""
    reasons: tuple[str, ...]
    """The chain of reasons, a sentence each, from causes to the conclusion."""
    hints: tuple[str, ...] = ()
    """What would help, a sentence each."""
    origins: tuple[Origin, ...] = ()
    """Where the requirements in the chain were written."""
    is_capped: bool = False
    """Whether a release declares that it does not run on a Python that the project is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsPermission:
    """The answer "not yet": the releases to choose are known as far as the builds allowed let them be."""

    packages: tuple[UnbuiltRelease, ...]
    """What must be built before there is an answer, sorted by name and version; never empty."""
    pins: tuple[Pin, ...] = ()
    """What was chosen, as if those required nothing, sorted as in a Resolution."""
    notes: tuple[str, ...] = ()
    """What the user should know beside it, a sentence each."""
    old_below: str = ""
    """The Python from which on none of them is needed, as `3.6`, where those before are long out of maintenance."""
