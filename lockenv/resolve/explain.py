"""Why there is no solution: from a derivation to NoSolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve import plain
from lockenv.resolve.incompatibility import Constrained, Faulty, Inadmissible, Wanted, leaves
from lockenv.resolve.region import NoSolution
from lockenv.vocabulary import markers

if TYPE_CHECKING:
    from lockenv.resolve.encoding import Encoding
    from lockenv.resolve.incompatibility import Incompatibility
    from lockenv.vocabulary.markers import Marker


def explain(failure: Incompatibility, encoding: Encoding, *, rounds: int, conflicts: int) -> NoSolution:
    """Give what a derivation of failure says."""
    found = plain.explain(encoding.region, encoding.model)
    return NoSolution(
        separators=_separators(failure, encoding.region.env),
        reasons=found.reasons,
        hints=found.hints,
        origins=found.origins,
        rounds=rounds,
        conflicts=conflicts,
    )


def _separators(failure: Incompatibility, env: Marker) -> tuple[Marker, ...]:
    """Give the conditions of the causes that hold in a part of the region only, the simplest first."""
    found: dict[Marker, None] = {}
    for leaf in leaves(failure):
        match leaf.cause:
            case Wanted(where=where) | Constrained(where=where) | Faulty(where=where):
                found[where] = None
            case Inadmissible(wanted=wanted):
                found.update((fact.where, None) for fact in wanted)
            case _:
                pass
    found.pop(env, None)
    conditions = {marker.cofactor(env): None for marker in found if marker is not markers.NEVER}
    return tuple(sorted(conditions, key=lambda marker: (len(marker.text()), marker.text())))
