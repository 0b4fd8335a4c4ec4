"""Requirements that nothing can meet, and that apply only outside of the environments that people mean.

Duty: recognise them, so that they pull no release back: a lock leaves these environments out. In: requirements, where
they apply, and the Model. Out: reasons. Never: a choice.

Explained in docs/resolver.md, "What is left out".
"""

from __future__ import annotations

from lockenv.resolve.applying_edges import required
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockenv.resolve.edges import Edge
    from lockenv.resolve.model import Model
    from lockenv.resolve.resolvelib_types import Reach
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


def counted(edge: Edge, eff: Marker, model: Model) -> Marker:
    """Return the part of `eff` in which a requirement counts: all of it where people mean some of it.

    Else the part in which a release can be installed; NEVER where nothing can meet the requirement at all. Point for
    point it is the same in a part of `eff`.
    """
    if eff in model.means_some:
        return eff
    if eff is markers.NEVER or not eff.disjoint(model.meant):
        model.means_some.add(eff)
        return eff
    if edge.name in model.problem.direct:
        return eff
    if fault(edge, eff, model):
        return markers.NEVER
    return eff & ~model.unserved(edge.name, model.candidates(edge.name).mask(edge.specifier), eff)


def counted_edges(
    model: Model,
    name: NormalizedName,
    position: int,
    reach: Reach,
    expect: Callable[[Sequence[tuple[Edge, Marker]]], None] | None = None,
) -> Sequence[tuple[Edge, Marker]]:
    """Return what a release with that reach requires, in file order, and where it counts; found once for each reach.

    `expect` hears what applies there before the first page is looked at, unless it heard so before.
    """
    model.edges(name, position)  # what its metadata teaches is known from here on
    # A marker is one object for the life of the process.
    wanted = id(reach[None]) if len(reach) == 1 else frozenset([(extra, id(where)) for extra, where in reach.items()])
    key = (name, position, wanted, model.learned)
    found = model.counted.get(key)
    if found is None:
        met = list(required(model, name, position, reach))
        if expect is not None:
            expect(met)
        found = [(edge, where) for edge, eff in met if (where := counted(edge, eff, model)) is not markers.NEVER]
        model.counted[key] = found
    return found


def fault(edge: Edge, eff: Marker, model: Model) -> str:
    """Return why nothing can meet a requirement within `eff`; empty where something may, or people mean some of it.

    Waits for the page of the project, and for its source distributions where no release has a wheel.
    """
    if not eff.disjoint(model.meant):
        return ""
    if edge.fault:
        return edge.fault
    key = (edge.name, edge.specifier)
    found = model.unsupported.get(key)
    if found is None:
        found = model.unsupported[key] = _fault(edge, model)
    return found


def _fault(edge: Edge, model: Model) -> str:
    candidates, policy = model.candidates(edge.name), model.problem.policy
    releases = candidates.releases
    if releases is None:
        return "not found on any index"
    mask, reason = candidates.mask(edge.specifier), ""
    for position in positions(mask):
        if releases.wheels(position):
            return ""
        if releases.sdist(position) is not None:
            why = model.unusable(edge.name, position)
            if not why:
                return ""
            reason = reason or why
    if reason:
        return reason
    if policy.never_builds(edge.name):
        return "it must be built, but `no-build` is set"
    return "no release of it has an installable file" if mask else "no release satisfies it"
