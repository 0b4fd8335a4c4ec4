"""`lockenv why NAME`: the shortest chains of requirements that lead to a package, from the line that declares each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.console.tables import Branch, Paragraph
from lockenv.errors import ExitCode
from lockenv.lockfile.chains import chains
from lockenv.operations import locked_graph
from lockenv.report import explanation
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.console import Console
    from lockenv.console.tables import Figure, Parts
    from lockenv.context.settings import Settings
    from lockenv.lockfile.chains import Chain
    from lockenv.lockfile.graph import Edge, Node
    from lockenv.operations.locked_graph import Locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv why` was asked."""

    name: str
    json: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Tell why a package is in the lock; that it is not in there is a no."""
    found = locked_graph.read(settings, options.requirements, options.lockfile, console)
    name = normalize(options.name)
    nodes = found.graph.named(name)
    ways = [(node, chains(found.graph, node)) for node in nodes]
    if options.json:
        console.json(_report(found, name, ways))
    if not nodes:
        console.answer_no(f"{found.lock.file} has no {name}", hint=locked_graph.resembling(name, found.graph))
        return ExitCode.NO
    if not options.json:
        console.show(*(figure for node, some in ways for figure in _figures(found, node, some)))
    return ExitCode.YES


def _figures(found: Locked, node: Node, ways: Sequence[Chain]) -> Iterator[Figure]:
    title: Parts = ((node.name, "name"), (f" {node.version}".rstrip(), "version"), *explanation.marked(node.marker))
    declared = [chain for chain in ways if chain.root is not None and not chain.root.is_adopted]
    if not declared:
        yield Paragraph(parts=(*title, (" is in the lock, and nothing there requires it", "plain")))
        return
    count = len({id(chain.root) for chain in declared})
    reason = f" is required by {'one line' if count == 1 else f'{count} lines'} of the project"
    yield Paragraph(parts=(*title, (reason, "plain")))
    yield from (_chain(found, chain) for chain in declared)


def _chain(found: Locked, chain: Chain) -> Branch:
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


def _report(found: Locked, name: str, ways: Sequence[tuple[Node, Sequence[Chain]]]) -> dict[str, object]:
    return {
        "schema": 1,
        "lock": found.project.lock_name,
        "name": name,
        "packages": [
            {
                "version": node.version or None,
                "marker": node.marker or None,
                "chains": [_told(found, chain) for chain in some if chain.root and not chain.root.is_adopted],
            }
            for node, some in ways
        ],
    }


def _told(found: Locked, chain: Chain) -> dict[str, object]:
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
