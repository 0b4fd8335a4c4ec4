"""Releases that no index serves, beside those of the indexes.

What a direct reference was found to be goes in: one release of one project. It is the only one that resolution sees of
that project, whatever the indexes offer under its name. The project that is locked answers for its own name too, and is
looked at only where something requires it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lockenv.index.catalog import Catalog
    from lockenv.index.releases import IndexReleases
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Sdist, Unusable, Wheel
    from lockenv.vocabulary.names import NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectRelease:
    """The one release of a project that a direct reference leads to. It is what the resolver takes for `Releases`."""

    metadata: Metadata
    direct: Direct
    """With its commit, or its hash."""
    files: tuple[Wheel, ...] = ()
    """The wheel, where the reference leads to one."""
    index: str = ""
    untimed: int = 0
    """No cutoff leaves a file out."""

    @property
    def versions(self) -> Sequence[str]:
        """The one version."""
        return (self.metadata.version,)

    def requires_python(self, position: int) -> str:  # noqa: ARG002 - there is one
        """Give it as its metadata says."""
        return self.metadata.requires_python

    def yanked(self, position: int) -> str | None:  # noqa: ARG002 - there is one
        """Give None: only an index yanks."""
        return None

    def wheels(self, position: int) -> Sequence[Wheel]:  # noqa: ARG002 - there is one
        """Give the wheel, if it is one."""
        return self.files

    def sdist(self, position: int) -> Sdist | None:  # noqa: ARG002 - there is one
        """Give None: what is not a wheel is told by the problem."""
        return None


class DirectCatalog:
    """The catalog of the indexes, less the projects that come from elsewhere."""

    def __init__(
        self,
        indexes: Catalog,
        direct: Mapping[NormalizedName, DirectRelease],
        own: NormalizedName | None = None,
        itself: Callable[[], DirectRelease | None] = lambda: None,
    ) -> None:
        """`own` is the name of the project that is locked; `itself` gives its release, None where it can have none."""
        self._indexes = indexes
        self._direct = dict(direct)
        self._own = own
        self._itself = itself
        indexes.leave_out([*direct, *([own] if own else [])])
        self.is_own_lacking = False
        """Whether the project itself was asked for, and can have no release."""

    def over(self, indexes: Catalog) -> DirectCatalog:
        """Return the same releases that no index serves, beside those of other `indexes`."""
        return DirectCatalog(indexes, self._direct, self._own, self._itself)

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        """Have what the indexes serve of these projects on its way, and what the others need of them."""
        self._indexes.expect(wanted)
        self._indexes.expect(list(self._needs()))

    def _needs(self) -> Iterator[tuple[NormalizedName, Iterable[str], str]]:
        for release in self._direct.values():
            for text in release.metadata.requires:
                requirement = parse(text)
                if not requirement.marker:
                    yield requirement.name, requirement.extras, requirement.specifier

    def _is_here(self, name: NormalizedName) -> bool:
        return name == self._own or name in self._direct

    def releases(self, name: NormalizedName) -> DirectRelease | IndexReleases | None:
        """Give the releases of `name`: the one that was referred to, or those of the first index that has it."""
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
        """Give the metadata of a release."""
        found = self._direct.get(name)
        return found.metadata if found is not None else self._indexes.metadata(name, position)

    def near(self, name: NormalizedName) -> Sequence[str]:
        """Give names that look like `name`, unless no index is to hear of it."""
        return () if self._is_here(name) else self._indexes.near(name)
