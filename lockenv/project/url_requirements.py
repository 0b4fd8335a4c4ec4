"""Read which sources the URLs in the requirements of a project name, and where each counts.

Pure: requirements go in, by the extra or group that lists them; the sources of each package come out, and the
requirements without URLs.

A URL is the source of its package everywhere, as far as the project names no other: no index is asked for a package of
which the project has its own copy. Where the project requires the package without a URL, or from another one, in other
environments, each URL counts where its requirement does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.project.direct import from_requirement
from lockenv.vocabulary.dataclasses import NamedTuple, replace
from lockenv.vocabulary.direct import same, says_more
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize
from lockenv.vocabulary.places import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockenv.vocabulary import markers
    from lockenv.vocabulary.direct import Direct
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.requirement import Declared
else:
    markers = late("lockenv.vocabulary.markers")

Member = tuple[str, str]
"""(`extra` or `group`, name); both empty for what is always required."""


class NamedSources(NamedTuple):
    """The sources that URLs name for one package."""

    places: tuple[Place, ...]
    is_divided: bool
    """Whether each counts where its requirement does; else all are the same, and count everywhere."""


class _Use(NamedTuple):
    """A requirement and the list that it is in."""

    member: Member
    declared: Declared


def without_urls(listed: Mapping[Member, Sequence[Declared]]) -> dict[Member, tuple[Declared, ...]]:
    """Return the requirements without their URLs."""
    return {
        member: tuple(replace(each, requirement=replace(each.requirement, url="")) for each in some)
        for member, some in listed.items()
    }


def named_sources(
    listed: Mapping[Member, Sequence[Declared]],
    base: str,
    conflicts: Iterable[Iterable[Member]],
    places: Mapping[Declared, Direct],
) -> dict[NormalizedName, NamedSources]:
    """Return what the URLs of requirements name, and `places` those of others; paths are relative to `base`.

    `conflicts` are the extras and groups that are never installed together. Raises InputError for a URL that names no
    source.
    """
    named: dict[NormalizedName, list[_Use]] = {}
    bare: dict[NormalizedName, list[_Use]] = {}
    for member, some in listed.items():
        for each in some:
            has_place = each.requirement.url or each in places
            (named if has_place else bare).setdefault(each.requirement.name, []).append(_Use(member, each))
    apart = [frozenset(some) for some in conflicts]
    found = {}
    for name, uses in named.items():
        directs = [places.get(use.declared) or from_requirement(use.declared, base) for use in uses]
        found[name] = NamedSources(
            tuple(map(_place, uses, (_fullest(each, directs) for each in directs))),
            not all(same(directs[0], each) for each in directs) or _is_here_alone(uses, bare.get(name, ()), apart),
        )
    return found


def _place(use: _Use, direct: Direct) -> Place:
    kind, member = use.member
    marker, origin = use.declared.requirement.marker, use.declared.origin
    return Place(direct=direct, marker=marker, kind=kind, member=normalize(member), origin=origin)


def _fullest(direct: Direct, among: Iterable[Direct]) -> Direct:
    """Return what states most, such as a hash, of those `among` that name the same thing as `direct`."""
    return next((each for each in among if same(each, direct) and says_more(each)), direct)


def _is_here_alone(uses: Sequence[_Use], bare: Sequence[_Use], apart: Sequence[frozenset[Member]]) -> bool:
    """Return whether a package is required without a URL too, and never where it is required with one."""
    return bool(bare) and all(_is_apart(use, other, apart) for use in uses for other in bare)


def _is_apart(one: _Use, other: _Use, apart: Sequence[frozenset[Member]]) -> bool:
    """Return whether two requirements never count together."""
    if one.member != other.member and any(one.member in some and other.member in some for some in apart):
        return True
    texts = one.declared.requirement.marker, other.declared.requirement.marker
    if not all(texts):
        return False
    try:
        first, second = (markers.parse(text) for text in texts)
    except ValueError:
        return False  # it is reported where the markers are read for what they say
    return first.disjoint(second)
