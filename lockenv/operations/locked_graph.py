"""Read the lock that a command explains, what its project declares, and the graph of both.

In: what the command line names. Out: values. Never: deciding anything.
"""

from __future__ import annotations

from lockenv.lockfile.freshness import compare
from lockenv.lockfile.graph import graph
from lockenv.lockfile.verdicts import Stale
from lockenv.operations import load
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.lockfile import select
    from lockenv.lockfile.graph import Graph
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import partial_selection, selection
    from lockenv.operations.selection_options import SelectionOptions
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.progress import Listener
else:
    select = late("lockenv.lockfile.select")
    partial_selection = late("lockenv.operations.partial_selection")
    selection = late("lockenv.operations.selection")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLock:
    """A lock to explain."""

    project: load.Project
    lock: Lock
    manifest: Manifest | None
    """None where only a lock is there."""
    graph: Graph
    is_stale: bool = False
    """Whether the project declares something else by now."""

    @property
    def title(self) -> str:
        """What the lock is of: the name of the project, or else the file itself."""
        return (self.manifest.name if self.manifest else "") or self.project.lock_name


def read(settings: Settings, requirements: Sequence[str], lockfile: str, listener: Listener) -> ExplainedLock:
    """Return the lock that is meant; a note says when it is stale, for then its project says something else."""
    project = load.project(settings, requirements, lockfile)
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    is_stale = manifest is not None and isinstance(compare(lock, manifest), Stale)
    if is_stale:
        listener.note(f"{project.lock_name} is out of date; shown as locked (run `lockenv check` for details)")
    return ExplainedLock(project=project, lock=lock, manifest=manifest, graph=graph(lock, manifest), is_stale=is_stale)


def selected(found: ExplainedLock, graph: Graph, options: SelectionOptions) -> Graph:
    """Return the part of `graph` that `options` select; all of it where they select nothing. Raises UsageError."""
    if options.is_silent:
        return graph
    choice = selection.known_selection(options, found.lock, found.manifest, is_current=not found.is_stale)
    return partial_selection.limited(graph, choice, found.lock, found.manifest)


def resembling(name: str, graph: Graph) -> str:
    """Return the hint for a name that the lock does not have."""
    from difflib import get_close_matches

    near = get_close_matches(name, sorted({str(node.name) for node in graph.nodes}), 3)
    return f"did you mean {' or '.join(near)}?" if near else "run `lockenv tree` to list the locked packages"
