"""The graph of a lock as text that other programs draw: Mermaid, which forges show in pull requests, and Graphviz.

In: a graph. Out: text. Packages are numbered by their place in the lock, so that equal locks have equal text. What a
lock says is quoted: no name or marker ends a label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.tree_view import joint_condition
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.lockfile.graph import Edge, Graph

_MERMAID = str.maketrans({char: f"#{ord(char)};" for char in '"#&<>`\\'})
"""Mermaid's own character references, by number."""
_DOT = str.maketrans({'"': '\\"', "\\": "\\\\"})


class _Arrow(NamedTuple):
    source: int | None
    """None for the project."""
    target: int
    label: str
    """When it applies; empty for always."""


def mermaid(title: str, graph: Graph) -> str:
    """Return a flowchart of `graph`, whose project is called `title`."""
    arrows = tuple(_arrows(graph))
    lines = ["flowchart LR", f'    project(["{_in_mermaid(title)}"])']
    lines += [f'    p{number}["{_in_mermaid(text)}"]' for number, text in _packages(graph, arrows)]
    for source, target, label in arrows:
        middle = f'-->|"{_in_mermaid(label)}"|' if label else "-->"
        lines.append(f"    {_name(source)} {middle} {_name(target)}")
    return "\n".join([*lines, ""])


def dot(title: str, graph: Graph) -> str:
    """Return `graph` in the language of Graphviz; its project is called `title`."""
    arrows = tuple(_arrows(graph))
    lines = ["digraph {", "    rankdir=LR;", "    node [shape=box];"]
    lines.append(f'    project [label="{_in_dot(title)}", style=bold];')
    lines += [f'    p{number} [label="{_in_dot(text)}"];' for number, text in _packages(graph, arrows)]
    for source, target, label in arrows:
        said = f' [label="{_in_dot(label)}"]' if label else ""
        lines.append(f"    {_name(source)} -> {_name(target)}{said};")
    return "\n".join([*lines, "}", ""])


def _arrows(graph: Graph) -> Iterator[_Arrow]:
    """Yield one arrow for all requirements of one package for another, in the order of the graph."""
    pairs: dict[tuple[int | None, int], list[Edge]] = {}
    for edge in graph.edges:
        pairs.setdefault((edge.source, edge.target), []).append(edge)
    for (source, target), edges in pairs.items():
        label = ", ".join(filter(None, (_sections(edges), joint_condition(edges))))
        yield _Arrow(source, target, label)


def _sections(edges: Sequence[Edge]) -> str:
    """Return the extras or groups without which none of `edges` applies; empty where one applies without any."""
    each = [edge.root.section if edge.root else " or ".join(f"extra {name}" for name in edge.via) for edge in edges]
    return " or ".join(dict.fromkeys(each)) if all(each) else ""


def _packages(graph: Graph, arrows: Sequence[_Arrow]) -> Iterator[tuple[int, str]]:
    joined = {end for arrow in arrows for end in (arrow.source, arrow.target)}
    return ((node.position, node.title) for node in graph.nodes if node.position in joined)


def _name(position: int | None) -> str:
    return "project" if position is None else f"p{position}"


def _in_mermaid(text: str) -> str:
    return printable(text).translate(_MERMAID)


def _in_dot(text: str) -> str:
    return printable(text).translate(_DOT)
