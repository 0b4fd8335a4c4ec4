"""Releases of the indexes of which the project states the metadata itself (`dependency-metadata`).

A catalog of indexes and what is stated go in; what comes out for a release that a statement is about is the statement:
its files are not asked, and nothing is built to describe it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.index.catalog import Catalog
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Metadata
from lockenv.vocabulary.manifest import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.catalog import Build
    from lockenv.index.index_access import IndexAccess
    from lockenv.index.releases import IndexReleases
    from lockenv.vocabulary.distribution import NeedsBuild, Unusable
    from lockenv.vocabulary.manifest import Manifest, Policy, StatedMetadata
    from lockenv.vocabulary.names import NormalizedName


class StatedCatalog(Catalog):
    """A catalog that answers what a project states of releases, where it does."""

    def __init__(
        self,
        indexes: Sequence[IndexAccess],
        fetcher: Fetcher,
        manifest: Manifest,
        *,
        build: Build | None = None,
        reads_sdists: bool = True,
    ) -> None:
        """See Catalog; policy, sources, Requires-Python and what is stated are those of `manifest`."""
        super().__init__(
            indexes,
            fetcher,
            policy=manifest.policy,
            sources=manifest.sources,
            requires_python=manifest.requires_python,
            build=build,
            reads_sdists=reads_sdists,
            reads_licenses=manifest.licenses is not None,
        )
        self._manifest = manifest
        self._statements: dict[NormalizedName, list[StatedMetadata]] = {}
        for one in manifest.stated:
            self._statements.setdefault(one.name, []).append(one)

    def _taking(self, sources: Mapping[NormalizedName, str], policy: Policy) -> Catalog:
        """Return a catalog of the same indexes with other `sources`, under another policy."""
        manifest = replace(self._manifest, sources=sources, policy=policy)
        return StatedCatalog(self._indexes, self._fetcher, manifest, build=self._build, reads_sdists=self._reads_sdists)

    def releases(self, name: NormalizedName) -> IndexReleases | None:
        """Return the releases of `name` on the first index that has it, with the Requires-Python that is stated."""
        found = super().releases(name)
        if found is not None and found.stated is None and name in self._statements:
            found.stated = {}
            for position, version in enumerate(found.versions):
                one = statement(self._statements[name], name, version)
                if one is not None and one.requires_python:
                    found.stated[position] = one.requires_python
        return found

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return what is stated of a release; else its metadata, or why there is none."""
        releases = self.releases(name) if name in self._statements else None
        if releases is None:
            return super().metadata(name, position)
        version = releases.versions[position]
        one = statement(self._statements[name], name, version)
        if one is not None and one.requires is not None:
            return one.over(Metadata(name=name, version=version))
        found = super().metadata(name, position)
        return one.over(found) if one is not None and isinstance(found, Metadata) else found
