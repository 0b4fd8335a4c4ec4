"""A limit on how much some searches may do, and a catalog that ends a search beyond it.

Duty: count what is read and decided, and raise TooMuchAsked beyond a budget, which several searches may share. In and
out: as any Catalog. Never: an answer of its own.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.resolve.catalog import Catalog, Releases
    from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName


class TooMuchAsked(Exception):  # noqa: N818  # it ends a search, and is no error
    """A search read or decided more than it may."""


_PAGE: Final = 5
"""What a project's page costs, in steps, for the first of the searches that reads it; later ones find it in memory."""


class SearchBudget:
    """How many steps some searches may still take: the metadata of a release, a decision or a conflict is one."""

    __slots__ = ("_pages", "left")

    def __init__(self, left: int) -> None:
        self.left = left
        self._pages: set[NormalizedName] = set()

    def spend(self, steps: int = 1) -> None:
        """Count some steps. Raises TooMuchAsked."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchAsked

    def read(self, name: NormalizedName) -> None:
        """Count the page of a project. Raises TooMuchAsked."""
        self.spend(1 if name in self._pages else _PAGE)
        self._pages.add(name)

    def decided(self, _decision: str) -> None:
        """Count a decision or a conflict that a search reports. Raises TooMuchAsked."""
        self.spend()


class BoundedCatalog:
    """A catalog within a budget."""

    def __init__(self, catalog: Catalog, budget: SearchBudget) -> None:
        self._catalog = catalog
        self._budget = budget

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        """Pass on what is about to be asked for."""
        self._catalog.expect(wanted)

    def releases(self, name: NormalizedName) -> Releases | None:
        """Return the releases of `name`. Raises TooMuchAsked."""
        self._budget.read(name)
        return self._catalog.releases(name)

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return the metadata of a release. Raises TooMuchAsked."""
        self._budget.spend()
        return self._catalog.metadata(name, position)

    def near(self, name: NormalizedName) -> Sequence[str]:
        """Return names that look like `name`."""
        return self._catalog.near(name)

    def under(self, policy: Policy) -> Catalog:
        """Return the same projects under another policy."""
        return BoundedCatalog(self._catalog.under(policy), self._budget)

    def unasked(self, name: NormalizedName) -> Sequence[str]:
        """Return the indexes that were not asked for `name`."""
        return self._catalog.unasked(name)
