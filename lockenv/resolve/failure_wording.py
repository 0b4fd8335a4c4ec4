"""Facts and conclusions in words.

Duty: say one incompatibility as a clause that can follow "because" or "so". In: incompatibilities of one
region. Out: text. Never: more than one line, an order of lines.

Sets of versions are written as runs over the versions that exist. Prereleases and yanked releases, which are rarely
meant, neither break a run nor keep "every version" from being said.

Explained in docs/resolver.md, "Explanations".
"""

from __future__ import annotations

from lockenv.resolve.coverage import python_coverage
from lockenv.resolve.incompatibility import (
    AlternativeDependencies,
    ConstrainedRelease,
    FaultyMetadata,
    InadmissibleRelease,
    Key,
    ReleaseDependency,
    RequestedVersion,
    RootDependency,
    SameRelease,
    UnsupportedRelease,
    UnusableSdist,
)
from lockenv.resolve.machine_names import machine_names
from lockenv.resolve.version_sets import positions
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.direct import shown
from lockenv.vocabulary.light_library import or_, reduce
from lockenv.vocabulary.markers import marker_text
from lockenv.vocabulary.requirement import bounds

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from lockenv.resolve.edges import Edge, RootEdge
    from lockenv.resolve.incompatibility import Fact
    from lockenv.resolve.model import Model
    from lockenv.resolve.version_sets import Candidates
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.markers.variables import Release
    from lockenv.vocabulary.names import NormalizedName

FAILURE: Final = "your requirements cannot be satisfied"
_YOU: Final = "you require "
_EVERY: Final = "every"
_NEEDS_PYTHON: Final = "need{s} Python "
_MOST_RUNS: Final = 5
_MOST_SHOWN: Final = 4


class Subject(NamedTuple):
    """Some releases as the subject of a clause."""

    text: str
    is_plural: bool

    def verb(self, stem: str) -> str:
        """Return the subject with a regular verb."""
        return f"{self.text} {stem}{'' if self.is_plural else 's'}"


def listed(texts: Sequence[str], word: str = "and") -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def release_text(release: Release) -> str:
    """Return a release of Python as one writes it: `3.12`, `3.12.4`."""
    return ".".join(map(str, release if release[2] else release[:2]))


def span_text(low: Release, high: Release | None) -> str:
    """Return the specifier of the Pythons from `low` to below `high`, where there is an end."""
    return f">={release_text(low)}" + (f",<{release_text(high)}" if high else "")


