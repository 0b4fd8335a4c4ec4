"""Expand what stands for other requirements: included groups, and extras of the project itself.

Pure: a graph of extras and groups goes in; each one's requirements come out, every requirement with the origin of the
line where it is really written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.project import wording
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.requirement import Declared, Requirement, parse_marker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.project.document import Document
    from lockenv.project.positions import Path

Node = tuple[Literal["extra", "group"], str]
"""An extra or a group, by its normalized name."""

_DEEPEST = 100
"""Includes in includes; more are taken for a mistake, well before Python's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """A place that stands for all the requirements of an extra or a group."""

    node: Node
    path: Path
    """Where it is written."""
    marker: str = ""
    """The environments in which it stands for them; empty for all."""


Item = Declared | Include


class Expansion:
    """The requirements of extras and groups, each expanded once."""

    __slots__ = ("_document", "_done", "_items")

    def __init__(self, document: Document, items: Mapping[Node, Sequence[Item]]) -> None:
        """`items` holds what each extra and group of `document` lists."""
        self._document = document
        self._items = items
        self._done: dict[Node, tuple[Declared, ...]] = {}

    def of(self, node: Node) -> tuple[Declared, ...]:
        """Give the requirements of `node`, in order, those of an include where the include stands.

        What two includes lead to is given once, as it was written once. Raises InputError for an unknown name or a
        cycle.
        """
        return self._of(node, (node,))

    def expanded(self, items: Sequence[Item]) -> tuple[Declared, ...]:
        """Give `items` with every include replaced by what it stands for."""
        return self._expanded(items, ())

    def _of(self, node: Node, trail: tuple[Node, ...]) -> tuple[Declared, ...]:
        done = self._done.get(node)
        if done is None:
            done = self._done[node] = self._expanded(self._items[node], trail)
        return done

    def _expanded(self, items: Sequence[Item], trail: tuple[Node, ...]) -> tuple[Declared, ...]:
        written = [item for item in items if isinstance(item, Declared)]
        if len(written) == len(items):
            return tuple(written)
        expanded: dict[Declared, None] = {}
        for item in items:
            if isinstance(item, Declared):
                expanded[item] = None
                continue
            self._check(item, trail)
            for declared in self._of(item.node, (*trail, item.node)):
                expanded[_where(declared, item.marker)] = None
        return tuple(expanded)

    def _check(self, include: Include, trail: tuple[Node, ...]) -> None:
        kind, name = include.node
        if include.node not in self._items:
            valid = [other for other_kind, other in self._items if other_kind == kind]
            raise self._document.error(
                include.path,
                f'includes the {kind} "{name}", which is not declared{wording.suggestion(name, valid)}',
                hint=f"the {kind}s are {', '.join(valid)}" if valid else f"the project declares no {kind}s",
            )
        if include.node in trail:
            cycle = " -> ".join(name for _, name in (*trail[trail.index(include.node) :], include.node))
            raise self._document.error(
                include.path, f"closes a cycle of includes: {cycle}", hint="remove one of these includes"
            )
        if len(trail) > _DEEPEST:
            raise self._document.error(
                include.path, f"is the {_DEEPEST + 1}st include within includes", hint="include less deeply"
            )


def _where(declared: Declared, marker: str) -> Declared:
    """Give `declared`, required only where `marker` holds too."""
    if not marker:
        return declared
    old = declared.requirement
    both = parse_marker(f"({old.marker}) and ({marker})") if old.marker else marker
    return Declared(requirement=Requirement(old.name, old.extras, old.specifier, both, old.url), origin=declared.origin)
