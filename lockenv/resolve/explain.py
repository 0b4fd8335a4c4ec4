"""Why a region has no solution: from a derivation to NoSolution.

Duty: say where the region can be divided; where it cannot, the chain of reasons, what would help, and which
requirements of the project take part. In: the incompatibility of everything and its IncompatibilityStore. Out:
NoSolution. Never: a search.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.resolve.coverage import NO_WHEEL, Limit
from lockenv.resolve.engine_interface import MissingRelease, NoSolution
from lockenv.resolve.failure_hints import advice, early_releases
from lockenv.resolve.failure_report import Report, facts, simplify_derivation
from lockenv.resolve.failure_wording import Wording, listed
from lockenv.resolve.incompatibility import (
    AlternativeDependencies,
    ConstrainedRelease,
    FaultyMetadata,
    InadmissibleRelease,
    Key,
    ReleaseDependency,
    RequestedVersion,
    RootDependency,
    UnsupportedRelease,
    UnusableSdist,
    conditions,
    leaves,
)
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockenv.resolve.coverage import Coverage
    from lockenv.resolve.edges import RootEdge
    from lockenv.resolve.engine_interface import Region
    from lockenv.resolve.incompatibility import Demanded, Fact, Incompatibility
    from lockenv.resolve.incompatibility_store import IncompatibilityStore
    from lockenv.resolve.model import Model
    from lockenv.resolve.problem import ExtraOrGroup
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.origin import Origin


def explain(failure: Incompatibility, encoding: IncompatibilityStore, *, rounds: int, conflicts: int) -> NoSolution:
    """Return where to divide the region in which everything is incompatible; the reasons only where it cannot be."""
    model, env = encoding.model, encoding.region.env
    separators = tuple(
        where for where in conditions([failure], env) if not model.must_write or model.can_write(where, env)
    )
    if separators:
        return NoSolution(separators=separators, reasons=(), rounds=rounds, conflicts=conflicts)
    root = simplify_derivation(failure)
    basis = [node.fact for node in facts(root) if node.fact is not None]
    where = _where(basis, encoding)
    return NoSolution(
        separators=(),
        reasons=(*Report(_wording(encoding)).lines(root), *_unasked(basis, encoding.model)),
        hints=(*advice(basis, encoding, where), *early_releases(leaves(failure), encoding.model)),
        origins=tuple(dict.fromkeys(_origins(basis))),
        where=where,
        roots=_roots(basis, encoding.region),
        names=frozenset(_names(basis)),
        lacking=_lacking(basis, encoding),
        rounds=rounds,
        conflicts=conflicts,
    )


def _unasked(basis: list[Fact], model: Model) -> Iterator[str]:
    """Yield which indexes were not asked for a project of which no release is what is required."""
    for name in dict.fromkeys(
        demanded.edge.name
        for demanded in _demanded(basis)
        if not model.candidates(demanded.edge.name).mask(demanded.edge.specifier)
    ):
        serving, *others = model.catalog.unasked(name) or ("",)
        if not others:
            continue
        were = f"{listed(others)} {'was' if len(others) == 1 else 'were'} not asked"
        other = "to use another index for it, set its source in [tool.lockenv.sources]"
        if model.candidates(name).is_known:
            yield f"{name} comes from {serving}, the first index that has it, so {were} ({other})"
        elif serving:
            yield f"the source of {name} is the index {serving}, so {were}"
        else:
            yield f"{were} for {name}, as only packages that name an explicit index use it ({other})"


def _roots(basis: list[Fact], region: Region) -> tuple[RootEdge, ...]:
    """Return what the project requires among the facts, as the region has it."""
    found = {id(fact.edge) for fact in _demanded(basis) if isinstance(fact, RootDependency)}
    return tuple(root for root in region.roots if id(root) in found)


def _demanded(basis: list[Fact]) -> Iterator[Demanded]:
    """Yield the requirements among the facts, and those that the others are about."""
    for fact in basis:
        match fact:
            case RootDependency() | ReleaseDependency():
                yield fact
            case InadmissibleRelease(wanted=wanted) | UnsupportedRelease(wanted=wanted):
                yield from wanted
            case _:
                pass


def _names(basis: list[Fact]) -> Iterator[NormalizedName]:
    for demanded in _demanded(basis):
        yield demanded.edge.name
        if isinstance(demanded, ReleaseDependency):
            yield demanded.parent.name
    for fact in basis:
        match fact:
            case ConstrainedRelease(rule=rule):
                yield rule.requirement.name
            case (
                AlternativeDependencies(parent=Key(name=name))
                | InadmissibleRelease(name=name)
                | UnsupportedRelease(name=name)
                | RequestedVersion(name=name)
                | FaultyMetadata(name=name)
                | UnusableSdist(name=name)
            ):
                yield name
                if isinstance(fact, AlternativeDependencies):
                    yield fact.name
            case _:
                pass


def _where(basis: list[Fact], encoding: IncompatibilityStore) -> Marker:
    """Return all environments of the universe in which the facts hold together; the region is among them."""
    model = encoding.model
    universe = model.problem.universe
    roots = {(id(edge.root), edge.name, edge.specifier): edge.marker for edge in model.roots_in(universe)}
    where = universe
    for fact in basis:
        match fact:
            case RootDependency() | ReleaseDependency():
                where &= _condition(fact, roots)
            case InadmissibleRelease(wanted=wanted):
                for one in wanted:
                    where &= _condition(one, roots)
            case ConstrainedRelease(rule=rule):
                where &= rule.where
            case FaultyMetadata(edge=edge):
                where &= edge.applies(None)
            case UnsupportedRelease():
                where &= encoding.region.env if fact.wanted else _unserved(fact, model)
            case _:
                pass
    return where | encoding.region.env


def _condition(demanded: Demanded, roots: dict[tuple[int, NormalizedName, str], Marker]) -> Marker:
    """Return where a requirement applies, in this region and outside."""
    match demanded:
        case RootDependency(edge=root):
            return roots[id(root.root), root.name, root.specifier]
        case ReleaseDependency(parent=parent, edge=edge):
            return edge.applies(parent.extra)


def _unserved(fact: UnsupportedRelease, model: Model) -> Marker:
    coverage = model.coverage(fact.name)
    where = markers.ALWAYS
    for position in positions(fact.mask):
        where &= ~(coverage.honest(position) | coverage.beyond(position))
    return where


def _lacks_wheel(coverage: Coverage, position: int, env: Marker) -> bool:
    """Return whether it is for its wheels alone that a release cannot be had anywhere in `env`."""
    possible = markers.python(coverage.requires_python(position)) & coverage.source(position)
    return env.implies(possible) and coverage.lacks_wheel(position, env)


def _lacking(basis: list[Fact], encoding: IncompatibilityStore) -> MissingRelease | None:
    """Return the first project that has no release for the region, though another wheel or no cap would do.

    Wheels first: what has none is left out, whatever else fails.
    """
    model, env = encoding.model, encoding.region.env
    for demanded in _demanded(basis):
        name = demanded.edge.name
        coverage, wanted = model.coverage(name), model.candidates(name).mask(demanded.edge.specifier)
        if wanted and all(_lacks_wheel(coverage, position, env) for position in positions(wanted)):
            version = model.candidates(name).versions[next(positions(wanted))]
            return MissingRelease(why=f"{name} {version} {NO_WHEEL}", is_wheel=True, choices=_choices(basis, model))
    for fact in basis:
        if not isinstance(fact, UnsupportedRelease):
            continue
        coverage, versions = model.coverage(fact.name), model.candidates(fact.name).versions
        for position in positions(fact.mask):
            if not env.implies(coverage.source(position)):
                continue  # In a part of the region, it is not for its files that the release cannot be had.
            limit = coverage.limit(position, env)
            if coverage.lacks_wheel(position, env):
                limit = Limit(position, NO_WHEEL, False)
            if limit.is_wheel or limit.is_declared:
                clause = f"{fact.name} {versions[limit.position]} {limit.why}"
                return MissingRelease(why=clause, is_wheel=limit.is_wheel, choices=_choices(basis, model))
    return None


def _choices(basis: list[Fact], model: Model) -> tuple[ExtraOrGroup, ...]:
    """Return the extras and groups whose requirements are among the facts."""
    asked = [fact for fact in _demanded(basis) if isinstance(fact, RootDependency)]
    return tuple(
        choice
        for choice in model.problem.choices
        if any(fact.edge.root.where.implies(markers.choosing(*choice)) for fact in asked)
    )


def _origins(basis: list[Fact]) -> Iterator[Origin]:
    """Return where the project's requirements and constraints among the facts were written."""
    for fact in basis:
        match fact:
            case RootDependency(edge=edge):
                yield edge.root.origin
            case ConstrainedRelease(rule=rule):
                yield rule.origin
            case _:
                pass


def _wording(encoding: IncompatibilityStore) -> Wording:
    trail = encoding.trail
    return Wording(encoding.model, encoding.region.env, encoding.keys, trail.full, trail.absent)
