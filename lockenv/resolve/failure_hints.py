"""What would help where there is no solution.

Duty: from the facts behind a failure, the changes that could undo one of them. In: facts. Out: Hints.
Never: a promise that a change is enough: see `tried_hints`.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from lockenv.resolve import changed_question, narrowing
from lockenv.resolve.coverage import NO_WHEEL, python_coverage
from lockenv.resolve.failure_wording import listed, release_text, span_text
from lockenv.resolve.hint import Hint, Remedy
from lockenv.resolve.incompatibility import (
    ConstrainedRelease,
    InadmissibleRelease,
    ReleaseDependency,
    RequestedVersion,
    RootDependency,
    UnsupportedRelease,
)
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.names import GroupName, normalize
from lockenv.vocabulary.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from lockenv.resolve.incompatibility import Demanded, Fact, Incompatibility
    from lockenv.resolve.incompatibility_store import IncompatibilityStore
    from lockenv.resolve.model import Model
    from lockenv.resolve.narrowing import LostEnvironments
    from lockenv.resolve.problem import ExtraOrGroup, Problem, Rule
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.markers.variables import Release

_MOST_RELAXED: Final = 3
_MOST_LIMITED: Final = 6
"""How many requirements are named that could be for older Pythons alone."""
_MOST_EARLY: Final = 2
"""Of how many projects prereleases are proposed, where final ones fit, too."""
_MOST_EXCLUDED: Final = 3
"""How many minor versions of Python a proposed `requires-python` leaves out."""
_PYTHON: Final = "python"
"""What Poetry and conda have among the requirements, and no index has."""
_MEMBER = lazy_pattern(
    r"(?:^|\.)(optional-dependencies|extras|dependency-groups|groups)\.\"?([A-Za-z0-9._-]+?)\"?(?:\[|$)"
)


def advice(basis: Sequence[Fact], encoding: IncompatibilityStore, where: Marker) -> tuple[Hint, ...]:
    """Return what may help, the surest first. None of it has been tried."""
    model = encoding.model
    return (
        *_spelling(basis, model),
        *_admission(basis, model),
        *_cutoff(basis, model),
        *_pythons(basis, model, where),
        *_files(basis, model),
        *_apart(basis, model),
        *_relaxed(basis, model),
    )


def advice_where_nothing_runs(problem: Problem, lost: Sequence[LostEnvironments]) -> tuple[Hint, ...]:
    """Return what may help where what was chosen runs in none of the environments: other versions.

    Where extras and groups alone are lost, what else the project requires is not at fault, and they can be removed: the
    one thing that helps against more than one reason.
    """
    choices = sorted({loss.choice for loss in lost if loss.choice})
    reasons = tuple(dict.fromkeys(loss.why for loss in lost))
    if choices and len(reasons) > 1:
        return (_removing(choices), *_for_older_pythons(lost, problem))
    older = []
    for name, version, *why in (reason.split(" ") for reason in reasons):
        if " ".join(why) == NO_WHEEL:
            clause = f"require an older release, as in `{name}<{version}`"
            older.append(Hint.of(clause, changed_question.required_too(normalize(name), f"<{version}")))
    rules = narrowing.of_choices(choices, problem) if choices else problem.roots
    relaxing = _relaxing((rule, "") for rule in rules if rule.requirement.specifier)
    giving_up = (_removing(choices), *_for_older_pythons(lost, problem)) if choices else ()
    return (*older, *relaxing, *giving_up)


def _removing(choices: Sequence[ExtraOrGroup]) -> Hint:
    them = "it is" if len(choices) == 1 else "they are"
    clause = f"remove {narrowing.titled(choices)} if {them} not needed"
    return Hint.of(clause, changed_question.without_choices(choices))


def _for_older_pythons(lost: Sequence[LostEnvironments], problem: Problem) -> Iterator[Hint]:
    """Yield how extras and groups stay declared for Pythons that are not locked, where they are for no other."""
    rules = narrowing.guilty((loss for loss in lost if loss.choice), problem)
    if rules and len(rules) <= _MOST_LIMITED:
        low = release_text(problem.universe.python_range()[0][0])
        variable = "python_full_version" if low.count(".") > 1 else "python_version"
        named = listed([f"`{rule.requirement}`" for rule in rules])
        them = "it" if len(rules) == 1 else "them"
        clause = f"limit {named} to `{variable} < '{low}'` if only older versions of Python need {them}"
        yield Hint.of(clause, changed_question.without(*rules))


def _demands(basis: Sequence[Fact]) -> Iterator[Demanded]:
    for fact in basis:
        if isinstance(fact, (RootDependency, ReleaseDependency)):
            yield fact


def _spelling(basis: Sequence[Fact], model: Model) -> Iterator[Hint]:
    """Yield other names for what the project requires; what a release requires is not the user's to spell."""
    for fact in basis:
        if isinstance(fact, RootDependency) and not model.candidates(fact.edge.name).is_known:
            name = fact.edge.name
            if name == _PYTHON:
                clause = "remove python, which is not a package: `requires-python` states which Pythons are supported"
                yield Hint.of(clause, changed_question.without(fact.edge.root))
                continue
            yield Hint(
                tuple(
                    Remedy(near, (changed_question.renamed(fact.edge.root, normalize(near)),))
                    for near in model.catalog.near(name)
                ),
                "did you mean",
                end=f" instead of {name}?",
            )


