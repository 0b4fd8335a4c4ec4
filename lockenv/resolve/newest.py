"""The newest release of a project that some of its environments could have, whatever anybody requires.

Pure but for the catalog. In: what is locked, the environments it is locked for, the policy. Out: a version.

Explained in docs/resolver.md, "Masks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve.coverage import python_coverage
from lockenv.resolve.version_sets import Candidates, positions

if TYPE_CHECKING:
    from lockenv.resolve.catalog import Catalog
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


def newest(name: NormalizedName, version: str, area: Marker, catalog: Catalog, policy: Policy) -> str | None:
    """Return the newest release of `name` that policy admits and whose Requires-Python admits a Python of `area`.

    Prereleases count where `version`, which is locked, is one. None when there is no such release.
    """
    releases = catalog.releases(name)
    if releases is None:
        return None
    candidates = Candidates(name, releases)
    locked = candidates.position(version)
    is_early = locked is not None and bool(candidates.prereleases >> locked & 1)
    admitted = candidates.admitted(candidates.full, explicit=is_early, exact=0, policy=policy.prerelease_of(name))
    for position in positions(admitted):
        if not python_coverage(releases.requires_python(position))[0].disjoint(area):
            return candidates.versions[position]
    return None
