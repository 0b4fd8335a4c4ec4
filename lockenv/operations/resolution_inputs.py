"""What a resolution needs beside the indexes: who builds, and the releases that direct references lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.direct import DeclaredSource, Directory
from lockenv.vocabulary.names import NormalizedName

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from lockenv.builds.build_lock import LockedBuildDependencies
    from lockenv.builds.builder import WheelBuilder
    from lockenv.builds.direct_references import DirectReferenceReader
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.catalog import Catalog
    from lockenv.index.direct import DirectCatalog
    from lockenv.index.direct_release import DirectRelease
    from lockenv.index.placed import Source
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin
    from lockenv.vocabulary.progress import Listener


def workshop(
    manifest: Manifest,
    settings: Settings,
    source: Fetcher,
    listener: Listener,
    before: LockedBuildDependencies | None,
    *,
    anew: bool = False,
) -> WheelBuilder:
    """Return what builds, with an interpreter that the lock covers and the tools that were locked `before`, if they do.

    With `anew`, what was built at other times by unknown tools does not count.
    """
    from lockenv.builds.build_lock_resolver import ResolvedBuildDependencies
    from lockenv.builds.builder import WheelBuilder
    from lockenv.environment.interpreters import find

    interpreter = find(
        None,
        requires_python=manifest.requires_python,
        environ=settings.tools_environ,
        cache_dir=settings.cache,
        project_dir=settings.directory,
    )
    own = ResolvedBuildDependencies(manifest, settings, source, before, anew=anew)
    return WheelBuilder(
        manifest, interpreter, settings, listener, source, own, ResolvedBuildDependencies(manifest, settings, source)
    )


def with_direct(
    indexes: Catalog,
    manifest: Manifest,
    locked: Sequence[Pin],
    moving: bool | Container[NormalizedName],
    source: Fetcher,
    builds: WheelBuilder | None,
) -> tuple[DirectCatalog, Mapping[NormalizedName, Direct]]:
    """Return the catalog of `indexes` and of what none of them serves, and where each of that comes from.

    What is `locked` stays but for the names `moving`. The project itself is looked at only if it is asked for.
    """
    from lockenv.index.direct import DirectCatalog

    def is_moving(name: NormalizedName) -> bool:
        return moving if isinstance(moving, bool) else name in moving

    def own_release() -> DirectRelease | None:
        from lockenv.builds.direct_references import itself

        return itself(manifest, builds)

    found: Mapping[NormalizedName, DirectRelease] = {}
    surveyor = None
    if manifest.has_direct and builds is not None:
        from lockenv.builds.direct_references import DirectReferenceReader

        surveyor = DirectReferenceReader(manifest, locked, is_moving, source, builds)
        found = surveyor.releases()
    places: dict[NormalizedName, Direct] = {name: each.direct for name, each in found.items()}
    own = NormalizedName(manifest.name) or None
    if own is not None:
        places[own] = Directory(path=manifest.root, editable=True)
    return DirectCatalog(indexes, found, own, own_release, _placed(manifest, surveyor)), places


def _placed(manifest: Manifest, surveyor: DirectReferenceReader | None) -> dict[NormalizedName, list[Source]]:
    """Return the sources of the projects that have some for some environments only, each with where it counts."""
    if not manifest.places:
        return {}
    from lockenv.index.placed import Source
    from lockenv.resolve.places import divisions
    from lockenv.resolve.problem import universe_of

    found: dict[NormalizedName, list[Source]] = {}
    for name, division in divisions(manifest, universe_of(manifest)).items():
        sources = found[name] = []
        for place, where in division.parts:
            if where.disjoint(where):
                continue
            if place.direct is None:
                sources.append(Source(where, place.index))
            elif surveyor is not None:
                release = surveyor.release(name, DeclaredSource(direct=place.direct, origin=place.origin))
                sources.append(Source(where, None, release))
        if not division.rest.disjoint(division.rest):
            sources.append(Source(division.rest, None))
    return found
