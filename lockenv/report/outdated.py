"""Which packages of a lock have newer versions, as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.console.tables import Paragraph, Table
from lockenv.report import explanation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.console.tables import Figure, Parts
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.operations.outdated import Behind


def figures(behind: Sequence[Behind]) -> Iterator[Figure]:
    """Yield the table, and what to do about it."""
    rows = tuple(_row(each) for each in behind)
    yield Table(headings=("package", "locked", "compatible", "latest"), rows=rows)
    if any(each.compatible not in (None, each.node.version) for each in behind):
        yield Paragraph(parts=(("run `lockenv lock -U` to upgrade to the newest compatible versions", "dim"),))
    held = next((each for each in behind if each.latest and each.latest != each.compatible), None)
    if held:
        yield Paragraph(
            parts=((f"run `lockenv why-not {held.node.name}=={held.latest}` to see what holds a version back", "dim"),)
        )


def _row(each: Behind) -> tuple[Parts, ...]:
    node = each.node
    title: Parts = ((node.name, "name"), *explanation.marked(node.marker))
    compatible: Parts = ((each.compatible or "not needed", "fair" if each.compatible != node.version else "dim"),)
    latest: Parts = ((each.latest or "missing", "good" if each.latest == each.compatible else "bad"),)
    return title, ((node.version, "version"),), compatible, latest


def report(found: ExplainedLock, behind: Sequence[Behind]) -> dict[str, object]:
    """Return what `--json` prints."""
    return {
        "schema": 1,
        "lock": found.project.lock_name,
        "outdated": [
            {
                "name": each.node.name,
                "version": each.node.version,
                "marker": each.node.marker or None,
                "compatible": each.compatible,
                "latest": each.latest,
            }
            for each in behind
        ],
    }
