"""Read lists of requirements, and expand what means others: included groups, and extras of the project itself.

Pure: a document, or a graph of extras and groups, goes in; each one's requirements come out, every requirement with the
origin of the line where it is really written.
"""

from __future__ import annotations

from itertools import combinations, pairwise

from lockenv.project import messages
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import reduce
from lockenv.vocabulary.names import GroupName, NormalizedName, normalize
from lockenv.vocabulary.requirement import Declared, Requirement, parse_marker

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Literal

    from lockenv.errors import InputError
    from lockenv.project.document import Document
    from lockenv.project.positions import Path
    from lockenv.vocabulary import pep440

    Node = tuple[Literal["extra", "group"], str]
    """An extra or a group, by its normalized name."""
    Conflicts = tuple[tuple[Node, ...], ...]
    """Sets of extras and groups that are never installed together."""
else:
    pep440 = late("lockenv.vocabulary.pep440")

GROUPS: Path = ("dependency-groups",)
ITSELF: Node = ("extra", "")
"""What a requirement of the project itself includes that names no extra: nothing."""
_DEPENDENCIES: Path = ("project", "dependencies")
_GROUP_HINT = 'use a requirement string, or { include-group = "name" }'
_DEEPEST = 100
"""Includes in includes; more are taken for a mistake, well before Python's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """A place that means all the requirements of an extra or a group."""

    node: Node
    path: Path
    """Where it is written."""
    marker: str = ""
    """The environments in which it means them; empty for all."""


Item = Declared | Include


class Expansion:
    """The requirements of extras and groups, each expanded once."""

    __slots__ = ("_document", "_done", "_items", "undeclared")

    def __init__(self, document: Document, items: Mapping[Node, Sequence[Item]]) -> None:
        """`items` holds what each extra and group of `document` lists."""
        self._document = document
        self._items = items
        self._done: dict[Node, tuple[Declared, ...]] = {}
        self.undeclared: dict[Include, None] = {}
        """The includes that were met of extras that the project does not declare: they mean nothing."""

    def of(self, node: Node) -> tuple[Declared, ...]:
        """Return the requirements of `node`, in order, those of an include where the include is.

        What two includes reach is returned once, as it was written once. Extras may include each other in a cycle: one
        that was reached already adds nothing. Raises InputError for an unknown group or a cycle of groups.
        """
        return self._of(node, (node,))

    def expanded(self, items: Sequence[Item]) -> tuple[Declared, ...]:
        """Return `items` with every include replaced by what it means."""
        return self._expanded(items, ())

    def conflicts(self, declared: Conflicts, places: Mapping[Node, Path]) -> Conflicts:
        """Return the declared conflicts, then those that extras and groups have because of what they include.

        What includes a member conflicts with the other members, as it installs that member. Raises InputError, at the
        place of the extra or group, for one that includes two members everywhere.
        """
        found: dict[frozenset[Node], None] = {}
        for members in declared:
            for one, other in combinations(members, 2):
                first, second = self._including(one), self._including(other)
                for node in sorted(first.keys() & second.keys() - {one, other}):
                    if self._is_everywhere(first[node]) and self._is_everywhere(second[node]):
                        raise self._both(node, first[node], second[node], places)
                found.update(
                    (frozenset((node, another)), None) for node in first for another in second if node != another
                )
        for members in declared:
            for pair in combinations(members, 2):
                found.pop(frozenset(pair), None)
        return (*declared, *sorted(tuple(sorted(pair)) for pair in found))

    def including(self, node: Node) -> Iterable[Node]:
        """Return each node that includes `node`, itself too."""
        return self._including(node)

    def _including(self, node: Node) -> dict[Node, tuple[Node, ...]]:
        """Return each node that includes `node`, itself too, with a trail to it: one without markers where there is."""
        found: dict[Node, tuple[Node, ...]] = {node: (node,)}
        for is_plain in (True, False):
            agenda = list(found)
            for reached in agenda:
                for other, items in self._items.items():
                    if other not in found and self._includes(items, reached, is_plain=is_plain):
                        found[other] = (other, *found[reached])
                        agenda.append(other)
        return found

    @staticmethod
    def _includes(items: Sequence[Item], node: Node, *, is_plain: bool) -> bool:
        return any(isinstance(item, Include) and item.node == node and not (is_plain and item.marker) for item in items)

    def _is_everywhere(self, trail: tuple[Node, ...]) -> bool:
        return all(self._includes(self._items[one], other, is_plain=True) for one, other in pairwise(trail))

    def _both(
        self, node: Node, one: tuple[Node, ...], other: tuple[Node, ...], places: Mapping[Node, Path]
    ) -> InputError:
        (kind, first), (other_kind, second) = one[-1], other[-1]
        ways = " and ".join(" -> ".join(name for _, name in trail) for trail in (one, other))
        apart = f'the {kind} "{first}" and the {other_kind} "{second}" conflict'
        return self._document.error(
            places[node],
            f"includes {ways}, but by `conflicts` {apart}",
            hint="remove one of these includes, or the conflict",
            at_key=True,
        )

    def _of(self, node: Node, trail: tuple[Node, ...]) -> tuple[Declared, ...]:
        done = self._done.get(node)
        if done is None:
            walked = self._walked(node) if self._is_in_cycle(node) else self._expanded(self._items[node], trail)
            done = self._done[node] = walked
        return done

    def _is_in_cycle(self, node: Node) -> bool:
        """Return whether the extra `node` includes itself, at once or through others; False for a group."""
        if node[0] != "extra":
            return False
        agenda, reached = [node], set()
        for each in agenda:
            for item in self._items.get(each, ()):
                if isinstance(item, Include) and item.node not in reached:
                    reached.add(item.node)
                    agenda.append(item.node)
        return node in reached

    def _walked(self, node: Node) -> tuple[Declared, ...]:
        """Return the requirements of an extra that is part of a cycle, in the order in which a walk meets them.

        An extra is walked again only where no earlier way to it holds wherever this one does. Once around a cycle
        adds conditions and no requirement.
        """
        expanded: dict[Declared, None] = {}
        reached: dict[Node, list[tuple[str, ...]]] = {}

        def walk(here: Node, markers: tuple[str, ...], trail: tuple[Node, ...]) -> None:
            if any(set(earlier) <= set(markers) for earlier in reached.setdefault(here, [])):
                return
            reached[here].append(markers)
            for item in self._items[here]:
                if isinstance(item, Declared):
                    expanded[reduce(_where, markers, item)] = None
                    continue
                if not self._is_declared(item):
                    continue
                self._check(item, trail)
                added = (item.marker,) if item.marker and item.marker not in markers else ()
                walk(item.node, (*added, *markers), (*trail, item.node))

        walk(node, (), (node,))
        return tuple(expanded)

    def _expanded(self, items: Sequence[Item], trail: tuple[Node, ...]) -> tuple[Declared, ...]:
        written = [item for item in items if isinstance(item, Declared)]
        if len(written) == len(items):
            return tuple(written)
        expanded: dict[Declared, None] = {}
        for item in items:
            if isinstance(item, Declared):
                expanded[item] = None
                continue
            if not self._is_declared(item):
                continue
            self._check(item, trail)
            for declared in self._of(item.node, (*trail, item.node)):
                expanded[_where(declared, item.marker)] = None
        return tuple(expanded)

    def _is_declared(self, include: Include) -> bool:
        """Return False for an extra that is not declared, and remember it. Raises InputError for such a group."""
        kind, name = include.node
        if include.node in self._items:
            return True
        # Builders and installers accept what a distribution requires of its own extras, declared or not.
        if kind == "extra":
            self.undeclared[include] = None
            return False
        valid = [other for other_kind, other in self._items if other_kind == kind and other]
        raise self._document.error(
            include.path,
            f'includes the {kind} "{name}", which is not declared{messages.suggestion(name, valid)}',
            hint=f"the {kind}s are {', '.join(valid)}" if valid else f"the project declares no {kind}s",
        )

    def _check(self, include: Include, trail: tuple[Node, ...]) -> None:
        # PEP 735: "Dependency Group Includes MUST NOT include cycles, and tools SHOULD report an error if they detect a
        # cycle." No such rule is there for the extras of a project.
        if include.node[0] == "group" and include.node in trail:
            cycle = " -> ".join(name for _, name in (*trail[trail.index(include.node) :], include.node))
            raise self._document.error(
                include.path, f"creates a cycle of includes: {cycle}", hint="remove one of these includes"
            )
        if len(trail) > _DEEPEST:
            raise self._document.error(
                include.path, f"is nested in more than {_DEEPEST} includes", hint="reduce the nesting"
            )


def _where(declared: Declared, marker: str) -> Declared:
    """Return `declared`, required only where `marker` holds too."""
    if not marker:
        return declared
    old = declared.requirement
    both = parse_marker(f"({old.marker}) and ({marker})") if old.marker else marker
    return Declared(requirement=Requirement(old.name, old.extras, old.specifier, both, old.url), origin=declared.origin)


def groups(document: Document) -> dict[GroupName, tuple[Declared, ...]]:
    """Return the dependency groups of a project that others may require, in the order they are written.

    What it requires of itself is a requirement like any other. Raises InputError.
    """
    written = names(document, GROUPS, "group")
    expansion = Expansion(
        document, {("group", name): grouped(document, group, NormalizedName("")) for name, group in written.items()}
    )
    return {GroupName(name): expansion.of(("group", name)) for name in written}


def names(document: Document, path: Path, what: str) -> dict[str, str]:
    """Return the keys of the table at `path` by their normalized names, in the order they are written."""
    names: dict[str, str] = {}
    for written in document.table(path):
        name = normalize(document.name((*path, written), written, at_key=True))
        if name in names:
            # Names that are equal once normalized are an error (PEP 685 for extras, PEP 735 for groups).
            raise document.error(
                (*path, written),
                f'is the same {what} as "{names[name]}"',
                hint="keep one of them; names that differ only in `-`, `_`, `.` or letter case are the same",
                at_key=True,
            )
        names[name] = written
    return names


def listed(document: Document, path: Path, project: NormalizedName) -> Sequence[Item]:
    """Return the requirements in the array at `path`, a reference to the project's own extras as includes."""
    items: list[Item] = []
    for position, _ in enumerate(document.strings(path)):
        items.extend(_item(document, (*path, position), project))
    return items


