"""Ask the resolver something without locking the answer.

In: a project, its manifest, its lock and settings. Out: a ResolverQuestion, which answers as `lockenv lock` would.
Never: writing a lock.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockenv.builds import build_lock
from lockenv.context.access import catalog, fetcher
from lockenv.errors import InputError
from lockenv.lockfile.conditions import left_out
from lockenv.lockfile.pins import pins
from lockenv.operations import resolution_inputs
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockenv.builds.builder import WheelBuilder
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.catalog import Catalog
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.load import Project
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable
    from lockenv.vocabulary.progress import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverQuestion:
    """A resolver that knows a project, its lock and its indexes."""

    manifest: Manifest
    lock: Lock
    index: Catalog
    source: Fetcher
    workshop: WheelBuilder | None
    listener: Listener

    def solve(self, requested: Mapping[NormalizedName, str] | None = None) -> Resolution | Unsolvable | NeedsPermission:
        """Return the resolution with what is `requested`, the other pins staying where they can; all move for None."""
        locked = pins(self.lock)
        moving = True if requested is None else frozenset(requested)
        index, direct = resolution_inputs.with_direct(
            self.index, self.manifest, locked, moving, self.source, self.workshop
        )
        question = problem(
            self.manifest,
            locked=locked,
            left_out=left_out(self.lock),
            upgrade=moving,
            requested=requested,
            direct=direct,
        )
        return solve(question, index, self.listener.progress())


@contextmanager
def asking(
    project: Project, manifest: Manifest, lock: Lock, settings: Settings, listener: Listener
) -> Iterator[ResolverQuestion]:
    """Return an inquiry, closed at the end; it builds what policy lets it build.

    Raises InputError where it is not known what the project requires.
    """
    if not manifest.is_known:
        raise InputError(f"the requirements of {manifest.name} are dynamic", hint="run `lockenv lock` first")

    with fetcher(settings, manifest.indexes, base=project.base) as source:
        workshop = _workshop(project, manifest, settings, source, listener)
        yield ResolverQuestion(
            manifest=manifest,
            lock=lock,
            index=catalog(manifest, settings, source, workshop.metadata if workshop else None),
            source=source,
            workshop=workshop,
            listener=listener,
        )


def _workshop(
    project: Project, manifest: Manifest, settings: Settings, source: Fetcher, listener: Listener
) -> WheelBuilder | None:
    """Return what builds, with the tools that are locked for it; None where nothing can be to build."""
    if not (manifest.policy.allow_build or manifest.has_direct):
        return None

    return resolution_inputs.workshop(manifest, settings, source, listener, build_lock.tools(project.lock))
