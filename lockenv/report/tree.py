"""The tree of a lock as figures and as JSON.

In: a graph. Out: figures for the console, and what `--json` prints. Never: computing what the graph does not say.
"""

from __future__ import annotations

from lockenv.console.tables import Branch, Paragraph
from lockenv.errors import ExitCode
from lockenv.lockfile.graph import Graph
from lockenv.lockfile.tree_view import TreeNode, above, below, leaves, sections
from lockenv.report import explanation
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.requirement import bounds

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockenv.console import Console
    from lockenv.console.tables import Figure, Parts
    from lockenv.lockfile.declared import RootRequirement
    from lockenv.lockfile.graph import Edge, Node
    from lockenv.operations.locked_graph import ExplainedLock

_REPEATED = " (*)"
_LEGEND = "(*) already shown above"


def figures(
    found: ExplainedLock, graph: Graph, names: Sequence[str], depth: int, *, invert: bool, is_whole: bool = False
) -> Iterator[Figure]:
    """Return the tree of the project, or those of the packages in `names`; inverted, of what requires them.

    Where it `is_whole`, a package has all below it at each of its places.
    """
    nodes = [node for name in dict.fromkeys(names) for node in graph.find(name)]
    if invert:
        children = above(graph, nodes or leaves(graph), depth, is_whole=is_whole)
        yield from (_inverted(child) for child in children)
    elif names:
        children = below(graph, nodes, depth, is_whole=is_whole)
        yield from (_branch(child) for child in children)
    else:
        parts = sections(graph, depth, is_whole=is_whole)
        children = tuple(child for _, some in parts for child in some)
        yield Branch(parts=_heading(found, graph), branches=tuple(_sections(found, parts)))
    if any(_is_repeated(child) for child in children):
        yield Paragraph(parts=((_LEGEND, "dim"),))


def _heading(found: ExplainedLock, graph: Graph) -> Parts:
    count = len({edge.target for edge in graph.edges})
    return (found.title, "name"), (f" ({counted(count, 'package')})", "dim")


def _sections(found: ExplainedLock, parts: list[tuple[str, tuple[TreeNode, ...]]]) -> Iterator[Branch]:
    default = {f"group {name}" for name in found.lock.default_groups}
    alone = {f"group {group}": f"package {name}" for group, name in found.lock.packages_in_conflict.items()}
    for section, children in parts:
        branches = tuple(_branch(child) for child in children)
        if section:
            how: Parts = ((" (installed by default)", "dim"),) if section in default else ()
            yield Branch(parts=((alone.get(section, section), "place"), *how), branches=branches)
        else:
            yield from branches


def _branch(child: TreeNode) -> Branch:
    node = child.node
    extras = f"[{','.join(child.extras)}]" if child.extras else ""
    parts: list[Parts] = [((f"{node.name}{extras}", "name"), (f" {node.version}".rstrip(), "version"))]
    if node.source:
        parts.append(((f" from {node.source}", "dim"),))
    if specifier := _specifiers(child.edges):
        parts.append(((f" ({specifier})", "dim"),))
    parts += [explanation.marked(child.condition), _ending(child)]
    return Branch(
        parts=tuple(piece for some in parts for piece in some), branches=tuple(_branch(each) for each in child.children)
    )


def _inverted(child: TreeNode) -> Branch:
    node = child.node
    parts: list[Parts] = [((node.name, "name"), (f" {node.version}".rstrip(), "version"))]
    if child.edges:
        parts.append(((f" requires {_written(child.edges)}", "dim"),))
    parts += [explanation.marked(child.condition), _ending(child)]
    roots = tuple(Branch(parts=_declared(root)) for root in child.roots)
    return Branch(
        parts=tuple(piece for some in parts for piece in some),
        branches=(*roots, *(_inverted(each) for each in child.children)),
    )


def _declared(root: RootRequirement) -> Parts:
    if root.is_adopted:
        return (("not required by any locked package", "dim"),)
    section = f" ({root.section})" if root.section and not root.origins else ""
    return (explanation.place(root.origins), "place"), (
        f" {root.requirement}{section}".removeprefix(" " * (not root.origins)),
        "dim",
    )


def _ending(child: TreeNode) -> Parts:
    if child.is_repeated:
        return ((_REPEATED, "dim"),)
    return ((f" ... {child.hidden} more", "dim"),) if child.hidden else ()


def _specifiers(edges: Iterable[Edge]) -> str:
    texts = [f"{bounds(each.requirement.specifier)}{' override' if each.is_override else ''}" for each in edges]
    return " and ".join(dict.fromkeys(text for text in texts if text))


def _written(edges: Iterable[Edge]) -> str:
    return " and ".join(dict.fromkeys(f"{_with(each)}{each.text}" for each in edges))


def _with(edge: Edge) -> str:
    """Return the extra of the package that requires, when it takes one."""
    return f"{' or '.join(edge.via)}: " if edge.via else ""


def _is_repeated(child: TreeNode) -> bool:
    return child.is_repeated or any(_is_repeated(each) for each in child.children)


def report_none(found: ExplainedLock, reason: str, hint: str, console: Console, asked: str | None) -> ExitCode:
    """Report why there is nothing to draw, as data too where `asked`, the environment that was asked for, is given."""
    if asked is not None:
        console.json(report(found, Graph(nodes=(), edges=(), universe=found.graph.universe), asked))
    console.answer_no(reason, hint=hint)
    return ExitCode.NO


def report(found: ExplainedLock, graph: Graph, environment: str) -> dict[str, object]:
    """Return the graph as `--json` prints it: packages, and the edges between them by number."""
    numbers = {node.position: number for number, node in enumerate(graph.nodes)}
    return {
        "schema": 1,
        "lock": found.project.lock_name,
        "environment": environment or None,
        "packages": [_package(node) for node in graph.nodes],
        "requirements": [
            {
                "package": numbers.get(edge.source) if edge.source is not None else None,
                "requires": numbers[edge.target],
                "requirement": str(edge.requirement),
                "via_extras": list(edge.via),
                "condition": edge.condition or None,
                "is_override": edge.is_override,
                "section": edge.root.section if edge.root else None,
                "written": explanation.places(edge.root.origins) if edge.root else [],
            }
            for edge in graph.edges
        ],
    }


def _package(node: Node) -> dict[str, object]:
    return {
        "name": node.name,
        "version": node.version or None,
        "source": node.source or None,
        "marker": node.marker or None,
    }
