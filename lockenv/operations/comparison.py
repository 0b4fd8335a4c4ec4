"""Compare a lock that is explained with another one of the same project.

In: the lock, and a file or a revision of git. Out: what changed, with the graph of the other lock. Never: a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.diff import diff
from lockenv.lockfile.diff import settings as compared_settings
from lockenv.lockfile.graph import graph
from lockenv.operations.diff import side
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.context.settings import Settings
    from lockenv.lockfile.diff import Change, Setting
    from lockenv.lockfile.graph import Graph
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.locked_graph import ExplainedLock


@dataclass(frozen=True, slots=True, kw_only=True)
class LockComparison:
    """What changed since an older lock."""

    name: str
    """Of the older lock, as messages name it."""
    lock: Lock | None
    """The older lock; None where there was none."""
    graph: Graph | None
    """Its graph."""
    changes: tuple[Change, ...]
    settings: tuple[Setting, ...]


def compared(found: ExplainedLock, word: str, settings: Settings) -> LockComparison:
    """Return what changed since the lock that `word` names: a file that is there, else a revision of git.

    Raises InputError, and UsageError for a revision that is none.
    """
    old = side(word, settings, project=found.project)
    return LockComparison(
        name=old.name,
        lock=old.lock,
        graph=graph(old.lock) if old.lock is not None else None,
        changes=diff(old.lock, found.lock),
        settings=compared_settings(old.lock, found.lock),
    )
