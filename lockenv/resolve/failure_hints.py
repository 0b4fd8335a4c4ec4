"""What would help where there is no solution.

Duty: from the facts behind a failure, the changes that could undo one of them. In: facts. Out: sentences.
Never: a promise that a change is enough.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lockenv.resolve.coverage import python_coverage
from lockenv.resolve.failure_wording import listed, span_text
from lockenv.resolve.incompatibility import (
    ConstrainedRelease,
    InadmissibleRelease,
    ReleaseDependency,
    RequestedVersion,
    RootDependency,
    UnsupportedRelease,
    UnusableSdist,
)
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.resolve.incompatibility import Demanded, Fact
    from lockenv.resolve.incompatibility_store import IncompatibilityStore
    from lockenv.resolve.model import Model
    from lockenv.vocabulary.markers import Marker

_MOST: Final = 4
_MOST_RELAXED: Final = 3
_MEMBER = lazy_pattern(
    r"(?:^|\.)(optional-dependencies|extras|dependency-groups|groups)\.\"?([A-Za-z0-9._-]+?)\"?(?:\[|$)"
)


def advice(basis: Sequence[Fact], encoding: IncompatibilityStore, where: Marker) -> tuple[str, ...]:
    """Return what would help, the surest first, a clause each; at most four."""
    model = encoding.model
    found = [
        *_spelling(basis, model),
        *_admission(basis, model),
        *_cutoff(basis, model),
        *_pythons(basis, model, where),
        *_files(basis, model),
        *_apart(basis, model),
        *_relaxed(basis, model),
    ]
    return tuple(dict.fromkeys(found))[:_MOST]


def _demands(basis: Sequence[Fact]) -> Iterator[Demanded]:
    for fact in basis:
        if isinstance(fact, (RootDependency, ReleaseDependency)):
            yield fact


def _spelling(basis: Sequence[Fact], model: Model) -> Iterator[str]:
    for fact in _demands(basis):
        if not model.candidates(fact.edge.name).is_known:
            near = model.catalog.near(fact.edge.name)
            if near:
                yield f"did you mean {', '.join(near)} instead of {fact.edge.name}?"


def _admission(basis: Sequence[Fact], model: Model) -> Iterator[str]:
    for fact in basis:
        if not isinstance(fact, InadmissibleRelease):
            continue
        candidates = model.candidates(fact.name)
        yanked = fact.mask & candidates.yanked
        early = fact.mask & ~yanked
        if early:
            newest = candidates.versions[next(positions(early))]
            if model.problem.policy.prerelease_of(fact.name) == "disallow":
                allowing = f'prerelease-package = {{ {fact.name} = "allow" }}'
                yield f"set `{allowing}` in [tool.lockenv] to use {fact.name} {newest}"
            else:
                yield f"require a prerelease to allow it, as in `{fact.name}>={newest}`"
        if yanked:
            newest = candidates.versions[next(positions(yanked))]
            yield f"pin a yanked release exactly if you need it, as in `{fact.name}=={newest}`"


def _cutoff(basis: Sequence[Fact], model: Model) -> Iterator[str]:
    for fact in _demands(basis):
        cutoff = model.problem.policy.cutoff_of(fact.edge.name)
        candidates = model.candidates(fact.edge.name)
        if not cutoff or not candidates.is_known or candidates.mask(fact.edge.specifier):
            continue
        if candidates.untimed:
            name = fact.edge.name
            yield f"exempt it: `exclude-newer-package = {{ {name} = false }}` in [tool.lockenv]"
        if candidates.versions or not candidates.untimed:
            yield f"move exclude-newer ({cutoff}) to a later time"


def _pythons(basis: Sequence[Fact], model: Model, where: Marker) -> Iterator[str]:
    """Return the range of Pythons that is left when those in which it fails are given up."""
    universe = model.problem.universe
    failing = _pythons_of(where)
    if not any(_is_about_python(fact, model) for fact in basis) or not (universe & failing).implies(where):
        return
    spans = (universe & ~failing).python_range()
    if len(spans) == 1:
        yield f'set `requires-python = "{span_text(*spans[0])}"` if the other Python versions are not needed'


def _pythons_of(where: Marker) -> Marker:
    found = markers.NEVER
    for low, high in where.python_range():
        found |= markers.python(span_text(low, high))
    return found


def _is_about_python(fact: Fact, model: Model) -> bool:
    """Return whether a fact says that releases do not run on some Pythons."""
    if not isinstance(fact, UnsupportedRelease):
        return False
    coverage = model.coverage(fact.name)
    for position in positions(fact.mask):
        files = coverage.files(position)
        if python_coverage(coverage.requires_python(position)).admitted is not markers.ALWAYS:
            return True
        if files.machines is markers.ALWAYS and files.fit is not markers.ALWAYS:
            return True
    return False


def _files(basis: Sequence[Fact], model: Model) -> Iterator[str]:
    for fact in basis:
        if (
            isinstance(fact, UnsupportedRelease)
            and model.problem.required_environments
            and not _is_about_python(fact, model)
        ):
            yield "remove the environment from required-environments, or wait for a compatible release"
            return


def _apart(basis: Sequence[Fact], model: Model) -> Iterator[str]:
    """Yield what to do about groups and extras whose requirements cannot be met together."""
    members: dict[str, Marker] = {}
    groups: dict[str, None] = {}
    is_of_project = False
    for fact in basis:
        if isinstance(fact, RootDependency) and (found := _MEMBER.search(fact.edge.root.origin.key)):
            kind = "extra" if found[1] in ("optional-dependencies", "extras") else "group"
            groups |= {found[2]: None} if kind == "group" else {}
            members[f'{{ {kind} = "{found[2]}" }}'] = markers.choosing(kind, found[2])
        elif isinstance(fact, RootDependency):
            is_of_project = True
    if is_of_project:
        if len(groups) == len(members) == 1:
            (name,) = groups
            yield f'lock the group apart: set `lock.{name} = {{ groups = ["{name}"], apart = true }}` in [tool.lockenv]'
        return
    together = model.problem.universe
    for marker in members.values():
        together &= marker
    if len(members) > 1 and together is markers.NEVER:
        yield (
            f"remove {' or '.join(members)} from the extra or group that includes both; they are declared as conflicts"
        )
    elif len(members) > 1:
        yield f"if they are never installed together, set `conflicts = [[{', '.join(members)}]]` in [tool.lockenv]"


def _relaxed(basis: Sequence[Fact], model: Model) -> Iterator[str]:
    """Return what the user wrote that could be relaxed: what names versions."""
    written: dict[str, None] = {}
    requested = [fact for fact in basis if isinstance(fact, RequestedVersion)]
    if any(not model.candidates(fact.name).mask(fact.specifier) for fact in requested):
        return  # it does not exist, whatever is declared
    for fact in basis:
        match fact:
            case RootDependency(edge=edge) if edge.specifier:
                written[f"`{edge.root.requirement}` ({edge.root.origin})"] = None
            case ConstrainedRelease(rule=rule):
                written[f"the constraint `{rule.requirement}` ({rule.origin})"] = None
            case UnusableSdist(name=name):
                yield f"use a version of {name} that has a wheel, or remove what requires it"
            case _:
                pass
    some = list(written)[:_MOST_RELAXED]
    if some:
        yield f"relax {listed(some, 'or')}"