class Wording:
    """How to speak of one region."""

    def __init__(
        self, model: Model, env: Marker, keys: Sequence[Key], full: Sequence[int], absent: Sequence[int]
    ) -> None:
        """`env` is where it holds; `keys` are the projects and extras by number, with all candidates and absence."""
        self._model = model
        self._env = env
        self._keys = keys
        self._full = full
        self._absent = absent

    def fact(self, terms: Mapping[int, int], fact: Fact, beside: Mapping[int, int]) -> str:
        """Return a fact as a clause; of releases that the terms `beside` it leave out it need not speak."""
        match fact:
            case RootDependency(edge=root, where=where):
                return f"{_YOU}{self._wish(root)}{self._when(where)}"
            case ReleaseDependency(parent=parent, edge=edge, where=where):
                return f"{self._asks(terms, parent)} {self._wish(edge)}{self._when(where)}"
            case AlternativeDependencies(unusable=unusable):
                return f"{self.conclusion(terms)}{f' (some cannot be used: {unusable})' if unusable else ''}"
            case UnsupportedRelease(name=name, mask=mask):
                return self._unserved(name, self._spoken_of(name, mask, beside))
            case InadmissibleRelease(name=name, mask=mask):
                return self._inadmissible(name, self._spoken_of(name, mask, beside))
            case ConstrainedRelease(rule=rule, where=where):
                wish = f"{rule.requirement.name}{bounds(rule.requirement.specifier)}"
                return f"your constraints require {wish}{self._when(where)}"
            case RequestedVersion(name=name, specifier=specifier):
                return f"you requested {name}{specifier}{self._absence(name, specifier)}"
            case FaultyMetadata(name=name, edge=edge, where=where):
                return f"{self._fault(name, self._only(terms), edge)}{self._when(where)}"
            case UnusableSdist(name=name, mask=mask, reason=reason):
                return f"{self._subject(Key(name, None), mask).text} cannot be used ({reason})"
            case SameRelease(name=name):
                return f"{name} with an extra is the same release as {name}"

    def both(self, first: Mapping[int, int], fact: Fact, second: Mapping[int, int], other: Fact) -> str:
        """Return two facts as one clause."""
        one, two = self.fact(first, fact, second), self.fact(second, other, first)
        if isinstance(fact, RootDependency) and isinstance(other, RootDependency):
            two = two.removeprefix(_YOU)
            return one if one == f"{_YOU}{two}" else f"{one} and {two}"
        return f"{one} and {two}"

    def conclusion(self, terms: Mapping[int, int]) -> str:
        """Return what follows as a clause."""
        chosen = [
            self._subject(self._keys[number], mask) for number, mask in terms.items() if self._is_positive(number, mask)
        ]
        needed = [
            self._object(self._keys[number], self._full[number] & ~mask)
            for number, mask in terms.items()
            if not self._is_positive(number, mask)
        ]
        if not terms:
            return FAILURE
        if not chosen:
            return f"{listed(needed, 'or')} {'is' if len(needed) == 1 else 'are'} needed"
        subject = Subject(listed([one.text for one in chosen]), len(chosen) > 1 or chosen[0].is_plural)
        if needed:
            return f"{subject.verb('require')} {listed(needed, 'or')}"
        if len(chosen) > 1:
            return f"{subject.text} cannot be used together"
        if subject.text.startswith(_EVERY):
            return f"no{subject.text.removeprefix(_EVERY)} can be used"
        return f"{subject.text} cannot be used"

    def _is_positive(self, number: int, mask: int) -> bool:
        return not mask & self._absent[number]

    def _spoken_of(self, name: NormalizedName, mask: int, beside: Mapping[int, int]) -> int:
        for number, term in beside.items():
            if self._keys[number] == (name, None) and mask & ~term:
                return mask & ~term
        return mask

    def _fault(self, name: NormalizedName, mask: int, edge: Edge) -> str:
        """Return what is wrong with the metadata of releases."""
        subject = self._subject(Key(name, None), mask)
        clause, _, aside = edge.fault.partition(", which ")
        predicate = clause.removeprefix("requires ")
        return f"{subject.verb('require')} {predicate}{f' (which {aside})' if aside else ''}"

    @staticmethod
    def _only(terms: Mapping[int, int]) -> int:
        return next(iter(terms.values()))

    def _asks(self, terms: Mapping[int, int], parent: Key) -> str:
        for number, mask in terms.items():
            if self._keys[number] == parent and self._is_positive(number, mask):
                return self._subject(parent, mask).verb("require")
        return f"{_label(parent)} requires"

    def _wish(self, edge: Edge | RootEdge) -> str:
        """Return what is required, and what exists where that does not."""
        name, model = edge.name, self._model
        extras = f"[{','.join(edge.extras)}]" if edge.extras else ""
        text = f"{name}{extras}{bounds(edge.specifier)}"
        if any(rule.requirement.name == name for rule in model.problem.overrides):
            text += " (by your override)"
        return text + self._absence(name, edge.specifier)

    def _absence(self, name: NormalizedName, specifier: str) -> str:
        """Return in parentheses what exists of `name` where no release is what `specifier` admits; else empty."""
        candidates, policy = self._model.candidates(name), self._model.problem.policy
        if not candidates.is_known:
            source, *others = self._model.catalog.unasked(name) or ("",)
            where = f"the index {source}" if source else "any index that was asked" if others else "any index"
            return f" (not found on {where})"
        if candidates.mask(specifier):
            return ""
        cutoff = policy.cutoff_of(name)
        missing = f"of which no file was uploaded before {cutoff}" if cutoff else "which does not exist"
        if not cutoff and policy.never_builds(name):
            if not candidates.versions:
                return " (of which no release has a wheel, and none may be built)"
            missing = "which does not exist, or has no wheel and may not be built"
        elif not cutoff and not candidates.versions and {name, "*"}.intersection(policy.no_binary):
            return " (of which no release has an sdist, and wheels may not be used)"
        if cutoff and candidates.untimed:
            missing = f"without an upload time on the index, so exclude-newer ({cutoff}) excludes it"
            if not candidates.versions:
                return f" ({missing})"
        return f" ({missing}; {self._existing(candidates)})"

    def _existing(self, candidates: Candidates) -> str:
        versions = candidates.versions
        if not versions:
            index = candidates.releases.index if candidates.releases is not None else ""
            return f"its page on {index} has no usable file" if index else "there are no releases"
        shown = list(versions[:_MOST_SHOWN])
        rest = len(versions) - len(shown)
        return f"available: {listed([*shown, f'{rest} more'] if rest else shown)}"

    def _when(self, where: Marker) -> str:
        return "" if where is self._env else f" when {marker_text(where, assuming=self._env)}"

    def _unserved(self, name: NormalizedName, mask: int) -> str:
        """Return what keeps releases from the region; where that differs, what keeps the newest of them.

        Of the Pythons that they need, the oldest release says most: newer ones usually need a newer Python.
        """
        key = Key(name, None)
        reasons = {self._reason(name, position): position for position in reversed(list(positions(mask)))}
        # Of prereleases that others do not speak of, nothing is said either.
        subject = self._subject(key, mask, exact=mask != self._model.candidates(name).full)
        if len(reasons) == 1:
            return self._because(subject, next(iter(reasons)))
        is_of_python = all(reason.startswith(_NEEDS_PYTHON) for reason in reasons)
        shown_one = list(positions(mask))[-1 if is_of_python else 0]
        why = self._because(self._subject(key, 1 << shown_one), self._reason(name, shown_one))
        if subject.text.startswith(_EVERY):
            return f"no{subject.text.removeprefix(_EVERY)} runs here ({why})"
        return f"{subject.text} {'do' if subject.is_plural else 'does'} not run here ({why})"

    @staticmethod
    def _because(subject: Subject, reason: str) -> str:
        words = ("", "have", "are") if subject.is_plural else ("s", "has", "is")
        return f"{subject.text} {reason.format(s=words[0], have=words[1], are=words[2])}"

    def _reason(self, name: NormalizedName, position: int) -> str:
        coverage, env = self._model.coverage(name), self._env
        python, releases = coverage.requires_python(position), self._model.candidates(name).releases
        placed = releases.placed(position) if releases is not None else None
        if placed is not None and placed.where.disjoint(env):
            source = shown(placed.direct) if placed.direct is not None else placed.index
            return f"{{are}} from {source}, which is not the source of {name} there"
        if python_coverage(python).admitted.disjoint(env):
            return f"{_NEEDS_PYTHON}{python}"
        if coverage.lacks_wheel(position, env):
            return f"{{have}} no wheel for {_pythons(env)}"
        if not coverage.files(position).machines.disjoint(env):
            newer, why, is_declared = coverage.limit(position, env)
            needs = f"needs Python {coverage.requires_python(newer)}" if is_declared else why
            return f"{{are}} older than {name} {self._model.candidates(name).versions[newer]}, which {needs}"
        if not coverage.machines(position).disjoint(env):
            return f"{{have}} no wheel for {_pythons(env)}"
        required = [env & one for one in self._model.problem.required_environments if not one.disjoint(env)]
        return f"{{have}} no wheel for {machine_names(reduce(or_, required) if required else env)}"

    def _inadmissible(self, name: NormalizedName, mask: int) -> str:
        candidates, key = self._model.candidates(name), Key(name, None)
        yanked = mask & candidates.yanked
        early = mask & ~yanked
        parts = []
        if yanked:
            subject = self._subject(key, yanked, exact=True)
            parts.append(f"{subject.text} {'are' if subject.is_plural else 'is'} yanked")
        if early:
            subject = self._subject(key, early, exact=True)
            parts.append(f"{subject.text} {'are prereleases' if subject.is_plural else 'is a prerelease'}")
        return listed(parts)

    def _ordinary(self, candidates: Candidates) -> int:
        return candidates.full & ~candidates.prereleases & ~candidates.yanked

    def _subject(self, key: Key, mask: int, *, exact: bool = False) -> Subject:
        """Return releases as a subject."""
        candidates = self._model.candidates(key.name)
        relevant = candidates.full if exact else self._ordinary(candidates) | mask & candidates.full
        if not relevant & ~mask and len(candidates.versions) > 1:
            return Subject(f"{_EVERY} version of {_label(key)}", False)
        runs = _runs(mask, relevant, candidates.versions)
        is_plural = len(runs) > 1 or " " in runs[0]
        return Subject(f"{_label(key)} {listed(runs)}", is_plural)

    def _object(self, key: Key, mask: int) -> str:
        """Return releases as what is required."""
        candidates = self._model.candidates(key.name)
        relevant = self._ordinary(candidates) | mask
        if not relevant & ~mask:
            return _label(key)
        runs = [run.replace(" and ", " or ") for run in _runs(mask, relevant, candidates.versions)]
        return f"{_label(key)} {listed(runs, 'or')}"