def _admission(basis: Sequence[Fact], model: Model) -> Iterator[Hint]:
    for fact in basis:
        if not isinstance(fact, InadmissibleRelease):
            continue
        name, candidates = fact.name, model.candidates(fact.name)
        yanked = fact.mask & candidates.yanked
        early = fact.mask & ~yanked
        if early:
            newest = candidates.versions[next(positions(early))]
            if model.problem.policy.prerelease_of(name) == "disallow":
                allowing = f'prerelease-package = {{ {name} = "allow" }}'
                clause = f"set `{allowing}` in [tool.lockenv] to use {name} {newest}"
                yield Hint.of(clause, changed_question.with_prereleases(name))
            else:
                clause = f"require a prerelease to allow it, as in `{name}>={newest}`"
                yield Hint.of(clause, changed_question.required_too(name, f">={newest}"))
        if yanked:
            newest = candidates.versions[next(positions(yanked))]
            clause = f"pin a yanked release exactly if you need it, as in `{name}=={newest}`"
            yield Hint.of(clause, changed_question.required_too(name, f"=={newest}"))


def early_releases(leaves: Sequence[Incompatibility], model: Model) -> Iterator[Hint]:
    """Yield the projects whose final releases fit but fail for what they require, and whose prereleases may not."""
    names = [
        fact.name
        for fact in (leaf.cause for leaf in leaves)
        if isinstance(fact, InadmissibleRelease)
        and fact.is_usual
        and fact.mask & model.candidates(fact.name).prereleases
        and model.problem.policy.prerelease_of(fact.name) != "disallow"
    ]
    for name in list(dict.fromkeys(names))[:_MOST_EARLY]:
        clause = f'set `prerelease-package = {{ {name} = "allow" }}` in [tool.lockenv] to use a prerelease of {name}'
        yield Hint.of(clause, changed_question.with_prereleases(name))


def _cutoff(basis: Sequence[Fact], model: Model) -> Iterator[Hint]:
    for fact in _demands(basis):
        name = fact.edge.name
        cutoff, candidates = model.problem.policy.cutoff_of(name), model.candidates(name)
        if not cutoff or (candidates.is_known and candidates.mask(fact.edge.specifier)):
            continue
        if candidates.untimed:
            clause = f"exempt it: `exclude-newer-package = {{ {name} = false }}` in [tool.lockenv]"
            yield Hint.of(clause, changed_question.without_cutoff(name))
        if candidates.is_known and (candidates.versions or not candidates.untimed):
            yield Hint.of(f"move exclude-newer ({cutoff}) to a later time", changed_question.without_cutoff(None))


def _pythons(basis: Sequence[Fact], model: Model, where: Marker) -> Iterator[Hint]:
    """Yield the range of Pythons that is left when those in which it fails are given up."""
    universe = model.problem.universe
    failing = _pythons_of(where)
    if not any(_is_about_python(fact, model) for fact in basis) or not (universe & failing).implies(where):
        return
    span = _span((universe & ~failing).python_range())
    if not span:
        return
    groups = {group for fact in basis if isinstance(fact, RootDependency) for group in [_group(fact.edge.root)]}
    if len(groups) == 1 and (group := groups.pop()):
        setting = f'dependency-groups = {{ {group} = {{ requires-python = "{span}" }} }}'
        clause = f"set `{setting}` in [tool.lockenv] if the group is not needed on other Python versions"
        yield Hint.of(clause, changed_question.groups_on_pythons(_with_group(group, model.problem), span))
    clause = f'set `requires-python = "{span}"` if the other Python versions are not needed'
    yield Hint.of(clause, changed_question.on_pythons(span))


