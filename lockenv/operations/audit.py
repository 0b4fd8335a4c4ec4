"""What is known of vulnerabilities in a lock, judged by what the project ignores.

In: a Project, a Lock. Out: Report. Never: a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import fetcher
from lockenv.lockfile.inputs import canonical_index
from lockenv.operations import advisories, load, osv_database
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.advisories import Advisory
    from lockenv.lockfile.lock import Lock
    from lockenv.operations.advisories import KnownAdvisories, Release
    from lockenv.project.audit import AuditSettings, IgnoredAdvisory
    from lockenv.vocabulary.manifest import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class VulnerableRelease:
    """A release that has a known vulnerability."""

    release: Release
    advisory: Advisory
    ignored: IgnoredAdvisory | None = None
    """Why it is borne, where it is."""
    expired: IgnoredAdvisory | None = None
    """Why it was borne, until it was not any more."""

    @property
    def sentence(self) -> str:
        """What a person reads."""
        one = self.advisory
        names = f"{one.id} ({', '.join(one.aliases)})" if one.aliases else one.id
        fixed = f"; fixed in {', '.join(one.fixed)}" if one.fixed else "; no fixed version is known"
        summary = f": {one.summary}" if one.summary else ""
        expired = f"; it was ignored until {self.expired.until}" if self.expired else ""
        return f"{self.release.name} {self.release.version} has {names}{summary}{fixed}{expired}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an audit found in a lock."""

    lock: Lock
    count: int
    """Releases asked about."""
    counted: tuple[VulnerableRelease, ...]
    borne: tuple[VulnerableRelease, ...]
    needless: tuple[IgnoredAdvisory, ...]
    """What is ignored and not there."""
    known: KnownAdvisories


def report(
    lock: Lock, asked: Sequence[Release], known: KnownAdvisories, ignored: Sequence[IgnoredAdvisory], today: str
) -> Report:
    """Judge what is known: what is ignored before its last day does not count. `today` is RFC 3339."""
    counted, borne = [], []
    met: set[str] = set()
    for release, those in known.found.items():
        for advisory in those:
            entry = next((one for one in ignored if one.id in advisory.ids), None)
            met |= {one.id for one in ignored if one.id in advisory.ids}
            if entry is not None and today[:10] < entry.until:
                borne.append(VulnerableRelease(release=release, advisory=advisory, ignored=entry))
            else:
                counted.append(VulnerableRelease(release=release, advisory=advisory, expired=entry))
    needless = tuple(one for one in ignored if one.id not in met)
    return Report(
        lock=lock, count=len(asked), counted=tuple(counted), borne=tuple(borne), needless=needless, known=known
    )


class Auditor:
    """Asks about locks of one project."""

    def __init__(self, project: load.Project, declared: AuditSettings, settings: Settings) -> None:
        self._project = project
        self._declared = declared
        self._settings = settings

    def report(self, lock: Lock) -> Report:
        """Return what is known of the releases in `lock`. Raises NetworkError where that cannot be found out."""
        project = self._project
        manifest = load.manifest(project, self._settings, lock) if project.is_declared else None
        indexes = manifest.indexes if manifest else ()
        asked = advisories.releases(lock, self._settings)
        with fetcher(self._settings, indexes, base=project.base) as source:
            sources = sources_of(self._declared, indexes, project.start, source)
            known = advisories.fetch_advisories(asked, source, sources)
        return report(lock, asked, known, self._declared.ignored, self._settings.now)


def sources_of(
    declared: AuditSettings, indexes: Sequence[Index], directory: str, source: Fetcher
) -> advisories.AdvisorySources:
    """Return who is asked beside the indexes; paths are seen from `directory`. Raises as `osv_database.read`."""
    return advisories.AdvisorySources(
        osv=declared.osv,
        dump=osv_database.read(declared.database, directory, source),
        kept=frozenset(canonical_index(index.url) for index in indexes if index.explicit),
    )
