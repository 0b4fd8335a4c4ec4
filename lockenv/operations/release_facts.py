"""What the pages in the cache say of releases that come to a lock: how new the project is, and what was skipped.

In: changes of a lock. Out: a ReleaseFacts for each release whose page is kept. Never: a request: `lock` fetched the
pages that it needed, and what is not kept is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import catalog, fetcher
from lockenv.errors import LockenvError
from lockenv.lockfile.inputs import recorded_indexes
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.pep440 import is_prerelease, version_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.context.settings import Settings
    from lockenv.index.catalog import Catalog
    from lockenv.lockfile.diff import Change
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.names import NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """Where a release is among those of its project."""

    releases: int
    """How many the index has."""
    is_first: bool = False
    """Whether it is the oldest version."""
    skipped: int = 0
    """Final releases between the version that was locked and this one."""


def facts(
    changes: Sequence[Change], lock: Lock, base: str, settings: Settings
) -> Mapping[tuple[NormalizedName, str], ReleaseFacts]:
    """Return what is known of each release that is new in `changes` to `lock`, by name and version.

    Empty where the cache or the indexes cannot be used.
    """
    manifest = Manifest(indexes=recorded_indexes(lock))
    found: dict[tuple[NormalizedName, str], ReleaseFacts] = {}
    try:
        with fetcher(replace(settings, offline=True, log=None), manifest.indexes, base=base) as source:
            index = catalog(manifest, replace(settings, offline=True, log=None), source, reads_sdists=False)
            for one in changes:
                if one.new is not None and one.new.version and (known := _history(one, index)) is not None:
                    found[one.name, one.new.version] = known
    except LockenvError:
        return found
    return found


def _history(one: Change, index: Catalog) -> ReleaseFacts | None:
    if one.new is None or not index.load_kept(one.name):
        return None
    releases = index.known[one.name]
    if releases is None or releases.index != one.new.source or one.new.version not in releases.versions:
        return None
    versions = list(releases.versions)
    return ReleaseFacts(
        releases=len(versions),
        is_first=versions[-1] == one.new.version,
        skipped=_skipped(one.old.version, one.new.version, versions) if one.old and one.old.version else 0,
    )


def _skipped(old: str, new: str, versions: Sequence[str]) -> int:
    """Return how many final releases are between two versions."""
    low, high = sorted((version_key(old), version_key(new)))
    keys = [key for text in versions if low < (key := version_key(text)) < high]
    return sum(not is_prerelease(key) for key in keys)