def _span(ranges: Sequence[tuple[Release, Release | None]]) -> str:
    """Return the specifier of these ranges of Pythons; empty where there is none, or no short one."""
    if not ranges:
        return ""
    excluded = []
    for (_, end), (start, _) in pairwise(ranges):
        if end is None or end[0] != start[0] or end[2] or start[2]:
            return ""
        excluded += [f",!={end[0]}.{minor}.*" for minor in range(end[1], start[1])]
    return span_text(ranges[0][0], ranges[-1][1]) + "".join(excluded) if len(excluded) <= _MOST_EXCLUDED else ""


def _group(rule: Rule) -> str:
    """Return the group that lists a requirement, as it is written; empty for what is no group's."""
    found = _MEMBER.search(rule.origin.key)
    return found[2] if found and found[1] in ("dependency-groups", "groups") else ""


def _with_group(group: str, problem: Problem) -> list[GroupName]:
    """Return a group and those that include it."""
    listed = [rule for rule in problem.roots if _group(rule) == group]
    return [
        GroupName(name)
        for kind, name in problem.choices
        if kind == "group" and any(rule.where.implies(markers.choosing(kind, name)) for rule in listed)
    ]


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


def _files(basis: Sequence[Fact], model: Model) -> Iterator[Hint]:
    for fact in basis:
        if (
            isinstance(fact, UnsupportedRelease)
            and model.problem.required_environments
            and not _is_about_python(fact, model)
        ):
            clause = "remove the environment from required-environments, or wait for a compatible release"
            yield Hint.of(clause, changed_question.without_required_environments)
            return


def _apart(basis: Sequence[Fact], model: Model) -> Iterator[Hint]:
    """Yield what to do about groups and extras whose requirements cannot be met together."""
    members: dict[ExtraOrGroup, str] = {}
    is_of_project = False
    for fact in basis:
        if isinstance(fact, RootDependency) and (found := _MEMBER.search(fact.edge.root.origin.key)):
            kind = "extra" if found[1] in ("optional-dependencies", "extras") else "group"
            members[kind, normalize(found[2])] = f'{{ {kind} = "{found[2]}" }}'
        elif isinstance(fact, RootDependency):
            is_of_project = True
    groups = [name for kind, name in members if kind == "group"]
    if is_of_project and len(groups) == len(members) == 1:
        (name,) = groups
        clause = f'lock the group apart: set `lock.{name} = {{ groups = ["{name}"], apart = true }}` in [tool.lockenv]'
        yield Hint.of(clause, changed_question.without_choices([("group", name)]), changed_question.group_alone(name))
    if is_of_project or len(members) < 2:
        return
    # Those in conflict with one of them already may be in conflict with the others for the same reason.
    others = {each: f'{{ {each[0]} = "{each[1]}" }}' for each in _in_conflict(members, model.problem)}
    yield Hint(tuple(map(_never_together, [members, {**others, **members}] if others else [members])), is_choice=True)


def _in_conflict(members: Collection[ExtraOrGroup], problem: Problem) -> list[ExtraOrGroup]:
    """Return the extras and groups that are declared to be in conflict with one of `members`, sorted."""
    return [
        each
        for each in sorted(problem.conflicting.difference(members))
        if any(problem.universe.disjoint(markers.choosing(*each) & markers.choosing(*one)) for one in members)
    ]


def _never_together(members: Mapping[ExtraOrGroup, str]) -> Remedy:
    written = f"conflicts = [[{', '.join(members.values())}]]"
    clause = f"if they are never installed together, set `{written}` in [tool.lockenv]"
    return Remedy(clause, (changed_question.never_together(members),))


def _relaxed(basis: Sequence[Fact], model: Model) -> tuple[Hint, ...]:
    """Return what the user wrote that could be relaxed: what names versions."""
    requested = [fact for fact in basis if isinstance(fact, RequestedVersion)]
    if any(not model.candidates(fact.name).mask(fact.specifier) for fact in requested):
        return ()  # it does not exist, whatever is declared
    written: dict[int, tuple[Rule, str]] = {}
    for fact in basis:
        match fact:
            case RootDependency(edge=edge) if edge.specifier:
                written[id(edge.root)] = edge.root, ""
            case ConstrainedRelease(rule=rule):
                written[id(rule)] = rule, "the constraint "
            case _:
                pass
    return _relaxing(written.values())


def _relaxing(rules: Iterable[tuple[Rule, str]]) -> tuple[Hint, ...]:
    remedies = [
        Remedy(f"{kind}`{rule.requirement}` ({rule.origin})", (changed_question.relaxed(rule),)) for rule, kind in rules
    ]
    return (Hint(tuple(remedies[:_MOST_RELAXED]), "relax"),) if remedies else ()
