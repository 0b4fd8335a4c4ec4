"""Find the packages of a lock that have newer versions, within the requirements and at all.

In: a lock and its project. Out: what is behind, or why there is no resolution. Never: printing, writing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.operations import load
from lockenv.operations.what_if import asking
from lockenv.resolve.newest import newest
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.pep440 import version_key
from lockenv.vocabulary.pin import Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.context.settings import Settings
    from lockenv.index.catalog import Catalog
    from lockenv.lockfile.graph import Node
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable
    from lockenv.vocabulary.progress import Listener


class Behind(NamedTuple):
    """A package that has newer versions than the locked one."""

    node: Node
    compatible: str | None
    """What an upgrade of everything would lock in its place; None when it would lock none."""
    latest: str | None
    """The newest there is; None when its index has no release of it, or no index serves it."""


def outdated(
    found: ExplainedLock, settings: Settings, listener: Listener
) -> list[Behind] | Unsolvable | NeedsPermission:
    """Return the packages of a lock that have newer versions, in the order of its graph; or why nothing resolves.

    Raises InputError and NetworkError.
    """
    manifest = found.manifest or load.manifest(found.project, settings, found.lock)
    with asking(found.project, manifest, found.lock, settings, listener) as inquiry:
        answer = inquiry.solve()
        if not isinstance(answer, Resolution):
            return answer
        inquiry.index.expect((node.name, (), "") for node in found.graph.nodes if not node.source)
        return list(_behind(found, answer, inquiry.index, manifest))


def _behind(found: ExplainedLock, answer: Resolution, index: Catalog, manifest: Manifest) -> Iterator[Behind]:
    for node in found.graph.nodes:
        if not node.version:
            continue
        serving = [pin.version for pin in answer.pins if pin.name == node.name and not pin.marker.disjoint(node.area)]
        compatible = max(filter(None, serving), key=version_key, default=None)
        latest = None if node.source else newest(node.name, node.version, node.area, index, manifest.policy)
        if any(each is not None and version_key(each) > version_key(node.version) for each in (compatible, latest)):
            yield Behind(node, compatible, latest)
