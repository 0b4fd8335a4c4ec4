"""Make the lock of what builds: resolve what source distributions need to be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.builds.build_lock import needed, unlocked
from lockenv.errors import InputError
from lockenv.lockfile import artifact, direct
from lockenv.lockfile.text import read
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import Directory
from lockenv.vocabulary.distribution import Sdist
from lockenv.vocabulary.late import late
from lockenv.vocabulary.manifest import Manifest, Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.backend.builder import Source, Tree
    from lockenv.builds import build_resolution, build_sets, workspace
    from lockenv.builds.build_lock import BuildGroup, LockedBuildDependencies
    from lockenv.builds.builder import WheelBuilder
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile import select as lockfile_select
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.progress import Listener
    from lockenv.vocabulary.selected import Selected
    from lockenv.vocabulary.target import Target
else:
    build_resolution = late("lockenv.builds.build_resolution")
    build_sets = late("lockenv.builds.build_sets")
    workspace = late("lockenv.builds.workspace")
    lockfile_select = late("lockenv.lockfile.select")


class ResolvedBuildDependencies:
    """Tools for builds that come before their lock: those of the former lock where it has them, else resolved now."""

    def __init__(
        self,
        manifest: Manifest,
        settings: Settings,
        source: Fetcher,
        before: LockedBuildDependencies | None = None,
        *,
        from_scratch: bool = False,
    ) -> None:
        """With `from_scratch`, what was built at other times by unknown tools does not count."""
        self._manifest = manifest
        self._settings = settings
        self._source = source
        self._before = before if before is not None and before.is_under(manifest.build_constraints) else None
        self._from_scratch = from_scratch

    def key(self, name: str, version: str, target: Target) -> str:
        """Return the key of what builds a release in `target`; empty when that is known afterwards only."""
        known = self._before.key(name, version, target) if self._before else ""
        return known or ("" if self._from_scratch else unlocked(self._manifest, self._settings))

    def chosen(self, requires: Sequence[str], source: Source | Tree, target: Target) -> tuple[Selected, ...]:
        """Return the wheels that `source`, which needs `requires`, is built with. Raises InputError."""
        if self._before is not None and self._before.key(source.name, source.version, target):
            try:
                return self._before.chosen(requires, source, target)
            except InputError:
                pass  # they were enough for other requirements, or on another machine
        title = source.title
        text = build_resolution.locked(self._needs(requires, title, target), self._settings, self._source)
        selection = lockfile_select.select(read(text, f"the build requirements of {title}"), target)
        hint = f"state what {title} requires in [tool.lockenv] dependency-metadata, or exclude this version"
        what = f"the build requirements of {title} have no wheels for this environment"
        if not isinstance(selection, lockfile_select.Selection):
            raise InputError(f"{what}: {'; '.join(selection.reasons)}", hint=hint)
        if lacking := [f"{one.name} {one.version}" for one in selection.files if isinstance(one.file, Sdist)]:
            raise InputError(f"{what}: {', '.join(lacking)}", hint=hint)
        return selection.files

    def recorded(self, _one: Selected, _target: Target, /) -> str:
        """Return no digest: nothing records what unlocked tools build."""
        return ""

    def _needs(self, requires: Sequence[str], title: str, target: Target) -> Manifest:
        """Return the problem to resolve: `requires`, for `target` alone, under the project's indexes and cutoff."""
        here = target.environment
        keys = ("sys_platform", "platform_machine", "implementation_name")
        return replace(
            _tools_manifest(self._manifest),
            requires_python=f"=={here['python_full_version']}",
            dependencies=build_resolution.declared(requires, title),
            environments=(" and ".join(f"{key} == '{here[key]}'" for key in keys),),
        )


def text(
    lock: Lock,
    manifest: Manifest,
    old: Lock | None,
    workshop: WheelBuilder,
    settings: Settings,
    source: Fetcher,
    listener: Listener,
    *,
    upgrade: bool = False,
) -> str | None:
    """Return the text of the lock of what builds the packages of `lock`; None when nothing is built.

    With `upgrade`, what `old` pins may move. Raises InputError when what a build needs cannot be had, with all builds
    of which that is true.
    """
    wanted = needed(lock, manifest)
    if not wanted:
        return None
    sets = build_sets.BuildSets(
        _tools_manifest(manifest), None if upgrade else old, workshop, settings, source, listener
    )
    failed = []
    for each in wanted:
        sources = _sources_of(each, lock, manifest)
        try:
            # A directory that describes itself is locked without running anything of it.
            if isinstance(sources, Directory) and _describes_itself(each, sources, manifest, workshop):
                sets.add_declared(each, sources)
            else:
                sets.add(each, sources)
        except InputError as error:
            failed.append(error)
    if failed:
        if len(failed) == 1:
            raise failed[0]
        raise InputError("; ".join(error.message for error in failed), hint=failed[0].hint)
    return sets.text(old)


def _describes_itself(one: BuildGroup, sources: Directory, manifest: Manifest, workshop: WheelBuilder) -> bool:
    with workshop.trees.opened(one.name, sources) as tree:
        return workspace.describes_itself(one.name, tree.path, manifest)


def _sources_of(one: BuildGroup, lock: Lock, manifest: Manifest) -> Sdist | Direct:
    if one.position < 0:
        return Directory(path=manifest.root, editable=True)
    return artifact.sdist(lock, one.position)[0] if one.version else direct.read(lock, one.position)[0]


def _tools_manifest(manifest: Manifest) -> Manifest:
    """Return what holds for build tools too: the Pythons, environments, indexes and cutoff of the project."""
    policy = manifest.policy
    return Manifest(
        requires_python=manifest.requires_python,
        constraints=manifest.build_constraints,
        environments=manifest.environments,
        indexes=manifest.indexes,
        sources=manifest.sources,
        allowed_hosts=manifest.allowed_hosts,
        policy=Policy(
            exclude_newer=policy.exclude_newer,
            exclude_newer_span=policy.exclude_newer_span,
            exclude_newer_packages=policy.exclude_newer_packages,
            exclude_newer_package_spans=policy.exclude_newer_package_spans,
        ),
    )
