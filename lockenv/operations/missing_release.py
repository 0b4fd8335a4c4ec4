"""Find out whether a release exists at all, and which ones are near it.

In: a name, a version and a lock. Out: a sentence on what there is instead, or none where the release is
there or no one knows. Never: a resolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import catalog, fetcher
from lockenv.errors import LockenvError
from lockenv.lockfile.cutoffs import settled
from lockenv.lockfile.inputs import recorded_indexes
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.pep440 import is_prerelease, is_same_version, is_version, version_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.vocabulary.names import NormalizedName


def missing(name: NormalizedName, version: str, found: ExplainedLock, settings: Settings) -> str:
    """Return what there is instead of a release that no index has; empty where one has it, or none can be asked.

    What the cache knows is enough for a release that is there; else its index is asked, unless that is forbidden.
    """
    manifest = settled(found.manifest or Manifest(indexes=recorded_indexes(found.lock)), found.lock)
    base = found.project.base
    if name in manifest.direct:
        return ""
    kept = _versions(name, manifest, replace(settings, offline=True, log=None), base)
    if kept is not None and _has(kept, version):
        return ""
    versions = kept if settings.offline else _versions(name, manifest, settings, base)
    versions = versions or kept
    return instead(name, version, versions, manifest) if versions and not _has(versions, version) else ""


def instead(name: NormalizedName, version: str, versions: Sequence[str], manifest: Manifest) -> str:
    """Return a sentence on what there is instead of `version` among `versions`, which are the newest first."""
    cutoff = manifest.policy.cutoff_of(name)
    known = _nearest(version, versions) if versions else f"{name} was not found on any index"
    return f"{known}, and exclude-newer ignores files uploaded since {cutoff}" if cutoff else known


def _versions(name: NormalizedName, manifest: Manifest, settings: Settings, base: str) -> Sequence[str] | None:
    """Return the versions of a project, the newest first; None where they cannot be known."""
    try:
        with fetcher(settings, manifest.indexes, base=base) as source:
            releases = catalog(manifest, settings, source, reads_sdists=False).releases(name)
    except LockenvError:
        # The requirements of the lock are an answer as well, which needs no index.
        return None
    return tuple(releases.versions) if releases is not None else None


def _has(versions: Sequence[str], version: str) -> bool:
    return any(is_same_version(version, one) for one in versions)


def _nearest(version: str, versions: Sequence[str]) -> str:
    """Return which versions are next to `version`, and the newest; final releases where it is one itself."""
    newest = f"its newest release is {versions[0]}"
    if not is_version(version):
        return newest
    key = version_key(version)
    final = [one for one in versions if is_prerelease(key) or not is_prerelease(version_key(one))] or versions
    before = next((one for one in final if version_key(one) < key), "")
    after = next((one for one in reversed(final) if version_key(one) > key), "")
    if not after:
        return newest
    near = f"the releases next to it are {before} and {after}" if before else f"its first release is {after}"
    return near if after == versions[0] else f"{near}, and the newest is {versions[0]}"
