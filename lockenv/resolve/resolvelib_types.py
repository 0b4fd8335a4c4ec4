"""What a search asks of one project, and what it answers: the requirement and the candidate of resolvelib.

Duty: hold them, with where they apply. Never: a choice.

Every requirement carries `eff`, the environments of the region in which it applies. A candidate carries `reach`, the
environments in which it, and each of its extras, was wanted when it was made. A candidate satisfies a requirement when
its version fits and `eff` is within its reach; so where a later requirement widens the need for a project, resolvelib
sees an unsatisfied pin and pins the project again, and its dependencies are added for the wider environments.

Explained in docs/resolver.md, "The first engine".
"""

from __future__ import annotations

from lockenv.resolve.edges import given_extra
from lockenv.vocabulary import markers

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.resolve.edges import Edge, RootEdge
    from lockenv.resolve.version_sets import Candidates
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName

Reach = dict["ExtraName | None", "Marker"]
"""Where a project (key None) and each of its extras is wanted."""


class Need:
    """A requirement within one region."""

    __slots__ = ("eff", "exact", "extras", "is_bounded", "is_root", "mask", "name")

    def __init__(self, edge: Edge | RootEdge, candidates: Candidates, eff: Marker, *, fault: str = "") -> None:
        self.name: NormalizedName = edge.name
        self.extras: tuple[ExtraName, ...] = edge.extras
        self.eff = eff
        self.mask, self.exact = (0, 0) if fault else candidates.mask_and_exact(edge.specifier)
        """The releases that fit, prereleases and yanked ones included; and those that an exact pin names."""
        self.is_root = False
        self.is_bounded = not self.mask & 1 and candidates.full != 0
        """Whether it leaves out the newest release: it bounds the project from above."""


class Choice:
    """A release within one region."""

    __slots__ = ("name", "needs", "position", "reach", "split")

    def __init__(self, name: NormalizedName, position: int, reach: Reach) -> None:
        self.name = name
        self.position = position
        self.reach = reach
        self.split: Marker | None = None
        """Set when choosing it divides the region: the environments that it serves."""
        self.needs: tuple[Need, ...] | None = None
        """What it requires within its reach, once asked for."""


class Demand:
    """All needs for one project at some moment, taken together."""

    __slots__ = ("exact", "mask", "needs", "reach", "total")

    def __init__(self) -> None:
        self.needs: tuple[Need, ...] = ()
        self.reach: Reach = {None: markers.NEVER}
        """Where the project and its extras are wanted. Never changed: demands may share it."""
        self.total: Marker = markers.NEVER
        """Where the project is wanted."""
        self.mask = -1
        """The releases that fit all needs; -1 (every bit) for no need."""
        self.exact = 0

    @classmethod
    def within(cls, area: Marker) -> Demand:
        """Return no need for a project that is wanted in `area`."""
        demand = cls()
        demand.reach, demand.total = {None: area}, area
        return demand

    @classmethod
    def of(cls, needs: tuple[Need, ...]) -> Demand:
        """Return `needs` taken together."""
        demand = cls()
        demand.needs, mask, exact, total = needs, demand.mask, demand.exact, demand.total
        reach: Reach = {None: total}
        for need in needs:
            mask &= need.mask
            exact |= need.exact
            eff = need.eff
            if total is not eff:
                total |= eff
            for extra in need.extras:
                reach[extra] = reach.get(extra, markers.NEVER) | eff
        reach[None] = total
        demand.mask, demand.exact, demand.total, demand.reach = mask, exact, total, reach
        return demand

    def also(self, need: Need) -> Demand:
        """Return the demand with one need more."""
        wider = Demand.__new__(Demand)
        wider.needs = (*self.needs, need)
        wider.mask = self.mask & need.mask
        wider.exact = self.exact | need.exact
        reach, total, eff = self.reach, self.total, need.eff
        if total is not eff:
            total |= eff
        if need.extras or total is not self.total:
            reach = {**reach, None: total}
            for extra in need.extras:
                reach[extra] = reach.get(extra, markers.NEVER) | eff
        wider.reach, wider.total = reach, total
        return wider


def eff_of(edge: Edge, reach: Mapping[ExtraName | None, Marker]) -> Marker:
    """Return where `edge` of a release with that reach applies; where an extra is wanted, the release is."""
    marker = edge.marker
    if marker is markers.ALWAYS:
        return reach[None]
    plain = given_extra(marker, None)
    eff = reach[None] & plain
    # A marker that names no extra applies to the release itself, with whichever extras.
    if len(reach) > 1 and plain is not marker:
        for extra, where in reach.items():
            if extra is not None:
                eff |= where & given_extra(marker, extra)
    return eff
