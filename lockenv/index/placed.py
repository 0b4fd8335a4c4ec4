"""Releases of one project from several sources, each with the environments in which the project comes from there.

The releases of each source go in; one list comes out, newest first, in which the same version may be there twice. It is
what the resolver takes for `Releases`: where a release comes from is what it can be chosen for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.pep440 import version_key
from lockenv.vocabulary.places import Placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.index.catalog import Catalog
    from lockenv.index.direct_release import DirectRelease
    from lockenv.index.releases import IndexReleases
    from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Sdist, Unusable, Wheel
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName


class Source(NamedTuple):
    """One source of a project, where it counts: an index, or the one release that a reference names."""

    where: Marker
    serving: str | None
    """The name of the index; None for those that serve every other project."""
    release: DirectRelease | None = None


class Part(NamedTuple):
    """What one source has of a project."""

    where: Marker
    releases: IndexReleases | DirectRelease
    catalog: Catalog | None = None
    """What knows the metadata of an index's releases."""
    release: DirectRelease | None = None

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return the metadata of one of its releases."""
        if self.catalog is not None:
            return self.catalog.metadata(name, position)
        if self.release is None:
            raise IndexError(f"no source has {name}")
        return self.release.metadata


class PlacedReleases:
    """The releases of one project from all its sources."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        found = [
            (version_key(version), -number, part, inner, version)
            for number, part in enumerate(parts)
            for inner, version in enumerate(part.releases.versions)
        ]
        found.sort(key=lambda each: each[:2], reverse=True)
        self._rows = [(part, inner) for _, _, part, inner, _ in found]
        self.versions: Sequence[str] = [version for *_, version in found]
        self.index = parts[0].releases.index if parts else ""
        self.untimed = sum(part.releases.untimed for part in parts)

    @property
    def yanked_positions(self) -> Sequence[int]:
        """The releases that are yanked from their source."""
        return [position for position in range(len(self._rows)) if self.yanked(position) is not None]

    def row(self, position: int) -> tuple[Part, int]:
        """Return the source of a release, and its position there."""
        return self._rows[position]

    def requires_python(self, position: int) -> str:
        """Return it as the page of its source does."""
        part, inner = self._rows[position]
        return part.releases.requires_python(inner)

    def yanked(self, position: int) -> str | None:
        """Return the reason when the release is yanked from its source."""
        part, inner = self._rows[position]
        return part.releases.yanked(inner)

    def wheels(self, position: int) -> Sequence[Wheel]:
        """Return the wheels that its source has."""
        part, inner = self._rows[position]
        return part.releases.wheels(inner)

    def sdist(self, position: int) -> Sdist | None:
        """Return the source distribution that its source has."""
        part, inner = self._rows[position]
        return part.releases.sdist(inner)

    def placed(self, position: int) -> Placed:
        """Return where the release comes from."""
        part, _ = self._rows[position]
        return Placed(part.where, part.releases.index, part.release.direct if part.release else None)
