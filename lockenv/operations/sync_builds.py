"""Build the wheels of what a sync chose and the lock has as sources, where policy allows it.

In: what was chosen, and what builds may use. Out: the same with a wheel for each. Never: the question whether
policy allows it, which was asked before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds import build_lock, build_lock_resolver, builder, wheel_cache
from lockenv.context import access, mirrors
from lockenv.lockfile.inputs import recorded_indexes
from lockenv.operations.repair import is_there
from lockenv.sync.inspection import present_in
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.builds.build_lock import LockedBuildDependencies
    from lockenv.context.settings import Settings
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.load import Project
    from lockenv.operations.sync_changes import Repair
    from lockenv.vocabulary.manifest import Accepted, Overwrites, Policy
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.selected import Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncBuilds:
    """What a sync builds with."""

    settings: Settings
    listener: Listener
    project: Project
    lock: Lock
    overwrites: Overwrites
    accepted: Accepted
    policy: Policy

    def built(
        self,
        chosen: tuple[Selected, ...],
        environment: Environment | None,
        interpreter: Interpreter,
        manifest: Manifest | None,
        repair: Repair,
    ) -> tuple[Selected, ...]:
        """Return `chosen` with a wheel for each source that `environment` does not have, or has to have again.

        Raises BuildError and what a download raises.
        """
        manifest = manifest or Manifest(
            indexes=recorded_indexes(self.lock), policy=self.policy, accept_faults=dict(self.accepted)
        )
        present = present_in(environment) if environment else ()
        with access.fetcher(self.settings, manifest.indexes, base=self.project.base) as source:
            mirrors.prepare(source, chosen, manifest.indexes, self.settings)
            resolved = build_lock_resolver.ResolvedBuildDependencies(manifest, self.settings, source)
            workshop = builder.WheelBuilder(
                manifest, lambda: interpreter, self.settings, self.listener, source, self._tools(manifest), resolved
            )
            return tuple(
                one
                if isinstance(one.file, Wheel)
                or (one.name not in repair.names and is_there(one, present, self.overwrites))
                else workshop.wheel(one, self._known_requires(one, manifest))
                for one in chosen
            )

    def _known_requires(self, one: Selected, manifest: Manifest) -> Sequence[str] | None:
        """Return what is known of the requirements of the wheel that `one` will be built to; None for nothing."""
        if manifest.states_requirements(one.name, one.version):
            return None
        if one.name == manifest.name and manifest.dynamic is not None and manifest.dynamic.reported is not None:
            return manifest.dynamic.reported.requires
        return wheel_cache.read_locked_metadata(self.lock, one)

    def _tools(self, manifest: Manifest) -> LockedBuildDependencies | None:
        """Return what locks builds; None for a lock of another tool, which locks none."""
        if self.lock.is_foreign:
            self.listener.note(f"{self.lock.file} does not lock build requirements; resolving them now")
            return None
        return build_lock.tools(self.project.lock, is_any_allowed="*" in manifest.policy.allow_build)
