"""Where the project itself names a prerelease, so that prereleases of that project count like final releases there.

Duty: read that from what the user wrote. In: the Problem, and what it states. Out: Markers.
Never: what releases require of each other.

PEP 440 ("Handling of pre-releases") admits prereleases where a specifier names one, or where nothing else satisfies.
Who counts as naming one is a rule of ours: the project, its workspace members, its constraints, its overrides and a
request for a version, each where it applies. What a dependency names counts only where no final release satisfies all
requirements. Otherwise the choice would depend on which release was looked at first.

Explained in docs/resolver.md, "Masks".
"""

from __future__ import annotations

from lockenv.vocabulary import markers
from lockenv.vocabulary.pep440 import names_prerelease

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import NormalizedName

    Stated = tuple[NormalizedName, str, Marker]
    """What a requirement says: project, specifier and where it applies."""


def named_by_project(problem: Problem, required: Iterable[Stated]) -> dict[NormalizedName, Marker]:
    """Return where the project names a prerelease, by the project that it names one of; never for all others.

    `required` is what the project and its members require, overrides applied. Extras and groups count as chosen, as
    everywhere in the search, but for those of a declared conflict.
    """
    stated = [*required, *((name, specifier, markers.ALWAYS) for name, specifier in problem.requested.items())]
    rules = (*problem.constraints, *problem.overrides)
    stated += [(rule.requirement.name, rule.requirement.specifier, rule.where) for rule in rules]
    found: dict[NormalizedName, Marker] = {}
    for name, specifier, where in stated:
        if names_prerelease(specifier):
            here = where.without_extras_and_groups(problem.conflicting) & problem.universe
            found[name] = found.get(name, markers.NEVER) | here
    return found
