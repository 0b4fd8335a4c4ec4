"""Who requires what in a lock: its packages, the requirements between them, and where each applies.

Pure: a Lock and what the project declares go in; a Graph comes out. The edges are derived from the requirements that
the lock records, as far as it records them; a lock of another tool has only the bare edges that it names. Nothing is
proved here: that the requirements are met is for the closure checker to say.
"""

from __future__ import annotations

from lockenv.lockfile.conditions import marker_of, universe
from lockenv.lockfile.declared import RootRequirement, overrides, roots
from lockenv.lockfile.direct import plain_url
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.markers import ALWAYS, NEVER, choosing, marker_text
from lockenv.vocabulary.markers import parse as parse_marker
from lockenv.vocabulary.requirement import Requirement, bounds, parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One entry of a lock."""

    position: int
    """Its place in `[[packages]]`."""
    name: NormalizedName
    version: str
    """Empty for an entry without one."""
    source: str
    """Where it comes from when no index serves it; else empty."""
    marker: str
    """As the lock has it; empty for everywhere."""
    area: Marker
    """The environments, extras and groups in which it is installed."""

    @property
    def title(self) -> str:
        """Its name and version."""
        return f"{self.name} {self.version}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One requirement, and an entry that meets it."""

    source: int | None
    """The node that requires; None for the project."""
    target: int
    requirement: Requirement
    root: RootRequirement | None = None
    """What the project declares, when it is the project that requires."""
    via: tuple[ExtraName, ...] = ()
    """The extras of the source that alone bring the requirement, sorted; empty where it needs none."""
    where: Marker
    """Where it applies and the target is what meets it; never unsatisfiable."""
    assumed: Marker
    """Where the source is installed, with one of `via` if there are any."""
    is_override: bool = False
    """Whether an override of the project replaces what the source requires."""

    @property
    def condition(self) -> str:
        """What has to hold besides the source being there; empty for nothing."""
        return marker_text(self.where, assuming=self.assumed)

    @property
    def text(self) -> str:
        """The requirement without its marker, as a person would write it."""
        bare = replace(self.requirement, marker="", specifier=bounds(self.requirement.specifier))
        return f"{bare} (override)" if self.is_override else str(bare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What a lock holds, and why."""

    nodes: tuple[Node, ...]
    """By their place in the lock; some may be without edges in a part of a graph."""
    edges: tuple[Edge, ...]
    """Of the project first; then by source, target and requirement."""
    universe: Marker

    def find(self, name: str) -> tuple[Node, ...]:
        """Return the entries of `name`."""
        return tuple(node for node in self.nodes if node.name == name)

    def leaving(self, source: int | None) -> tuple[Edge, ...]:
        """Return the edges from `source`."""
        return tuple(edge for edge in self.edges if edge.source == source)

    def entering(self, target: int) -> tuple[Edge, ...]:
        """Return the edges to `target`."""
        return tuple(edge for edge in self.edges if edge.target == target)


def graph(lock: Lock, manifest: Manifest | None = None) -> Graph:
    """Return the graph of `lock`; `manifest` says where its requirements are written.

    An entry that nothing requires is a root of its own, without a requirement. Raises InputError where a marker or a
    recorded requirement of the lock cannot be understood.
    """
    return _Derivation(lock, manifest).graph()


def part(whole: Graph, narrowed: Callable[[Edge], Edge | None]) -> Graph:
    """Return what the project reaches along what `narrowed` makes of the edges.

    Those that it returns None for are left.
    """
    reached: dict[int, set[ExtraName]] = {}
    kept: dict[int, Edge] = {}
    leaving: dict[int | None, list[tuple[int, Edge]]] = {}
    for number, edge in enumerate(map(narrowed, whole.edges)):
        if edge is not None:
            leaving.setdefault(edge.source, []).append((number, edge))
    agenda: list[int | None] = [None]
    while agenda:
        source = agenda.pop()
        extras = set() if source is None else reached[source]
        for number, edge in leaving.get(source, ()):
            if edge.via and not extras.intersection(edge.via):
                continue
            kept[number] = edge
            before = reached.get(edge.target)
            after = (before or set()).union(edge.requirement.extras)
            if after != before:
                reached[edge.target] = after
                agenda.append(edge.target)
    return Graph(
        nodes=tuple(node for node in whole.nodes if node.position in reached),
        edges=tuple(kept[number] for number in sorted(kept)),
        universe=whole.universe,
    )


def at(whole: Graph, environment: Mapping[str, str]) -> Graph:
    """Return what is installed in one environment, with whichever extras and groups; no edge has a condition there."""

    def narrowed(edge: Edge) -> Edge | None:
        holds = edge.where.without_extras_and_groups().evaluate(environment)
        return replace(edge, where=edge.assumed) if holds else None

    return part(whole, narrowed)


def within(whole: Graph, region: Marker) -> Graph:
    """Return what is installed in some environment of `region`, with whichever extras and groups."""

    def narrowed(edge: Edge) -> Edge | None:
        where = edge.where & region
        return None if where is NEVER else replace(edge, where=where, assumed=edge.assumed & region)

    return part(whole, narrowed)


def around(whole: Graph, names: Collection[str], *, invert: bool) -> Graph:
    """Return the entries of `names` with all that they require, or with all that requires them."""
    wanted = {node.position for node in whole.nodes if node.name in names}
    agenda = list(wanted)
    while agenda:
        number = agenda.pop()
        edges = whole.entering(number) if invert else whole.leaving(number)
        for edge in edges:
            other = edge.source if invert else edge.target
            if other is not None and other not in wanted:
                wanted.add(other)
                agenda.append(other)
    return Graph(
        nodes=tuple(node for node in whole.nodes if node.position in wanted),
        edges=tuple(edge for edge in whole.edges if edge.target in wanted and edge.source in (None, *wanted)),
        universe=whole.universe,
    )


class _Derivation:
    """Finds the least closure of the roots: with which extras, and where, each entry is needed."""

    def __init__(self, lock: Lock, manifest: Manifest | None) -> None:
        self.lock = lock
        self.universe = universe(lock)
        self.roots = roots(lock, manifest)
        self.overrides = overrides(lock)
        self.nodes = tuple(self._node(position, package) for position, package in enumerate(lock.packages))
        self.by_name: dict[str, list[int]] = {}
        for node in self.nodes:
            self.by_name.setdefault(node.name, []).append(node.position)
        self.reach: list[dict[ExtraName | None, Marker]] = [{} for _ in self.nodes]
        self.found: dict[tuple[int | None, int, str, int], Edge] = {}
        self.agenda: list[int] = []

    def graph(self) -> Graph:
        for number, root in enumerate(self.roots):
            self._declared(number, root)
        self._spread()
        self._adopt()
        edges = sorted(self.found.items(), key=lambda item: _order(item[0]))
        return Graph(nodes=self.nodes, edges=tuple(edge for _, edge in edges), universe=self.universe)

    def _node(self, position: int, package: LockEntry) -> Node:
        return Node(
            position=position,
            name=package.name,
            version=package.locked_version,
            source=_source(package),
            marker=package.marker or "",
            area=marker_of(self.lock, position) & self.universe,
        )

    def _declared(self, number: int, root: RootRequirement) -> None:
        assumed = self.universe & choosing(root.kind, root.name)
        where = assumed & _own_marker(root.requirement)
        for requirement, inside, is_override in self._ruled(root.requirement):
            self._meet(None, number, requirement, {None: (where & inside, assumed)}, root, is_override=is_override)

    def _spread(self) -> None:
        while self.agenda:
            source = self.agenda.pop()
            if not self.lock.is_foreign:
                for number, text in enumerate(self.lock.packages[source].requires):
                    self._required(source, number, text)
            else:
                self._named(source)

    def _required(self, source: int, number: int, text: str) -> None:
        try:
            written = parse(text)
            marker = parse_marker(written.marker) if written.marker else ALWAYS
        except ValueError as error:
            self.lock.fail(
                source, "tool", f"requires-dist contains `{text}`, which is not a valid requirement: {error}", near=text
            )
        parts = {extra: (reach & marker.given_extra(extra), reach) for extra, reach in self.reach[source].items()}
        for requirement, inside, is_override in self._ruled(written):
            ways = {extra: (where & inside, assumed) for extra, (where, assumed) in parts.items()}
            self._meet(source, number, requirement, ways, None, is_override=is_override)

    def _named(self, source: int) -> None:
        """Follow the edges that a lock of another tool names, without a requirement."""
        area = self.nodes[source].area
        for number, (name, version) in enumerate(self.lock.packages[source].dependencies):
            for target in self.by_name.get(name, ()):
                if version in ("", self.nodes[target].version):
                    requirement = Requirement(name=self.nodes[target].name)
                    self._meet(source, number, requirement, {None: (area, area)}, None, only=target)

    def _ruled(self, requirement: Requirement) -> Iterable[tuple[Requirement, Marker, bool]]:
        """Return what counts in place of `requirement`, and where: itself, or the project's overrides of it."""
        rules = self.overrides.get(requirement.name)
        if not rules:
            return [(requirement, ALWAYS, False)]
        return [
            (replace(rule, extras=tuple(sorted({*rule.extras, *requirement.extras}))), _own_marker(rule), True)
            for rule in rules
        ]

    def _meet(
        self,
        source: int | None,
        number: int,
        requirement: Requirement,
        ways: Mapping[ExtraName | None, tuple[Marker, Marker]],
        root: RootRequirement | None,
        *,
        is_override: bool = False,
        only: int | None = None,
    ) -> None:
        """Note the edges of one requirement; `ways` are where it applies with each extra of the source, and without."""
        for target in self.by_name.get(requirement.name, ()) if only is None else (only,):
            area = self.nodes[target].area
            serving = {extra: (where & area, of) for extra, (where, of) in ways.items()}
            serving = {extra: each for extra, each in serving.items() if each[0] is not NEVER}
            if not serving:
                continue
            if None in serving and all(where.implies(serving[None][0]) for where, _ in serving.values()):
                serving = {None: serving[None]}
            where, assumed = NEVER, NEVER
            for here, of in serving.values():
                where, assumed = where | here, assumed | of
            via = () if None in serving else tuple(sorted(extra for extra in serving if extra is not None))
            self.found[source, target, str(requirement), number] = Edge(
                source=source,
                target=target,
                requirement=requirement,
                root=root,
                via=via,
                where=where,
                assumed=assumed,
                is_override=is_override,
            )
            self._widen(target, requirement.extras, where)

    def _widen(self, number: int, extras: tuple[ExtraName, ...], where: Marker) -> None:
        reach = self.reach[number]
        for key in (None, *extras):
            old = reach.get(key, NEVER)
            reach[key] = old | where
            if reach[key] is not old and number not in self.agenda:
                self.agenda.append(number)

    def _adopt(self) -> None:
        """Make a root of each entry that nothing reaches, first of those that no other names."""
        named = {name for each in self.lock.packages for name, _ in each.dependencies}
        for is_named in (False, True):
            for node in self.nodes:
                if not self.reach[node.position] and (node.name in named) is is_named:
                    root = RootRequirement(
                        kind="", name="", requirement=Requirement(name=node.name), origins=(), is_adopted=True
                    )
                    ways: dict[ExtraName | None, tuple[Marker, Marker]] = {None: (node.area, self.universe)}
                    self._meet(None, len(self.roots), root.requirement, ways, root, only=node.position)
                    self._spread()


def _source(package: LockEntry) -> str:
    """Return where an entry with a direct source comes from, as its lock says it."""
    table = package.source
    place = plain_url(str(table.get("url") or table.get("path", "")))
    return f"{place}@{table['requested-revision']}" if table.get("requested-revision") else place


def _own_marker(requirement: Requirement) -> Marker:
    return parse_marker(requirement.marker).given_extra(None) if requirement.marker else ALWAYS


def _order(key: tuple[int | None, int, str, int]) -> tuple[int, int, str, int]:
    """Return the roots first, in the order of the argument."""
    source, target, text, number = key
    return (-1, number, text, target) if source is None else (source, target, text, number)
