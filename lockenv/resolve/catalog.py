"""What resolution asks of the world. The index room answers it; a test answers from a dictionary.

Explained in docs/resolver.md, "The question".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Sdist, Unusable, Wheel
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.places import Placed


class Releases(Protocol):
    """The releases of one project on the index that serves it.

    A release is named by its position in `versions`. Files whose name does not parse, releases without any file and
    releases that the cutoff excludes are already left out.
    """

    @property
    def index(self) -> str:
        """The simple root of the index, without credentials."""

    @property
    def versions(self) -> Sequence[str]:
        """PEP 440 normalized versions, newest first, each once."""

    @property
    def untimed(self) -> int:
        """How many files the cutoff left out because the index does not say when they were uploaded."""

    @property
    def yanked_positions(self) -> Iterable[int]:
        """The releases for which `yanked` has a reason, newest first."""

    def requires_python(self, position: int) -> str:
        """`Requires-Python` as the page states it for the release; empty for any."""

    def yanked(self, position: int) -> str | None:
        """Return the reason (possibly empty) when every usable file of the release is yanked; None when it is not."""

    def wheels(self, position: int) -> Sequence[Wheel]:
        """Sorted by file name."""

    def sdist(self, position: int) -> Sdist | None:
        """Return the source distribution; a `.tar.gz` where there are several."""

    def placed(self, position: int) -> Placed | None:
        """Where the release comes from; None where the project comes from the same source everywhere."""


class Catalog(Protocol):
    """All projects, fetched as late as possible and as early as useful."""

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        """Report that these projects, each with extras and a specifier (canonical text), are about to be asked for.

        Returns at once. Nothing depends on it but speed.
        """

    def releases(self, name: NormalizedName) -> Releases | None:
        """Return the releases of `name`; None when no index has the project.

        Waits for the page. Raises NetworkError or InputError when the index fails to answer.
        """

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return the metadata of one release, or why a build is needed for it, or why the release is left out.

        Waits for it. Raises NetworkError, InputError or RefusedError when the metadata of a wheel cannot be read, or
        no server answers.
        """

    def unasked(self, name: NormalizedName) -> Sequence[str]:
        """Name the index that serves `name`, then those that were not asked because it does; empty for no others.

        Where none has it: the one that its source names, empty for no source, then those that were not asked.
        """

    def under(self, policy: Policy) -> Catalog:
        """Return a catalog of the same indexes whose files are judged by another policy."""

    def near(self, name: NormalizedName) -> Sequence[str]:
        """Names that exist and look like `name`, best first, for an error message; empty when unknown."""
