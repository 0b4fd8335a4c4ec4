"""Which source a project has in which environment, where that is not the same everywhere.

Duty: assign each source the environments for which it counts, and see to it that none has two. In: a Manifest and its
universe. Out: Divisions. Never: an index, a choice.

Explained in docs/resolver.md, "The question".
"""

from __future__ import annotations

from lockenv.errors import InputError
from lockenv.project.messages import MARKER_HINT
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.direct import same, shown
from lockenv.vocabulary.markers import marker_text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.places import Place
    from lockenv.vocabulary.requirement import Declared


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """The sources of one project: disjoint, together the universe."""

    parts: tuple[tuple[Place, Marker], ...]
    universe: Marker
    rest: Marker
    """Where the indexes serve the project as they do without these sources; NEVER for nowhere."""


def divisions(manifest: Manifest, universe: Marker) -> dict[NormalizedName, Division]:
    """Return the sources of each project that has some for some environments only, by name.

    Raises InputError for a marker, an extra or a group that there is none of, and for two sources in one environment.
    """
    return {name: _division(name, manifest.places[name], manifest, universe) for name in sorted(manifest.places)}


def members(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the extras and groups on which a source depends, as (`extra` or `group`, name)."""
    for places in manifest.places.values():
        for place in places:
            if place.kind:
                yield place.kind, place.member


def check_place(division: Division, declared: Declared, direct: Direct) -> None:
    """Raise InputError where a release requires a project from `direct`, which is not its source there."""
    requirement = declared.requirement
    where = markers.parse(requirement.marker).without_extras_and_groups() if requirement.marker else markers.ALWAYS
    its = markers.NEVER
    for place, here in division.parts:
        if place.direct is not None and same(place.direct, direct):
            its |= here
    lacking = division.universe & where & ~its
    if lacking is not markers.NEVER:
        text = marker_text(lacking, assuming=division.universe)
        raise InputError(
            f"{declared.origin} takes {requirement.name} from {shown(direct)}, which is not its source"
            f"{f' where {text}' if text else ''}",
            hint=f"declare all sources of {requirement.name} in [tool.lockenv.sources]",
        )


def _division(name: NormalizedName, places: Sequence[Place], manifest: Manifest, universe: Marker) -> Division:
    parts: list[tuple[Place, Marker]] = []
    rest = universe
    for place in places:
        where = universe & _where(name, place, manifest)
        for other, its in parts:
            if place.is_same(other):
                where &= ~its
            elif not where.disjoint(its):
                raise _two(name, other, place, marker_text(where & its, assuming=universe))
        parts.append((place, where))
        rest &= ~where
    return Division(parts=tuple(parts), universe=universe, rest=rest)


def _where(name: NormalizedName, place: Place, manifest: Manifest) -> Marker:
    known: frozenset[str] = frozenset(manifest.extras if place.kind == "extra" else manifest.groups)
    if place.kind and place.member not in known and manifest.is_known:
        has = ", ".join(sorted(known)) or "none"
        raise InputError(
            f"a source of `{name}` is for the {place.kind} `{place.member}`, which the project does not declare",
            hint=f"use one that it declares ({has}), or remove `{place.kind}`",
            origin=place.origin,
        )
    try:
        return place.where()
    except ValueError as error:
        raise InputError(
            f"a source of {name} has `{place.marker}`, which is not an environment marker: {error}",
            hint=MARKER_HINT,
            origin=place.origin,
        ) from error


def _two(name: NormalizedName, one: Place, other: Place, where: str) -> InputError:
    where = f"where {where}" if where else "everywhere"
    if one.kind and other.kind and (one.kind, one.member) != (other.kind, other.member):
        members = f'{{ {one.kind} = "{one.member}" }}, {{ {other.kind} = "{other.member}" }}'
        hint = f"declare that they are never installed together: `conflicts = [[{members}]]` in [tool.lockenv]"
    else:
        has_condition = bool(one.marker or one.kind or other.marker or other.kind)
        hint = f"{'' if has_condition else 'use one of them, or '}write markers that exclude each other"
    return InputError(
        f"{name} has two sources {where}: {one.shown} ({one.origin}) and {other.shown}", hint=hint, origin=other.origin
    )
