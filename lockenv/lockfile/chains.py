"""The shortest chains of requirements that lead from what a project declares to a package of its lock.

Pure: a Graph goes in; chains come out. A chain holds in some environment as a whole: no step of it excludes another.
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.markers import NEVER, marker_text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockenv.lockfile.declared import RootRequirement
    from lockenv.lockfile.graph import Edge, Graph, Node
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Requirements that lead from the project to a package, each made by what meets the one before."""

    edges: tuple[Edge, ...]
    """The first is the project's; never empty."""
    where: Marker
    """The environments, extras and groups in which it holds as a whole."""
    text: str
    """The same as text, without the extra or group that the project declares it in; empty for everywhere."""

    @property
    def root(self) -> RootRequirement | None:
        """What the project declares."""
        return self.edges[0].root


def chains(graph: Graph, goal: Node) -> tuple[Chain, ...]:
    """Return the shortest chain to `goal` from each requirement that leads there, the shortest first.

    A requirement has several where the shortest does not hold in all the environments in which it leads there.
    """
    leaving: dict[int | None, list[Edge]] = {}
    for edge in graph.edges:
        leaving.setdefault(edge.source, []).append(edge)
    found = [chain for edge in leaving.get(None, ()) for chain in _from(leaving, edge, goal)]
    order = {id(chain): number for number, chain in enumerate(found)}
    return tuple(sorted(found, key=lambda chain: (len(chain.edges), order[id(chain)])))


def brought_by(graph: Graph, position: int) -> str:
    """Return the end of a sentence on a package: the shortest chain that brings it, and where that is declared.

    `; required by a 1.0 → b 2.0, declared at pyproject.toml:4 (project.dependencies[0])`; empty where nothing does.
    """
    nodes = {node.position: node for node in graph.nodes}
    ways = chains(graph, nodes[position])
    if not ways:
        return ""
    between = " → ".join(nodes[edge.target].title for edge in ways[0].edges[:-1])
    root = ways[0].root
    parts = [f"required by {between}"] if between else []
    parts += [f"declared at {root.origins[0]}"] if root is not None and root.origins else []
    return f"; {', '.join(parts)}" if parts else ""


def _from(leaving: Mapping[int | None, list[Edge]], start: Edge, goal: Node) -> Iterator[Chain]:
    """Look breadth first; a way that holds only where a shorter one is known is not followed."""
    seen: dict[tuple[int, ExtraName | None], Marker] = {}
    level: list[tuple[tuple[Edge, ...], Marker]] = [((start,), start.where)]
    while level:
        following: list[tuple[tuple[Edge, ...], Marker]] = []
        for path, where in level:
            last = path[-1]
            keys = [(last.target, extra) for extra in (None, *last.requirement.extras)]
            if all(where.implies(seen.get(key, NEVER)) for key in keys):
                continue
            fresh = where & ~seen.get((last.target, None), NEVER)
            for key in keys:
                seen[key] = seen.get(key, NEVER) | where
            if last.target == goal.position:
                if fresh is not NEVER:
                    yield Chain(edges=path, where=where, text=marker_text(where, assuming=start.assumed))
                continue
            following += [((*path, edge), here) for edge, here in _onward(leaving, last, where)]
        level = following


def _onward(leaving: Mapping[int | None, list[Edge]], last: Edge, where: Marker) -> Iterator[tuple[Edge, Marker]]:
    for edge in leaving.get(last.target, ()):
        if not edge.via or set(edge.via) & set(last.requirement.extras):
            here = where & edge.where
            if here is not NEVER:
                yield edge, here
