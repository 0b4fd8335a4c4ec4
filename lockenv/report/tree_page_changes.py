"""What the page of a lock shows of what changed since another lock.

In: the values of the page, and a comparison. Out: the same values with each change at its package; what was removed
follows the packages, with the requirements that brought it. Never: comparing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockenv.report import lock_diff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.lockfile.coverage_matrix import Environment
    from lockenv.lockfile.diff import Change, Release
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.comparison import LockComparison
    from lockenv.operations.locked_graph import ExplainedLock


def merged(
    whole: Mapping[str, Any], found: ExplainedLock, against: LockComparison, among: Sequence[Environment]
) -> dict[str, object]:
    """Return `whole` with the changes; the environments of the page are `among`."""
    packages = [dict(one) for one in whole["packages"]]
    removed: dict[int, int] = {}
    for change in against.changes:
        said = {"kind": change.kind, "from": change.old.version if change.old else "", "lines": _lines(change)}
        position = _position(found.lock, change, change.new)
        before = _position(against.lock, change, change.old)
        if position is not None:
            packages[position]["change"] = said
        elif before is not None and change.old is not None:
            removed[before] = len(packages)
            old = change.old
            packages.append({"name": change.name, "version": old.version, "source": "", "marker": old.marker})
            packages[-1] |= {"files": [], "sizes": [], "page": "", "change": said}
    return {
        **whole,
        "packages": packages,
        "requirements": [*whole["requirements"], *_former(found, against, removed, among)],
        "against": {
            "name": against.name,
            "summary": lock_diff.summary(against.changes, against.settings),
            "settings": [lock_diff.setting_line(one) for one in against.settings],
        },
    }


def _lines(change: Change) -> list[str]:
    return [sentence for _, sentence in lock_diff.lines(change)]


def _position(lock: Lock | None, change: Change, release: Release | None) -> int | None:
    """Return the place in `lock` of one side of a change."""
    if lock is None or release is None:
        return None
    wanted = (change.name, release.version, release.marker)
    entries = enumerate(lock.packages)
    return next((at for at, one in entries if (one.name, one.version, one.marker or "") == wanted), None)


def _former(
    found: ExplainedLock, against: LockComparison, removed: Mapping[int, int], among: Sequence[Environment]
) -> list[dict[str, object]]:
    """Return the requirements that brought what was removed, from what is still there or was removed as well."""
    former: list[dict[str, object]] = []
    drawn: set[int] = set()
    for edge in against.graph.edges if against.graph is not None else ():
        if edge.target not in removed:
            continue
        source = None if edge.source is None else removed.get(edge.source, _now(found, against, edge.source))
        if source is None and edge.source is not None:
            continue
        drawn.add(edge.target)
        places = [number for number, each in enumerate(among) if not edge.where.disjoint(each.marker)]
        former.append(_requirement(source, removed[edge.target], edge.text, edge.condition, places))
    everywhere = list(range(len(among)))
    left = [number for before, number in removed.items() if before not in drawn]
    return [*former, *(_requirement(None, number, "", "", everywhere) for number in left)]


def _now(found: ExplainedLock, against: LockComparison, position: int) -> int | None:
    """Return the place in the lock of what was at `position` of the older one, in whichever version."""
    old = against.lock.packages[position] if against.lock is not None else None
    same = [at for at, one in enumerate(found.lock.packages) if old is not None and one.name == old.name]
    alike = [at for at in same if old is not None and found.lock.packages[at].version == old.version]
    return next(iter(alike or same), None)


def _requirement(
    source: int | None, target: int, text: str, condition: str, environments: Sequence[int]
) -> dict[str, object]:
    return {
        "source": source,
        "target": target,
        "text": text,
        "extras": [],
        "via": [],
        "condition": condition,
        "environments": list(environments),
        "section": "",
        "written": "",
        "always": not condition,
        "former": True,
    }