def grouped(document: Document, group: str, project: NormalizedName) -> Sequence[Item]:
    """Return what the group that is written as `group` lists (PEP 735), its includes as includes."""
    path = (*GROUPS, group)
    items: list[Item] = []
    for position, element in enumerate(document.array(path)):
        place = (*path, position)
        if isinstance(element, str):
            items.extend(_item(document, place, project))
            continue
        if not isinstance(element, dict):
            raise document.error(place, f"is `{element}`, not a requirement", hint=_GROUP_HINT)
        document.known_keys(place, ("include-group",))
        written = document.string((*place, "include-group"))
        if written is None:
            raise document.error(place, "includes no group", hint=_GROUP_HINT)
        items.append(Include(node=("group", normalize(written)), path=place))
    return items


def _item(document: Document, path: Path, project: NormalizedName) -> Sequence[Item]:
    """Return the requirement at `path`; the includes it means when it names the project itself."""
    declared = document.requirement(path)
    wanted = declared.requirement
    if wanted.name != project:
        return (declared,)
    if not wanted.extras and path[:-1] == _DEPENDENCIES:
        raise document.error(
            path,
            "makes the project require itself",
            hint="remove it, or rename the project if another package is meant",
        )
    if wanted.url:
        raise document.error(path, "names a URL of the project itself", hint=f"use {_bare(wanted)}")
    if wanted.specifier:
        _check_own_version(document, path, wanted)
    included: Sequence[Node] = [("extra", extra) for extra in wanted.extras] or [ITSELF]
    return [Include(node=node, path=path, marker=wanted.marker) for node in included]


def _check_own_version(document: Document, path: Path, wanted: Requirement) -> None:
    """Raise InputError where the project's own version is not known to meet what it requires of itself."""
    own = document.get(("project", "version"), str)
    if own is None:
        raise document.error(
            path,
            "requires a version of the project itself, which [project] does not state",
            hint=f"use {_bare(wanted)}",
        )
    if not pep440.contains(wanted.specifier, own):
        raise document.error(
            path,
            f"requires {wanted.name}{wanted.specifier}, but the version of the project is {own}",
            hint=f"use {_bare(wanted)}, or rename the project if another package is meant",
        )


def _bare(own: Requirement) -> str:
    """Return a requirement of the project itself as it is for any version of it."""
    return f"`{Requirement(own.name, own.extras, marker=own.marker)}`"
