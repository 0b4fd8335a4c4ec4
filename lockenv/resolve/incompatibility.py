"""What the second engine reasons with: sets of versions that cannot be chosen together, and why.

Duty: the values. In and out: values. Never: a search.

A key is a project, or a project with one extra. The state of a key is an int: one bit for each release, as in `masks`,
and one bit above them for "not chosen". A term is a set of such states. An incompatibility assigns a term to each of
some keys and says that not all of them hold at once:

- `a 1 requires b<2` is `{a: 1, b: 2 or newer or not chosen}`;
- `the project requires b<2` is `{b: 2 or newer or not chosen}`;
- a term that every state meets says nothing and is left out: `{}` holds always, so it says that there is no solution.

Explained in docs/resolver.md, "The second engine".
"""

from __future__ import annotations

from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.markers import cofactor, marker_text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.resolve.edges import Edge, RootEdge
    from lockenv.resolve.problem import Rule
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName


class Key(NamedTuple):
    """A project, or a project with one of its extras."""

    name: NormalizedName
    extra: ExtraName | None


class RootDependency(NamedTuple):
    """The project requires something."""

    edge: RootEdge
    where: Marker
    """Where it applies within the region; never unsatisfiable."""


class ReleaseDependency(NamedTuple):
    """Releases of the parent require something."""

    parent: Key
    edge: Edge
    where: Marker
    """Where it applies within the region; never unsatisfiable."""


Demanded = RootDependency | ReleaseDependency


class SameRelease(NamedTuple):
    """A project with an extra is the same release as the project."""

    name: NormalizedName


class UnsupportedRelease(NamedTuple):
    """The releases cannot be installed anywhere in the region: their Requires-Python, or no file."""

    name: NormalizedName
    mask: int
    wanted: tuple[Demanded, ...] = ()
    """What is in force, where only under that something else serves the region; empty where they never do."""


class InadmissibleRelease(NamedTuple):
    """The releases fit, but they are yanked or prereleases, which nothing in force admits."""

    name: NormalizedName
    mask: int
    wanted: tuple[Demanded, ...]
    """What is in force."""
    is_usual: bool
    """Whether other releases that fit are admitted, so that these are not missed."""
    is_assumed: bool = False
    """Whether it was assumed to hold whatever is required, as it had held so often."""


class ConstrainedRelease(NamedTuple):
    """A constraint of the user excludes the releases."""

    rule: Rule
    where: Marker
    """Where it applies within the region; never unsatisfiable."""


class RequestedVersion(NamedTuple):
    """The version that the user asked for on the command line is another one."""

    name: NormalizedName
    specifier: str


class FaultyMetadata(NamedTuple):
    """A requirement in the release's own metadata cannot be met by anything."""

    name: NormalizedName
    edge: Edge
    where: Marker


class UnusableSdist(NamedTuple):
    """The source distributions of the releases cannot be used."""

    name: NormalizedName
    mask: int
    reason: str


class AlternativeDependencies(NamedTuple):
    """Releases of one project all require another one, each in its own way; only reported, never searched with."""

    parent: Key
    name: NormalizedName
    unusable: str = ""
    """Why some of them cannot be used at all, whatever they require; empty where all can."""


class DerivedCause(NamedTuple):
    """It follows from two others."""

    first: Incompatibility
    second: Incompatibility


Fact = (
    RootDependency
    | ReleaseDependency
    | SameRelease
    | UnsupportedRelease
    | InadmissibleRelease
    | ConstrainedRelease
    | RequestedVersion
    | FaultyMetadata
    | UnusableSdist
    | AlternativeDependencies
)
Cause = Fact | DerivedCause


class Incompatibility:
    """Terms that do not all hold at once. The terms only ever grow: what holds for more releases is reported of all."""

    __slots__ = ("cause", "terms")

    def __init__(self, terms: dict[int, int], cause: Cause) -> None:
        self.terms = terms
        """By the number of the key; never the term that every state meets."""
        self.cause = cause


def leaves(*incompatibilities: Incompatibility) -> list[Incompatibility]:
    """Return the facts that incompatibilities follow from, each once, first cause first."""
    found: dict[int, Incompatibility] = {}
    seen: set[int] = set()
    agenda = list(reversed(incompatibilities))
    while agenda:
        one = agenda.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one.cause, DerivedCause):
            agenda += (one.cause.second, one.cause.first)
        else:
            found[id(one)] = one
    return list(found.values())


def conditions(failures: Iterable[Incompatibility], env: Marker) -> tuple[Marker, ...]:
    """Return the conditions of the facts behind failures that hold in a part of a region only, the simplest first."""
    found: dict[Marker, None] = {}
    for leaf in leaves(*failures):
        match leaf.cause:
            case (
                RootDependency(where=where)
                | ReleaseDependency(where=where)
                | ConstrainedRelease(where=where)
                | FaultyMetadata(where=where)
            ):
                found[where] = None
            case InadmissibleRelease(wanted=wanted) | UnsupportedRelease(wanted=wanted):
                found.update((fact.where, None) for fact in wanted)
            case _:
                pass
    found.pop(env, None)
    simple = {cofactor(marker, env): None for marker in found}
    return tuple(
        sorted(simple, key=lambda marker: (not marker.negatable, len(marker_text(marker)), marker_text(marker)))
    )
