"""What the cache of this machine knows of locked releases: licenses, newer versions, vulnerabilities.

In: a lock and its graph. Out: what is known of each entry. Never: a request. What was not fetched before is not known;
`lock` fetches licenses and versions, `audit` vulnerabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import catalog, fetcher
from lockenv.errors import LockenvError
from lockenv.lockfile.inputs import recorded_indexes
from lockenv.operations import advisories, load
from lockenv.operations.audit import report
from lockenv.project.audit import audit
from lockenv.resolve.newest import newest
from lockenv.vocabulary.dataclasses import dataclass, replace
from lockenv.vocabulary.manifest import Manifest
from lockenv.vocabulary.pep440 import is_version, version_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.catalog import Catalog
    from lockenv.lockfile.graph import Node
    from lockenv.operations.audit import VulnerableRelease
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.vocabulary.progress import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseKnowledge:
    """What the cache knows of one entry of a lock."""

    license: str = ""
    """As its metadata names it; empty where that is not known."""
    page: str = ""
    """The URL of the project's page, on the web; empty where that is not known."""
    newer: str = ""
    """The newest version, where there is a newer one than the locked; empty also where that is not known."""
    is_listed: bool = False
    """Whether the page of the project is known, on which newer versions would be."""
    vulnerabilities: tuple[VulnerableRelease, ...] = ()
    """Those that are ignored are among them."""
    audited: str = ""
    """The day on which vulnerabilities were last asked for; empty where they never were."""


def known_of(found: ExplainedLock, settings: Settings, listener: Listener) -> Mapping[int, ReleaseKnowledge]:
    """Return what is known of the entries of a lock, by their place in it; those of which nothing is are left out.

    A note says why nothing is known where the cache or the indexes cannot be used.
    """
    offline = replace(settings, offline=True, log=None)
    manifest = found.manifest or Manifest(indexes=recorded_indexes(found.lock))
    try:
        with fetcher(offline, manifest.indexes, base=found.project.base) as source:
            audits = _audits(found, offline, source)
            index = catalog(manifest, offline, source, reads_sdists=False)
            known = {node.position: _known(node, index, manifest, audits) for node in found.graph.nodes}
    except LockenvError as error:
        listener.note(f"licenses, newer versions and vulnerabilities are not shown: {error.message}")
        return {}
    return {position: one for position, one in known.items() if one != ReleaseKnowledge()}


def _known(node: Node, index: Catalog, manifest: Manifest, audits: Mapping[int, ReleaseKnowledge]) -> ReleaseKnowledge:
    audited = audits.get(node.position, ReleaseKnowledge())
    if node.source or not is_version(node.version) or not index.load_kept(node.name):
        return audited
    releases = index.known[node.name]
    if releases is None:
        return audited
    latest = newest(node.name, node.version, node.area, index, manifest.policy)
    is_newer = latest is not None and version_key(latest) > version_key(node.version)
    versions = list(releases.versions)
    position = versions.index(node.version) if node.version in versions else None
    license_named, page = index.kept_license_and_page(releases, position) if position is not None else ("", "")
    return replace(
        audited,
        license=license_named,
        page=page,
        newer=latest if latest and is_newer else "",
        is_listed=True,
    )


def _audits(found: ExplainedLock, settings: Settings, source: Fetcher) -> dict[int, ReleaseKnowledge]:
    """Return what the last audit learned, by the place of each release in the lock."""
    asked = advisories.releases(found.lock, settings)
    known, days = advisories.kept_advisories(asked, source)
    ignored = audit(load.layers(found.project)).ignored
    judged = report(found.lock, asked, known, ignored, settings.now)
    by_release: dict[advisories.Release, list[VulnerableRelease]] = {}
    for one in (*judged.counted, *judged.borne):
        by_release.setdefault(one.release, []).append(one)
    return {
        release.position: ReleaseKnowledge(vulnerabilities=tuple(by_release.get(release, ())), audited=day)
        for release, day in days.items()
    }
