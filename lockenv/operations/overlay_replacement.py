"""Find what requirements of `run --with` replace of the environment below, and what must be resolved with them.

Pure. In: lines of a requirements file, the versions that are below, the lock of these. Out: what is replaced, and lines
for what requires it, which is so proved to go with the new version. Never: an environment, an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.graph import graph
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.pep440 import contains
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lockenv.lockfile.graph import Graph, Node
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.requirement import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A package of the environment below that a requirement replaces for one command."""

    requirement: Requirement
    version: str
    """The version below."""

    @property
    def sentence(self) -> str:
        """What is done, for whoever runs the command."""
        return f"{self.requirement} takes the place of {self.requirement.name} {self.version} for this command alone"


def may_replace(lines: Iterable[str]) -> bool:
    """Return whether any of `lines` asks for a certain version or source."""
    return any(each.specifier or each.url for each in _parsed(lines))


def replacements(lines: Iterable[str], versions: Mapping[str, str]) -> dict[NormalizedName, Replacement]:
    """Return what `lines` replace of the packages below, whose `versions` are given by name."""
    return {
        each.name: Replacement(requirement=each, version=versions[each.name])
        for each in _parsed(lines)
        if each.name in versions and (each.url or not contains(each.specifier, versions[each.name]))
    }


def requirers(
    replaced: Collection[NormalizedName], lock: Lock, versions: Mapping[str, str], left_out: Collection[str]
) -> tuple[str, ...]:
    """Return a line for each package below that requires one of `replaced`, with the extras it has there, sorted.

    Those of `left_out` are none: what the project itself declares is what a person replaces.
    """
    whole = graph(lock)
    found: dict[str, set[str]] = {}
    for name in replaced:
        for node in whole.find(name):
            for above in _above(node, whole):
                is_there = above.name in versions and above.name not in (*replaced, *left_out)
                if is_there and above.version in ("", versions[above.name]):
                    extras = {extra for edge in whole.entering(above.position) for extra in edge.requirement.extras}
                    found.setdefault(above.name, set()).update(extras)
    return tuple(f"{name}[{','.join(sorted(extras))}]" if extras else name for name, extras in sorted(found.items()))


def without(texts: Iterable[str], names: Collection[str]) -> list[str]:
    """Return those of `texts`, each a requirement, that are about none of `names`."""
    return [text for text in texts if not {each.name for each in _parsed([text])}.intersection(names)]


def _above(node: Node, whole: Graph) -> list[Node]:
    by_position = {each.position: each for each in whole.nodes}
    return [by_position[edge.source] for edge in whole.entering(node.position) if edge.source is not None]


def _parsed(lines: Iterable[str]) -> list[Requirement]:
    found = []
    for line in lines:
        try:
            found.append(parse(line))
        except ValueError:  # a path, or a file of requirements
            continue
    return found
