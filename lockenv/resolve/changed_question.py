"""The questions that are left when the user changes something: what hints are tried with.

Pure: a Question and what changes go in, the changed Question comes out. Each is what the project would pose after the
change, so that its answer is what the next `lock` would find.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from lockenv.resolve.hint import Question
from lockenv.resolve.problem import Rule, sorted_rules
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lockenv.resolve.problem import ExtraOrGroup, Problem
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import GroupName, NormalizedName

    Change = Callable[[Question], Question]

_NOWHERE = Origin(file="")


def relaxed(rule: Rule) -> Change:
    """Return what drops the versions that a requirement or a constraint of the project names."""
    free = replace(rule, requirement=replace(rule.requirement, specifier=""))

    def change(problem: Problem) -> Problem:
        return replace(
            problem,
            roots=tuple(free if each is rule else each for each in problem.roots),
            constraints=tuple(each for each in problem.constraints if each is not rule),
        )

    return _posing(change)


def without(*rules: Rule) -> Change:
    """Return what has the project no longer require what some of its requirements say."""
    gone = set(map(id, rules))
    return _posing(
        lambda problem: replace(problem, roots=tuple(each for each in problem.roots if id(each) not in gone))
    )


def renamed(rule: Rule, name: NormalizedName) -> Change:
    """Return what has the project require another project in place of one."""
    other = replace(rule, requirement=replace(rule.requirement, name=name))
    return _posing(
        lambda problem: replace(problem, roots=sorted_rules(other if each is rule else each for each in problem.roots))
    )


def required_too(name: NormalizedName, specifier: str) -> Change:
    """Return what has the project require versions of a project, beside what it requires of it."""
    more = Rule(requirement=Requirement(name, (), specifier), where=markers.ALWAYS, origin=_NOWHERE)
    return _posing(lambda problem: replace(problem, roots=sorted_rules((*problem.roots, more))))


def with_prereleases(name: NormalizedName) -> Change:
    """Return what allows prereleases of a project."""

    def change(question: Question) -> Question:
        policy = question.problem.policy
        allowed = replace(policy, prerelease_packages={**policy.prerelease_packages, name: "allow"})
        return Question(replace(question.problem, policy=allowed), question.catalog)

    return change


def without_cutoff(name: NormalizedName | None) -> Change:
    """Return what has no upload time count: of a project, or of none at all."""

    def change(question: Question) -> Question:
        policy = question.problem.policy
        if name is None:
            free = replace(policy, exclude_newer="", exclude_newer_packages={})
        else:
            free = replace(policy, exclude_newer_packages={**policy.exclude_newer_packages, name: ""})
        return Question(replace(question.problem, policy=free), question.catalog.under(free))

    return change


def on_pythons(specifier: str) -> Change:
    """Return what locks for these Pythons alone."""
    return _posing(
        lambda problem: replace(
            _within(problem, problem.universe & markers.python(specifier)), requires_python=specifier
        )
    )


def groups_on_pythons(groups: Iterable[GroupName], specifier: str) -> Change:
    """Return what has groups be for these Pythons alone."""

    def change(problem: Problem) -> Problem:
        known = problem.group_pythons
        narrower = {name: ",".join(filter(None, (known.get(name), specifier))) for name in groups}
        return replace(problem, group_pythons={**known, **narrower})

    return _posing(change)


def without_required_environments(question: Question) -> Question:
    """Return the question in which no environment is required."""
    return Question(replace(question.problem, required_environments=()), question.catalog)


def never_together(members: Iterable[ExtraOrGroup]) -> Change:
    """Return what declares that extras and groups are never installed together."""
    chosen = tuple(members)
    gates = [markers.choosing(*each) for each in chosen]
    pairs = (one & other for number, one in enumerate(gates) for other in gates[:number])
    together = reduce(or_, pairs, markers.NEVER)
    return _posing(
        lambda problem: replace(
            _within(problem, problem.universe & ~together), conflicting=problem.conflicting | frozenset(chosen)
        )
    )


def without_choices(members: Iterable[ExtraOrGroup]) -> Change:
    """Return what leaves out extras and groups, such as a group that is locked apart."""
    gate = reduce(or_, (markers.choosing(*each) for each in members), markers.NEVER)
    return _posing(
        lambda problem: replace(
            _within(problem, problem.universe & ~gate),
            roots=tuple(each for each in problem.roots if not each.where.implies(gate)),
        )
    )


def group_alone(group: str) -> Change:
    """Return what locks a group without the project."""
    gate = markers.choosing("group", group)
    return _posing(
        lambda problem: replace(problem, roots=tuple(each for each in problem.roots if each.where.implies(gate)))
    )


def _within(problem: Problem, universe: Marker) -> Problem:
    parts = tuple(part for each in problem.environments if (part := each & universe) is not markers.NEVER)
    return replace(problem, universe=universe, environments=parts)


def _posing(change: Callable[[Problem], Problem]) -> Change:
    return lambda question: Question(change(question.problem), question.catalog)
