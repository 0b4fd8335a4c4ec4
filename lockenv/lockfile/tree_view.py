"""A graph as a tree to read: each package once with what it requires, and by name alone wherever it comes again.

Pure: a Graph goes in; TreeNodes come out. Where a tree `is_whole`, a package has what it requires at each of its
places, unless it is one of its own dependencies there.
"""

from __future__ import annotations

from lockenv.errors import UsageError
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.markers import NEVER, marker_text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from lockenv.lockfile.declared import RootRequirement
    from lockenv.lockfile.graph import Edge, Graph, Node

ENDLESS: Final = 1_000_000
"""A depth that no lock has."""
_LARGEST: Final = 100_000
"""Places that a whole tree may have: they can double with each package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """A package at one place of the tree."""

    node: Node
    extras: tuple[str, ...] = ()
    """What it is required with there, sorted."""
    edges: tuple[Edge, ...] = ()
    """What it hangs on; none at the top."""
    condition: str = ""
    """What has to hold, besides the child above it being there; empty for nothing."""
    roots: tuple[RootRequirement, ...] = ()
    """Of an inverted tree: what of the project requires it directly."""
    is_repeated: bool = False
    """Whether what hangs on it is shown elsewhere."""
    hidden: int = 0
    """How many children would hang on it at a greater depth."""
    children: tuple[TreeNode, ...] = ()


def sections(graph: Graph, depth: int = ENDLESS, *, is_whole: bool = False) -> list[tuple[str, tuple[TreeNode, ...]]]:
    """Return the tree of what the project requires, by section.

    `""`, `extra x`, `group y`, in the order of the edges. Raises UsageError for a whole tree that is too large.
    """
    growth = _Growth(graph, depth, is_whole=is_whole)
    by_section: dict[str, list[Edge]] = {}
    for edge in graph.leaving(None):
        by_section.setdefault(edge.root.section if edge.root else "", []).append(edge)
    return [(section, growth.children(edges, 1)) for section, edges in by_section.items()]


def below(graph: Graph, nodes: Iterable[Node], depth: int = ENDLESS, *, is_whole: bool = False) -> tuple[TreeNode, ...]:
    """Return the trees of `nodes`, each with all extras that it is required with. Raises as `sections`."""
    growth = _Growth(graph, depth, is_whole=is_whole)
    children = []
    for node in nodes:
        extras = {extra for edge in graph.entering(node.position) for extra in edge.requirement.extras}
        children.append(growth.grown(node, tuple(sorted(extras)), (), "", 0))
    return tuple(children)


def above(graph: Graph, nodes: Iterable[Node], depth: int = ENDLESS, *, is_whole: bool = False) -> tuple[TreeNode, ...]:
    """Return the trees of what requires `nodes`. Raises as `sections`."""
    growth = _Inverted(graph, depth, is_whole=is_whole)
    return tuple(growth.grown(node, (), "", 0) for node in nodes)


def leaves(graph: Graph) -> tuple[Node, ...]:
    """Return the nodes that require nothing, and of each ring of nodes that has none below it the first."""
    covered: set[int] = set()
    found: list[Node] = []
    by_need = sorted(graph.nodes, key=lambda node: bool(graph.leaving(node.position)))
    for node in by_need:
        if node.position in covered:
            continue
        found.append(node)
        agenda = [node.position]
        while agenda:
            number = agenda.pop()
            if number not in covered:
                covered.add(number)
                agenda += [edge.source for edge in graph.entering(number) if edge.source is not None]
    return tuple(sorted(found, key=lambda node: node.position))


class _Shown:
    """What a tree has shown with all below it, and need not show again: all so far, or of a whole tree what is above.

    Counts the places of a whole tree.
    """

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole
        self._keys: set[object] = set()
        self._places = 0

    def has(self, key: object) -> bool:
        """Return whether `key` is shown already. Raises UsageError for a whole tree that is too large."""
        self._places += self._is_whole
        if self._places > _LARGEST:
            raise UsageError(
                f"the tree has more than {_LARGEST:,} lines where packages are shown in full each time",
                hint="leave out --no-dedupe, use --depth NUMBER, or name the packages to show",
            )
        return key in self._keys

    def enter(self, key: object) -> None:
        """Note that what is below `key` is shown now."""
        self._keys.add(key)

    def leave(self, key: object) -> None:
        """Note that all of it has been."""
        if self._is_whole:
            self._keys.remove(key)


class _Growth:
    """Grows children downwards; remembers what was shown."""

    def __init__(self, graph: Graph, depth: int, *, is_whole: bool) -> None:
        self.nodes = {node.position: node for node in graph.nodes}
        self.leaving: dict[int, list[Edge]] = {}
        for edge in graph.edges:
            if edge.source is not None:
                self.leaving.setdefault(edge.source, []).append(edge)
        self.depth = depth
        self.shown = _Shown(is_whole=is_whole)

    def children(self, edges: Sequence[Edge], level: int) -> tuple[TreeNode, ...]:
        """Return a child for each target of `edges`, by name and version."""
        by_target: dict[int, list[Edge]] = {}
        for edge in edges:
            by_target.setdefault(edge.target, []).append(edge)
        targets = sorted(by_target, key=lambda number: (self.nodes[number].name, number))
        grown = []
        for target in targets:
            some = by_target[target]
            extras = tuple(sorted({extra for edge in some for extra in edge.requirement.extras}))
            grown.append(self.grown(self.nodes[target], extras, tuple(some), joint_condition(some), level))
        return tuple(grown)

    def grown(
        self, node: Node, extras: tuple[str, ...], edges: tuple[Edge, ...], condition: str, level: int
    ) -> TreeNode:
        """Return one branch with all below it, unless that was shown or is too deep."""
        onward = [
            edge for edge in self.leaving.get(node.position, ()) if not edge.via or not set(edge.via).isdisjoint(extras)
        ]
        key = (node.position, extras)
        is_repeated = self.shown.has(key) and bool(onward)
        hidden = len({edge.target for edge in onward}) if not is_repeated and level >= self.depth else 0
        children: tuple[TreeNode, ...] = ()
        if onward and not is_repeated and not hidden:
            self.shown.enter(key)
            children = self.children(onward, level + 1)
            self.shown.leave(key)
        return TreeNode(
            node=node,
            extras=extras,
            edges=edges,
            condition=condition,
            is_repeated=is_repeated,
            hidden=hidden,
            children=children,
        )


class _Inverted:
    """Grows children upwards, to what the project declares."""

    def __init__(self, graph: Graph, depth: int, *, is_whole: bool) -> None:
        self.nodes = {node.position: node for node in graph.nodes}
        self.entering: dict[int, list[Edge]] = {}
        for edge in graph.edges:
            self.entering.setdefault(edge.target, []).append(edge)
        self.depth = depth
        self.shown = _Shown(is_whole=is_whole)

    def grown(self, node: Node, edges: tuple[Edge, ...], condition: str, level: int) -> TreeNode:
        by_source: dict[int, list[Edge]] = {}
        roots = []
        for edge in self.entering.get(node.position, ()):
            if edge.source is not None:
                by_source.setdefault(edge.source, []).append(edge)
            elif edge.root is not None:
                roots.append(edge.root)
        is_repeated = self.shown.has(node.position) and bool(by_source)
        hidden = len(by_source) if not is_repeated and level >= self.depth else 0
        children: tuple[TreeNode, ...] = ()
        if not is_repeated and not hidden:
            self.shown.enter(node.position)
            order = sorted(by_source, key=lambda number: (self.nodes[number].name, number))
            children = tuple(
                self.grown(self.nodes[each], tuple(by_source[each]), joint_condition(by_source[each]), level + 1)
                for each in order
            )
            self.shown.leave(node.position)
        return TreeNode(
            node=node,
            edges=edges,
            condition=condition,
            roots=() if is_repeated else tuple(roots),
            is_repeated=is_repeated,
            hidden=hidden,
            children=children,
        )


def joint_condition(edges: Iterable[Edge]) -> str:
    """Return what has to hold, besides its source being there, for one of `edges` to apply; empty for nothing."""
    where, assumed = NEVER, NEVER
    for edge in edges:
        where, assumed = where | edge.where, assumed | edge.assumed
    return marker_text(where, assuming=assumed)
