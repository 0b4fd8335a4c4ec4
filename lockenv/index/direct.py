"""Releases that no index serves, beside those of the indexes.

What a direct reference was found to be goes in: one release of one project. It is the only one that resolution sees of
that project, whatever the indexes offer under its name. The project that is locked answers for its own name too, and is
looked at only where something requires it.
"""

from __future__ import annotations

from lockenv.vocabulary.late import late
from lockenv.vocabulary.requirement import parse

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lockenv.index import placed as index_placed
    from lockenv.index.catalog import Catalog
    from lockenv.index.direct_release import DirectRelease
    from lockenv.index.placed import PlacedReleases, Source
    from lockenv.index.releases import IndexReleases
    from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
else:
    index_placed = late("lockenv.index.placed")


class DirectCatalog:
    """The catalog of the indexes, less the projects that come from elsewhere."""

    def __init__(
        self,
        indexes: Catalog,
        direct: Mapping[NormalizedName, DirectRelease],
        own: NormalizedName | None = None,
        itself: Callable[[], DirectRelease | None] = lambda: None,
        placed: Mapping[NormalizedName, Sequence[Source]] | None = None,
    ) -> None:
        """`own` is the name of the project that is locked; `itself` returns its release, None where it can have none.

        `placed` are the sources of the projects that have some for some environments only.
        """
        self._indexes = indexes
        self._direct = dict(direct)
        self._own = own
        self._itself = itself
        self._placed = placed or {}
        self._merged: dict[NormalizedName, PlacedReleases | None] = {}
        indexes.leave_out([*direct, *self._placed, *([own] if own else [])])
        self.is_own_lacking = False
        """Whether the project itself was asked for, and can have no release."""

    def over(self, indexes: Catalog) -> DirectCatalog:
        """Return the same releases that no index serves, beside those of other `indexes`."""
        return DirectCatalog(indexes, self._direct, self._own, self._itself, self._placed)

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        """Have what the indexes serve of these projects on its way, and what the others need of them."""
        self._indexes.expect(wanted)
        if self._direct:
            self._indexes.expect(list(self._needs()))

    def _needs(self) -> Iterator[tuple[NormalizedName, Iterable[str], str]]:
        for release in self._direct.values():
            for text in release.metadata.requires:
                requirement = parse(text)
                if not requirement.marker:
                    yield requirement.name, requirement.extras, requirement.specifier

    def _is_here(self, name: NormalizedName) -> bool:
        return name == self._own or name in self._direct or name in self._placed

    def _from_all(self, name: NormalizedName) -> index_placed.PlacedReleases | None:
        """Return the releases of a project from all its sources; None where none has it."""
        if name not in self._merged:
            parts = []
            for source in self._placed[name]:
                if source.release is not None:
                    parts.append(index_placed.Part(source.where, source.release, release=source.release))
                    continue
                catalog = self._indexes if source.serving is None else self._indexes.beside(name, source.serving)
                found = catalog.releases(name)
                if found is not None:
                    parts.append(index_placed.Part(source.where, found, catalog))
            self._merged[name] = index_placed.PlacedReleases(parts) if parts else None
        return self._merged[name]

    def releases(self, name: NormalizedName) -> DirectRelease | IndexReleases | PlacedReleases | None:
        """Return the releases of `name`: the one that was referred to, or those of the first index that has it."""
        if name in self._placed:
            return self._from_all(name)
        found = self._direct.get(name)
        if found is not None or name != self._own:
            return found or self._indexes.releases(name)
        found = self._itself()
        if found is None:
            self.is_own_lacking = True
        else:
            self._direct[name] = found
        return found

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return the metadata of a release."""
        merged = self._merged.get(name)
        if merged is not None:
            part, inner = merged.row(position)
            return part.metadata(name, inner)
        found = self._direct.get(name)
        return found.metadata if found is not None else self._indexes.metadata(name, position)

    def unasked(self, name: NormalizedName) -> Sequence[str]:
        """Name the index that serves `name`, then those that were not asked because it does; empty for no others."""
        return () if self._is_here(name) else self._indexes.unasked(name)

    def under(self, policy: Policy) -> DirectCatalog:
        """Return the same releases that no index serves, beside those of the indexes under another policy."""
        return self.over(self._indexes.under(policy))

    def near(self, name: NormalizedName) -> Sequence[str]:
        """Return names that look like `name`, unless no index is to hear of it."""
        return () if self._is_here(name) else self._indexes.near(name)
