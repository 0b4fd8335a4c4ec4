"""Read the lock that a command explains, what its project declares, and the graph of both.

In: what the command line names. Out: values. Never: deciding anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile.freshness import compare
from lockenv.lockfile.graph import graph
from lockenv.lockfile.verdicts import Stale
from lockenv.operations import load
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.console import Console
    from lockenv.console.tables import Style
    from lockenv.context.settings import Settings
    from lockenv.lockfile.graph import Graph
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.pin import NeedsPermission, Unsolvable


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A lock to explain."""

    project: load.Project
    lock: Lock
    manifest: Manifest | None
    """None where only a lock is there."""
    graph: Graph

    @property
    def title(self) -> str:
        """What the lock is of: the name of the project, or else the file itself."""
        return (self.manifest.name if self.manifest else "") or self.project.lock_name


def read(settings: Settings, requirements: Sequence[str], lockfile: str, console: Console) -> Locked:
    """Give the lock that is meant; a note tells when it is stale, for then its project says something else."""
    project = load.project(settings, requirements, lockfile)
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    if manifest is not None and isinstance(compare(lock, manifest), Stale):
        console.note(f"{project.lock_name} is stale, and told as it is: `lockenv check` says why")
    return Locked(project=project, lock=lock, manifest=manifest, graph=graph(lock, manifest))


def resembling(name: str, graph: Graph) -> str:
    """Give the hint for a name that the lock does not have."""
    from difflib import get_close_matches

    near = get_close_matches(name, sorted({str(node.name) for node in graph.nodes}), 3)
    return f"did you mean {' or '.join(near)}?" if near else "see `lockenv tree` for what it has"


def place(origins: Iterable[Origin]) -> str:
    """Give where something is written; every place of it."""
    return ", ".join(str(origin) for origin in origins)


def places(origins: Iterable[Origin]) -> list[dict[str, object]]:
    """Give origins as `--json` tells them."""
    return [{"file": each.file, "line": each.line or None, "key": each.key} for each in origins]


def marked(condition: str) -> tuple[tuple[str, Style], ...]:
    """Give a condition as the last parts of a line; none when it says nothing."""
    return ((f" ; {condition}", "dim"),) if condition else ()


def refusal(answer: Unsolvable | NeedsPermission) -> dict[str, object]:
    """Return as `--json` reports it why there is no solution, or what must be built before there is one."""
    from lockenv.vocabulary.pin import Unsolvable

    if not isinstance(answer, Unsolvable):
        return {
            "unbuilt": [
                {
                    "name": one.name,
                    "version": one.version,
                    "reason": one.reason,
                    "environment": one.environment or None,
                    "required_by": list(one.chain),
                    "written": places([one.origin] if one.origin else []),
                }
                for one in answer.packages
            ]
        }
    return {
        "environment": answer.environment or None,
        "reasons": list(answer.reasons),
        "hints": list(answer.hints),
        "written": places(answer.origins),
    }