def _pythons(where: Marker) -> str:
    """Return the name of the Pythons of a region."""
    spans = where.python_range()
    (low, _), (_, high) = spans[0], spans[-1]
    first = f"Python {release_text(low)}"
    if high is None:
        return f"{first} and later"
    if not any(low):
        return f"Python before {release_text(high)}"
    if not any(high[1:]):
        return f"{first} and later, before {release_text(high)}"
    return first if high <= (low[0], low[1] + 1, 0) else f"{first} to {high[0]}.{high[1] if high[2] else high[1] - 1}"


def _label(key: Key) -> str:
    return key.name if key.extra is None else f"{key.name}[{key.extra}]"


def _runs(mask: int, relevant: int, versions: Sequence[str]) -> list[str]:
    """Return the runs of `mask` within `relevant`, oldest first."""
    order = list(positions(relevant))
    found: list[list[int]] = []
    is_going_on = False
    for place, position in enumerate(order):
        if mask >> position & 1:
            if is_going_on:
                found[-1][1] = place
            else:
                found.append([place, place])
        is_going_on = bool(mask >> position & 1)
    texts = [_run(start, end, order, versions) for start, end in reversed(found)]
    if len(texts) > _MOST_RUNS:
        hidden = len(texts) - _MOST_RUNS + 1
        texts = [*texts[:2], f"{hidden} more ranges", *texts[2 + hidden :]]
    return texts


def _run(start: int, end: int, order: Sequence[int], versions: Sequence[str]) -> str:
    newest, oldest = versions[order[start]], versions[order[end]]
    if start == end:
        return newest
    if start == 0:
        return f"{oldest} and newer"
    if end == len(order) - 1:
        return f"{newest} and older"
    if end == start + 1:
        return f"{oldest} and {newest}"
    return f"{oldest} to {newest}"
