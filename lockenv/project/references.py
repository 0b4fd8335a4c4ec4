"""The sources that a project names for its packages, each package once.

Pure: names, places and requirements go in; what comes from where comes out. Two sources for one package are refused.
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.direct import DeclaredSource, same, says_more, shown
from lockenv.vocabulary.late import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

    from lockenv.project import direct as project_direct
    from lockenv.project import url_requirements
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin
    from lockenv.vocabulary.places import Place
    from lockenv.vocabulary.requirement import Declared
else:
    project_direct = late("lockenv.project.direct")
    url_requirements = late("lockenv.project.url_requirements")

Member = tuple[str, str]
"""(`extra` or `group`, name); both empty for what is always required."""
ALWAYS_REQUIRED: Final[Member] = ("", "")


class References:
    """The references of one project, each name once."""

    def __init__(self, base: str, known: Mapping[NormalizedName, DeclaredSource] | None = None) -> None:
        """Make what a `file:` URL names relative to `base`, an absolute directory."""
        self.base = base
        self.sourced: dict[NormalizedName, DeclaredSource] = dict(known or {})
        self.mates: list[tuple[NormalizedName, Origin]] = []
        """The projects that are to be members of the workspace, and where that is said."""
        self.places: dict[NormalizedName, tuple[Place, ...]] = {}
        """The projects that have sources for some environments only."""

    def without_urls(self, declared: Iterable[Declared]) -> tuple[Declared, ...]:
        """Return the requirements without their URLs, which are noted for every environment. Raises InputError."""
        return tuple(self._without_url(each) if each.requirement.url else each for each in declared)

    def of_lists(
        self,
        listed: Mapping[Member, Sequence[Declared]],
        conflicts: Iterable[Iterable[Member]] = (),
        places: Mapping[Declared, Direct] | None = None,
    ) -> dict[Member, tuple[Declared, ...]]:
        """Return the requirements of a project without their URLs, which are noted where they apply.

        `conflicts` are the extras and groups that are never installed together; `places` are those of requirements
        that name one in another way. Raises InputError.
        """
        if places or any(each.requirement.url for some in listed.values() for each in some):
            return self._sorted_out(listed, conflicts, places or {})
        return {member: tuple(some) for member, some in listed.items()}

    def _sorted_out(
        self,
        listed: Mapping[Member, Sequence[Declared]],
        conflicts: Iterable[Iterable[Member]],
        places: Mapping[Declared, Direct],
    ) -> dict[Member, tuple[Declared, ...]]:
        named = url_requirements.named_sources(listed, self.base, conflicts, places)
        for name, written in named.items():
            if written.is_divided and name not in self.sourced and name not in self.places:
                self.places[name] = written.places
                continue
            for place in written.places:
                if place.direct is not None:
                    self.add(name, place.direct, place.origin)
        return url_requirements.without_urls(listed)

    def add(self, name: NormalizedName, direct: Direct, origin: Origin) -> None:
        """Note where a project comes from. Raises InputError where something else was said of it before."""
        if name in self.places:
            raise undeclared_source(name, direct, origin)
        before = self.sourced.get(name)
        if before is None or (says_more(direct) and same(before.direct, direct)):
            self.sourced[name] = DeclaredSource(direct=direct, origin=origin)
        elif not same(before.direct, direct):
            raise InputError(
                f"{name} has two sources: {shown(before.direct)} ({before.origin}) and {shown(direct)}",
                hint=f"use one of them, or require {name} by its name and write each with its `marker` in the array "
                f"[tool.lockenv.sources] {name}",
                origin=origin,
            )

    def _without_url(self, declared: Declared) -> Declared:
        requirement = declared.requirement
        self.add(requirement.name, project_direct.from_requirement(declared, self.base), declared.origin)
        return replace(declared, requirement=replace(requirement, url=""))


def undeclared_source(name: NormalizedName, direct: Direct, origin: Origin) -> InputError:
    """Return the error for a source that a requirement names beside those that the project declares."""
    return InputError(
        f"the source {shown(direct)} of `{name}` is not among its sources in [tool.lockenv.sources]",
        hint="declare all of its sources there",
        origin=origin,
    )
