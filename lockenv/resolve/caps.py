"""All releases that a project requires and that declare not to run on its Pythons, not only the first one found.

Duty: of the answer that there would be if no Requires-Python had an upper bound, name the releases that have one in
the way. In: a refusal, its Model, and who answers. Out: the refusal with all of them, and the setting that
states otherwise. Never: an answer that disregards a bound.

Explained in docs/resolver.md, "Coverage".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.errors import InputError
from lockenv.resolve.coverage import python_coverage
from lockenv.resolve.failure_wording import listed
from lockenv.resolve.model import Model
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.distribution import Metadata
from lockenv.vocabulary.pin import Unsolvable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lockenv.resolve.catalog import Catalog, Releases
    from lockenv.vocabulary.distribution import NeedsBuild, Sdist, Unusable, Wheel
    from lockenv.vocabulary.manifest import Policy
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import NeedsPermission, Pin, Resolution
    from lockenv.vocabulary.places import Placed

    Answer = Resolution | Unsolvable | NeedsPermission


_MOST_DECISIONS: Final = 100_000
"""As `Model.decisions_left`. What is looked for here is of use, but no answer."""


def with_all_caps(refusal: Unsolvable, model: Model, answer: Callable[[Model], Answer]) -> Unsolvable:
    """Return `refusal` with every release whose upper bound is in the way; as it is where that alone is no help.

    `answer` is asked the same question as if there were no bounds (`WithoutCaps`). Where it takes too many decisions,
    the refusal is returned as it is, too.
    """
    free = Model(model.problem, WithoutCaps(model.catalog), model.report)
    free.decisions_left = _MOST_DECISIONS
    try:
        found = answer(free)
    except InputError:
        return refusal
    if isinstance(found, Unsolvable):
        return refusal
    capped = [(pin, said) for pin in found.pins if (said := _in_the_way(pin, model)) is not None]
    if not capped:
        return refusal
    statements = ", ".join(
        f'{{ name = "{pin.name}", version = "{pin.version}", requires-python = "{without_cap(said)}" }}'
        for pin, said in capped
    )
    hint = f"if they work there, override it in [tool.lockenv]: `dependency-metadata = [{statements}]`"
    return replace(
        refusal,
        reasons=(*refusal.reasons, *_more(capped, " ".join(refusal.reasons))),
        hints=(*refusal.hints, hint),
    )


def _more(capped: Sequence[tuple[Pin, str]], text: str) -> list[str]:
    """Return a sentence for each bound that other releases declare than those in `text`."""
    alike: dict[str, list[str]] = {}
    for pin, said in capped:
        if said and (release := f"{pin.name} {pin.version}") not in text:
            alike.setdefault(",".join(sorted(said.replace(" ", "").split(","))), []).append(release)
    return [
        f"{listed(releases)} {'needs' if len(releases) == 1 else 'need'} Python {said} too"
        for said, releases in alike.items()
    ]


def _in_the_way(pin: Pin, model: Model) -> str | None:
    """Return the Requires-Python of a release that it, or a newer one, keeps out of a part of where it is needed."""
    candidates, coverage = model.candidates(pin.name), model.coverage(pin.name)
    position = candidates.position(pin.version)
    if position is None or pin.name in model.problem.direct:
        return None
    if not model.unusable(pin.name, position):
        model.edges(pin.name, position)
    needed = pin.marker & model.problem.universe
    return None if coverage.declared_against(position).disjoint(needed) else coverage.requires_python(position)


def without_cap(requires_python: str) -> str:
    """Return a Requires-Python without its upper bounds; `>=3` where nothing else is left of it."""
    kept = []
    for clause in (each.strip() for each in requires_python.split(",")):
        for operator in ("~=", "==", ">=", ">", "!="):
            if clause.startswith(operator):
                version = clause.removeprefix(operator).lstrip("=").strip()
                is_lower = operator in ("~=", "==")
                kept.append(f">={version.removesuffix('.*')}" if is_lower else f"{operator}{version}")
                break
    return ",".join(kept) or ">=3"


class WithoutCaps:
    """A catalog whose releases have no upper bound in their Requires-Python."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._releases: dict[NormalizedName, _Uncapped | None] = {}

    def expect(self, wanted: Iterable[tuple[NormalizedName, Iterable[str], str]]) -> None:
        """Pass on what is about to be asked for."""
        self._catalog.expect(wanted)

    def releases(self, name: NormalizedName) -> _Uncapped | None:
        """Return the releases of `name`, without upper bounds."""
        if name not in self._releases:
            found = self._catalog.releases(name)
            self._releases[name] = None if found is None else _Uncapped(found)
        return self._releases[name]

    def metadata(self, name: NormalizedName, position: int) -> Metadata | NeedsBuild | Unusable:
        """Return the metadata of a release, without an upper bound."""
        found = self._catalog.metadata(name, position)
        if not isinstance(found, Metadata) or _has_no_cap(found.requires_python):
            return found
        return replace(found, requires_python=without_cap(found.requires_python))

    def unasked(self, name: NormalizedName) -> Sequence[str]:
        """Name the index that serves `name`, then those that were not asked."""
        return self._catalog.unasked(name)

    def under(self, policy: Policy) -> WithoutCaps:
        """Return the same under another policy."""
        return WithoutCaps(self._catalog.under(policy))

    def near(self, name: NormalizedName) -> Sequence[str]:
        """Return names that look like `name`."""
        return self._catalog.near(name)


class _Uncapped:
    """The releases of one project without upper bounds."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self.index = releases.index
        self.versions = releases.versions
        self.untimed = releases.untimed
        self.yanked_positions = releases.yanked_positions

    def requires_python(self, position: int) -> str:
        said = self._releases.requires_python(position)
        return said if _has_no_cap(said) else without_cap(said)

    def yanked(self, position: int) -> str | None:
        return self._releases.yanked(position)

    def wheels(self, position: int) -> Sequence[Wheel]:
        return self._releases.wheels(position)

    def sdist(self, position: int) -> Sdist | None:
        return self._releases.sdist(position)

    def placed(self, position: int) -> Placed | None:
        return self._releases.placed(position)


def _has_no_cap(requires_python: str) -> bool:
    return python_coverage(requires_python).over is markers.NEVER
