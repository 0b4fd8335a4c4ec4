"""Parts of a workspace: what some of its members need, and nothing else of the lock."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from lockenv.errors import UsageError
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.lockfile import graph as lockfile_graph
    from lockenv.lockfile.graph import Edge
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Selected
    from lockenv.vocabulary.target import Target
else:
    lockfile_graph = late("lockenv.lockfile.graph")


def normalize_members(packages: Iterable[str], manifest: Manifest | None) -> tuple[str, ...]:
    """Return the normalized names of `packages`, sorted. Raises UsageError for one that the workspace does not have."""
    names = sorted({normalize(name) for name in packages})
    there = [*manifest.members, normalize(manifest.name)] if manifest and manifest.workspace else []
    for name in names:
        if name not in there:
            known = f"its members are {', '.join(sorted(there))}" if there else "there is no workspace"
            raise UsageError(f"--package {name}: the workspace has no member of this name; {known}")
    return tuple(names)


def is_among(name: str, packages: Sequence[str]) -> bool:
    """Return whether a project is installed with `packages`, which mean all when there are none."""
    return not packages or normalize(name) in packages


def only(
    chosen: Sequence[Selected], packages: Sequence[str], lock: Lock, manifest: Manifest, target: Target
) -> tuple[Selected, ...]:
    """Return what of `chosen`, which `lock` selects for `target`, the members `packages` need, themselves included."""
    whole, is_root = lockfile_graph.graph(lock, manifest), normalize(manifest.name) in packages
    bare = (requires for name, requires in manifest.bare.items() if name in packages)
    meant = {*packages, *chain.from_iterable(bare)}

    def narrowed(edge: Edge) -> Edge | None:
        if edge.source is None:
            name = whole.nodes[edge.target].name
            if name not in meant and (name in manifest.members or not is_root):
                return None
        return edge if edge.where.without_extras_and_groups().evaluate(target.environment) else None

    needed = {node.name for node in lockfile_graph.part(whole, narrowed).nodes}
    return tuple(one for one in chosen if one.name in needed)
