"""What excludes a version of a package, as far as a lock says.

Pure: a Graph, the constraints of the project and a version go in; Objections come out. None does not mean that the
version could be had: other versions may require what excludes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.chains import chains
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.pep440 import contains

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockenv.lockfile.declared import VersionLimit
    from lockenv.lockfile.graph import Edge, Graph
    from lockenv.vocabulary.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludingRequirement:
    """A requirement that excludes the version."""

    sentence: str
    requirement: str = ""
    package: str = ""
    """What requires it; empty for the project."""
    origins: tuple[Origin, ...] = ()
    """Where the project writes it, or what requires the package."""


def objections(
    graph: Graph, limits: Iterable[VersionLimit], name: str, version: str
) -> tuple[ExcludingRequirement, ...]:
    """Return what excludes `version` of `name`: what the project says first, then what its packages do, by name."""
    return tuple(_all(graph, limits, name, version))


def _all(graph: Graph, limits: Iterable[VersionLimit], name: str, version: str) -> Iterator[ExcludingRequirement]:
    for limit in limits:
        # An override takes the place of requirements: it is among the edges.
        if (
            limit.requirement.name == name
            and not limit.is_override
            and not contains(limit.requirement.specifier, version)
        ):
            text = str(limit.requirement)
            yield ExcludingRequirement(
                sentence=f"the constraint {text} applies", requirement=text, origins=limit.origins
            )
    edges = [edge for node in graph.find(name) for edge in graph.entering(node.position)]
    seen = set()
    for edge in sorted(edges, key=lambda edge: -1 if edge.source is None else edge.source):
        if not contains(edge.requirement.specifier, version) and (edge.source, str(edge.requirement)) not in seen:
            seen.add((edge.source, str(edge.requirement)))
            yield _objection(graph, edge)


def _objection(graph: Graph, edge: Edge) -> ExcludingRequirement:
    text = edge.text
    marker = f" where {edge.condition}" if edge.condition else ""
    if edge.source is None:
        origins = edge.root.origins if edge.root else ()
        section = f" for its {edge.root.section}" if edge.root and edge.root.section else ""
        return ExcludingRequirement(
            sentence=f"the project requires {text}{section}{marker}", requirement=text, origins=origins
        )
    node = graph.nodes[edge.source]
    ways = chains(graph, node)
    root = ways[0].root if ways else None
    return ExcludingRequirement(
        sentence=f"{node.title} requires {text}{marker}",
        requirement=text,
        package=node.title,
        origins=root.origins[:1] if root else (),
    )
