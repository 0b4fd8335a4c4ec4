"""Where a part of what the project requires reaches each entry of a lock.

Pure: a Graph, and where each of the project's own requirements is meant, go in; the environments, extras and groups in
which each entry is needed for these come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.markers import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockenv.lockfile.graph import Edge, Graph
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName


def reached(whole: Graph, meant_by: Callable[[Edge], Marker], region: Marker) -> Mapping[int, Marker]:
    """Return where in `region` the requirements of the project need each entry, by its position.

    Each counts where it is meant. An entry that they need nowhere is not in there.
    """
    leaving: dict[int | None, list[Edge]] = {}
    for edge in whole.edges:
        leaving.setdefault(edge.source, []).append(edge)
    found: dict[int, dict[ExtraName | None, Marker]] = {}
    agenda: list[int | None] = [None]
    while agenda:
        source = agenda.pop()
        for edge in leaving.get(source, ()):
            where = edge.where & (region & meant_by(edge) if source is None else _from(found[source], edge))
            if where is not NEVER and _widened(found.setdefault(edge.target, {}), edge, where):
                agenda.append(edge.target)
    return {position: ways[None] for position, ways in found.items()}


def _from(ways: Mapping[ExtraName | None, Marker], edge: Edge) -> Marker:
    """Return where the source of `edge` is needed, with one of the extras that bring the requirement."""
    where = NEVER
    for extra in edge.via or (None,):
        where |= ways.get(extra, NEVER)
    return where


def _widened(ways: dict[ExtraName | None, Marker], edge: Edge, where: Marker) -> bool:
    """Add to `ways` where `edge` needs its target, with which extras; return whether that changed anything."""
    is_wider = False
    for extra in (None, *edge.requirement.extras):
        before = ways.get(extra, NEVER)
        ways[extra] = before | where
        is_wider |= ways[extra] is not before
    return is_wider
