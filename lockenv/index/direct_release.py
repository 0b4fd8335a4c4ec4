"""The one release of a project that no index serves, as a plain value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.distribution import Metadata, Sdist, Wheel
    from lockenv.vocabulary.places import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectRelease:
    """The one release of a project that a direct reference names. It is what the resolver takes for `Releases`."""

    metadata: Metadata
    direct: Direct
    """With its commit, or its hash."""
    files: tuple[Wheel, ...] = ()
    """The wheel, where the reference names one."""
    index: str = ""
    untimed: int = 0
    """No cutoff leaves a file out."""

    @property
    def versions(self) -> Sequence[str]:
        """The one version."""
        return (self.metadata.version,)

    @property
    def yanked_positions(self) -> Sequence[int]:
        """None: only an index yanks."""
        return ()

    def requires_python(self, position: int) -> str:  # noqa: ARG002 - there is one
        """Return it as its metadata says."""
        return self.metadata.requires_python

    def yanked(self, position: int) -> str | None:  # noqa: ARG002 - there is one
        """Return None: only an index yanks."""
        return None

    def wheels(self, position: int) -> Sequence[Wheel]:  # noqa: ARG002 - there is one
        """Return the wheel, if it is one."""
        return self.files

    def sdist(self, position: int) -> Sdist | None:  # noqa: ARG002 - there is one
        """Return None: what is not a wheel is reported by the problem."""
        return None

    def placed(self, position: int) -> Placed | None:  # noqa: ARG002 - the same for all
        """Return None: where the project comes from depends on nothing."""
        return None
