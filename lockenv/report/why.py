"""Why a package is in a lock: the chains of requirements to it, as figures and as JSON."""

from __future__ import annotations

from lockenv.console.tables import Branch, Paragraph
from lockenv.report import explanation

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.console.tables import Figure, Parts
    from lockenv.lockfile.chains import Chain
    from lockenv.lockfile.graph import Edge, Node
    from lockenv.operations.locked_graph import ExplainedLock


def figures(found: ExplainedLock, node: Node, ways: Sequence[Chain]) -> Iterator[Figure]:
    """Yield a paragraph for `node`, and a branch for each chain from a line of the project."""
    title: Parts = ((node.name, "name"), (f" {node.version}".rstrip(), "version"), *explanation.marked(node.marker))
    declared = [chain for chain in ways if chain.root is not None and not chain.root.is_adopted]
    if not declared:
        # A lockfile of another tool may hold packages alone.
        is_recorded = found.lock.own is not None or any(edge.source is not None for edge in found.graph.edges)
        known = ", but not required by anything" if is_recorded else "; the lockfile does not record what requires it"
        yield Paragraph(parts=(*title, (f" is locked{known}", "plain")))
        return
    count = len({id(chain.root) for chain in declared})
    reason = f" is required by {'one line' if count == 1 else f'{count} lines'} of the project"
    yield Paragraph(parts=(*title, (reason, "plain")))
    yield from (_chain(found, chain) for chain in declared)


def _chain(found: ExplainedLock, chain: Chain) -> Branch:
    """Draw a chain from the declaration downwards."""
    branch: Branch | None = None
    for number in range(len(chain.edges) - 1, -1, -1):
        edge = chain.edges[number]
        node = found.graph.nodes[edge.target]
        parts: Parts = ((node.name, "name"), (f" {node.version}".rstrip(), "version"))
        if branch is not None:
            parts = (*parts, (f" requires {_required(chain.edges[number + 1])}", "dim"))
        branch = Branch(parts=parts, branches=() if branch is None else (branch,))
    return Branch(parts=_declared(chain), branches=() if branch is None else (branch,))


def _required(edge: Edge) -> str:
    extra = f" with the extra {' or '.join(edge.via)}" if edge.via else ""
    marker = f" ; {edge.condition}" if edge.condition else ""
    return f"{edge.text}{marker}{extra}"


def _declared(chain: Chain) -> Parts:
    edge, root = chain.edges[0], chain.root
    origins = root.origins if root else ()
    section = f" of the {root.section}" if root and root.section else ""
    place: Parts = ((explanation.place(origins), "place"), (": ", "dim")) if origins else ()
    return (*place, (edge.text, "name"), (section, "dim"), *explanation.marked(chain.text))


def report(found: ExplainedLock, name: str, ways: Sequence[tuple[Node, Sequence[Chain]]]) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        "schema": 1,
        "lock": found.project.lock_name,
        "name": name,
        "packages": [
            {
                "version": node.version or None,
                "marker": node.marker or None,
                "chains": [_chain_report(found, chain) for chain in some if chain.root and not chain.root.is_adopted],
            }
            for node, some in ways
        ],
    }


def _chain_report(found: ExplainedLock, chain: Chain) -> dict[str, object]:
    root = chain.root
    return {
        "section": root.section if root else "",
        "written": explanation.places(root.origins) if root else [],
        "condition": chain.text or None,
        "links": [
            {
                "requirement": str(edge.requirement),
                "via_extras": list(edge.via),
                "is_override": edge.is_override,
                "name": found.graph.nodes[edge.target].name,
                "version": found.graph.nodes[edge.target].version or None,
            }
            for edge in chain.edges
        ],
    }
