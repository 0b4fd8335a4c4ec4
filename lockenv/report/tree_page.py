"""What the page of a lock shows.

In: a lock and its graph. Out: values that JSON can hold, and the page.
Never: a file, a choice that the page leaves to its reader.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.console.tables import plain
from lockenv.lockfile.coverage_matrix import coverage, environments
from lockenv.lockfile.tree_view import ENDLESS, joint_condition
from lockenv.report import explanation, lock_diff, tree_page_changes
from lockenv.report.page import page
from lockenv.report.tree import figures
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.lockfile.coverage_matrix import Environment
    from lockenv.lockfile.graph import Edge
    from lockenv.lockfile.lock import LockEntry
    from lockenv.operations.cached_knowledge import ReleaseKnowledge
    from lockenv.operations.comparison import LockComparison
    from lockenv.operations.locked_graph import ExplainedLock


_WEB = ("https://", "http://")
"""How URLs begin that a page may link to: no other kind is a place to go."""


def title(found: ExplainedLock) -> str:
    """Return the heading of the page."""
    return (found.manifest.name if found.manifest else "") or os.path.basename(found.project.lock)


def content(
    found: ExplainedLock, known: Mapping[int, ReleaseKnowledge] | None = None, against: LockComparison | None = None
) -> dict[str, object]:
    """Return the packages with what they have for each environment, and the requirements with where each applies.

    With what the cache has `known` of them, and what changed since the lock that they are compared `against`; what is
    no longer there follows them.
    """
    among = environments(found.lock)
    rows = coverage(found.lock, among)
    pairs: dict[tuple[int | None, int], list[Edge]] = {}
    for edge in found.graph.edges:
        pairs.setdefault((edge.source, edge.target), []).append(edge)
    always = {pair for pair, edges in pairs.items() if not joint_condition(edges)}
    whole: dict[str, object] = {
        "title": title(found),
        "lock": os.path.basename(found.project.lock),
        "environments": [{"platform": each.platform, "python": each.python} for each in among],
        "packages": [
            {
                "name": node.name,
                "version": node.version,
                "source": node.source,
                "marker": node.marker,
                "files": list(row.states),
                "sizes": _sizes(found.lock.packages[node.position]),
                "page": _page(found.lock.packages[node.position]),
                **_known((known or {}).get(node.position)),
            }
            for node, row in zip(found.graph.nodes, rows, strict=True)
        ],
        "requirements": [
            {
                **_requirement(edge, among),
                **_declared(edge, found.project.directory),
                "always": (edge.source, edge.target) in always,
            }
            for edge in found.graph.edges
        ],
    }
    return tree_page_changes.merged(whole, found, against, among) if against is not None else whole


def _known(known: ReleaseKnowledge | None) -> dict[str, object]:
    """Return what the cache knows of a release."""
    if known is None:
        return {}
    return {
        "license": known.license,
        "home": known.page,
        "newer": known.newer,
        "listed": known.is_listed,
        "audited": known.audited,
        "vulnerabilities": [
            {
                "id": one.advisory.id,
                "aliases": list(one.advisory.aliases),
                "summary": printable(one.advisory.summary),
                "fixed": list(one.advisory.fixed),
                "url": one.advisory.url if one.advisory.url.startswith(_WEB) else "",
                "ignored": f"until {one.ignored.until}: {one.ignored.reason}" if one.ignored else "",
            }
            for one in known.vulnerabilities
        ],
    }


def _sizes(entry: LockEntry) -> list[int]:
    """Return the sizes of the wheels that the lock records, or of the sdist of an entry without wheels, in bytes."""
    tables = (*entry.wheels, *(() if entry.wheels else (entry.table.get("sdist", {}),)))
    return sorted({size for table in tables if isinstance(size := table.get("size"), int)})


def _page(entry: LockEntry) -> str:
    """Return the page of the package on its index; empty where it comes from elsewhere."""
    is_web = entry.index.startswith(_WEB)
    return f"{entry.index.rstrip('/')}/{entry.name}/" if is_web else ""


def _requirement(edge: Edge, among: Sequence[Environment]) -> dict[str, object]:
    return {
        "source": edge.source,
        "target": edge.target,
        "text": edge.text,
        "extras": list(edge.requirement.extras),
        "via": list(edge.via),
        "condition": edge.condition,
        "environments": [number for number, each in enumerate(among) if not edge.where.disjoint(each.marker)],
    }


def _declared(edge: Edge, directory: str) -> dict[str, object]:
    """Return where the project writes a requirement, as seen from the project.

    Not from where the program was started.
    """
    root = edge.root
    if root is None:
        return {"section": "", "written": ""}
    places = (replace(each, file=os.path.relpath(each.file, directory)) for each in root.origins)
    return {
        "section": root.section,
        "written": "not required by any locked package" if root.is_adopted else explanation.place(places),
    }


def whole(
    found: ExplainedLock, known: Mapping[int, ReleaseKnowledge] | None = None, against: LockComparison | None = None
) -> str:
    """Return the page of the whole graph, which needs nothing else."""
    drawn = plain(tuple(figures(found, found.graph, (), ENDLESS, invert=False)))
    if against is not None:
        changed = lock_diff.figures(against.changes, against.settings, f"changes since {against.name}")
        drawn = f"{plain(tuple(changed))}\n{drawn}"
    return page(content(found, known, against), title=title(found), text=drawn)
