"""Requirements that nothing can meet, and that apply only outside of the environments that people mean.

Duty: recognise them, so that they pull no release back: a lock leaves these environments out. In: requirements, where
they apply, and the Model. Out: reasons. Never: a choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve.masks import positions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.resolve.model import Edge, Model
    from lockenv.vocabulary.markers import Marker


def met(edges: Iterable[tuple[Edge, Marker]], model: Model) -> list[tuple[Edge, Marker]]:
    """Return the requirements of a release that count, each with where it applies, in their order."""
    return [(edge, eff) for edge, eff in edges if not fault(edge, eff, model)]


def fault(edge: Edge, eff: Marker, model: Model) -> str:
    """Return why nothing can meet a requirement within `eff`; empty where something may, or people mean some of it.

    Waits for the page of the project, and for its source distributions where no release has a wheel.
    """
    if not eff.disjoint(model.meant):
        return ""
    if edge.fault or edge.name in model.problem.direct:
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
        return "no index has it"
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
        return "it would have to be built, which `no-build` forbids"
    return "no release of it has a file to install" if mask else "no release meets it"
