"""What both engines know of releases: masks, coverage, dependencies.

Duty: answer from the catalog, once each, what a release covers and what it requires, overrides applied.
In: a Problem and a Catalog. Out: Candidates, Edges and Markers. Never: a choice between releases, a file, a socket.

Pages are waited for when a project is first asked about; metadata only in `edges` and `metadata`.

Explained in docs/resolver.md, "Masks".
"""

from __future__ import annotations

from lockenv.errors import BugError
from lockenv.resolve.coverage import Coverage
from lockenv.resolve.edges import Edge, RootEdge, edge_of
from lockenv.resolve.prereleases import named_by_project
from lockenv.resolve.problem import lowest_preferred, meant
from lockenv.resolve.resolvelib_types import Need
from lockenv.resolve.version_sets import Candidates, KnownReleases, positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.distribution import Metadata, NeedsBuild, Unusable
from lockenv.vocabulary.progress import SILENT

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from lockenv.resolve.catalog import Catalog
    from lockenv.resolve.problem import Problem, Rule
    from lockenv.resolve.resolvelib_types import Demand
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.names import ExtraName, NormalizedName
    from lockenv.vocabulary.progress import Progress


MOST_DECISIONS = 500_000
"""Of the second engine, in one resolution. A hard one of 300 packages takes some thousands."""


class Model:
    """The releases a resolution may look at. One per resolution; nothing in it depends on a region."""

    def __init__(self, problem: Problem, catalog: Catalog, report: Callable[[str], None] | None = None) -> None:
        self.report = report
        self.problem = problem
        self.catalog = catalog
        self.looked_at = KnownReleases()
        """The releases whose metadata was read."""
        self.unbuilt: dict[tuple[NormalizedName, int], str] = {}
        """The releases that only a build could describe, with the reason: taken as if they required nothing."""
        self.unsupported: dict[tuple[NormalizedName, str], str] = {}
        """Why nothing meets a requirement, by project and specifier; empty where something does (`unsupported`)."""
        self.counted: dict[tuple[NormalizedName, int, object, int], list[tuple[Edge, Marker]]] = {}
        """What releases require, and where it counts (`unsupported.counted_edges`)."""
        self.learned = 0
        """Counts what metadata said otherwise than a page."""
        self.has_faults = False
        """Whether a release was met that requires what can never be met, such as a URL."""
        self.urgent: dict[NormalizedName, None] = {}
        """The projects to decide before others, because release after release did not fit what others had chosen."""
        self.progress: Progress = SILENT
        """Hears which projects the second engine has conflicts over."""
        self.decisions_left = MOST_DECISIONS
        """How many decisions the second engine may still make."""
        self._candidates: dict[NormalizedName, Candidates] = {}
        self._coverage: dict[NormalizedName, Coverage] = {}
        self._edges: dict[tuple[NormalizedName, int], tuple[Edge, ...]] = {}
        self._read_before: dict[tuple[NormalizedName, int], tuple[Edge, ...]] = {}
        """What an earlier search read and this one did not look at yet."""
        self._metadata: dict[tuple[NormalizedName, int], Metadata] = {}
        """What can be used of what was looked at."""
        self.applying: dict[tuple[NormalizedName, int, ExtraName | None], tuple[tuple[Edge, Marker], ...]] = {}
        """What releases require, by the extra that is wanted (`applying_edges`)."""
        self._overrides = _by_name(problem.overrides)
        self._constraints = {
            name: tuple(Edge(name, (), rule.requirement.specifier, rule.where, str(rule.requirement)) for rule in rules)
            for name, rules in _by_name(problem.constraints).items()
        }
        self.must_write = False
        """Whether no region may be divided by what no marker can say."""
        self._only: Container[NormalizedName] | None = None
        """The projects beside which what releases require is left out; None for none."""
        self._early: dict[NormalizedName, Marker] | None = None
        self._constrained: dict[tuple[NormalizedName, Marker], tuple[Need, ...]] = {}
        self.unavailable: Marker = problem.unavailable
        """The installations whose choice of an extra or a group is left out: nothing is required for it there."""
        self.meant: Marker = meant(problem)
        """The environments for whose sake alone a newer version is worth a split."""
        self.means_some: set[Marker] = set()
        """Markers that have an environment of these, as far as it was found out; and what has none."""
        self.lowest: Container[NormalizedName] = lowest_preferred(problem)
        """The projects of which the lowest version that fits is preferred."""

    def again(self, problem: Problem) -> Model:
        """Return a model for the same question with other locked pins, with what this one read.

        What metadata said otherwise than a page is left out: a search that begins with a lock knows it only where it
        looks at the release.
        """
        found = Model(problem, self.catalog, self.report)
        learned = {name for name, coverage in self._coverage.items() if coverage.revision}
        found._candidates = self._candidates
        found._coverage = {name: each for name, each in self._coverage.items() if name not in learned}
        found._read_before = {
            key: each
            for key, each in (self._read_before | self._edges).items()
            if key[0] not in learned and key not in self.unbuilt
        }
        found.unsupported, found.has_faults = self.unsupported, self.has_faults
        return found

    def within(self, names: Container[NormalizedName], catalog: Catalog, report: Callable[[str], None]) -> Model:
        """Return a model for the same question in which releases require nothing but the projects `names`."""
        found = Model(self.problem, catalog, report)
        found._candidates, found._coverage = self._candidates, self._coverage
        found._edges, found._read_before = self._edges, self._read_before
        found.unsupported, found.has_faults, found.unbuilt = self.unsupported, self.has_faults, self.unbuilt
        found.unavailable, found._only = self.unavailable, names
        return found

    def within_words(self, problem: Problem) -> Model:
        """Return a model for the same question in which no region may be divided by what no marker can say."""
        found = self.again(problem)
        found.must_write = True
        return found

    def can_write(self, where: Marker, region: Marker) -> bool:
        """Return whether a lock can say of the environments of a region which of them are in `where`."""
        if markers.cofactor(where, region).negatable:
            return True
        parts = (region & where, region & ~where)
        return all(markers.is_writable(part, self.problem.universe) for part in parts)

    def candidates(self, name: NormalizedName) -> Candidates:
        """Return the releases of `name`; waits for its page the first time."""
        found = self._candidates.get(name)
        if found is None:
            found = self._candidates[name] = Candidates(name, self.catalog.releases(name))
        return found

    def is_known(self, name: NormalizedName) -> bool:
        """Return whether the releases of `name` were asked for, so that no server is waited for."""
        return name in self._candidates

    def coverage(self, name: NormalizedName) -> Coverage:
        """Return where the releases of `name` can be installed."""
        found = self._coverage.get(name)
        if found is None:
            found = self._coverage[name] = Coverage(self.candidates(name), self.problem)
        return found

    def constraining(self, name: NormalizedName, total: Marker) -> tuple[Need, ...]:
        """Return the constraints on `name` as needs, each where it applies within `total`."""
        edges = self._constraints.get(name)
        if edges is None:
            return ()
        found = self._constrained.get((name, total))
        if found is None:
            candidates = self.candidates(name)
            found = self._constrained[name, total] = tuple(
                Need(edge, candidates, total & edge.marker) for edge in edges if not total.disjoint(edge.marker)
            )
        return found

    def admitted(self, name: NormalizedName, demand: Demand, locked: int | None) -> int:
        """Return the releases that fit every need and constraint, and that may be chosen for them.

        `locked` is the position of the old version, which neither a yank nor being a prerelease takes away.
        """
        for need in self.constraining(name, demand.total) if name in self._constraints else ():
            demand = demand.also(need)
        candidates = self.candidates(name)
        mask = demand.mask & (candidates.full if name not in self.problem.requested else self.requested(name))
        if not mask & candidates.unusual:
            return mask
        return self.choosable(name, mask, demand.total, demand.exact if locked is None else demand.exact | 1 << locked)

    def choosable(self, name: NormalizedName, mask: int, total: Marker, exact: int) -> int:
        """Return the releases in `mask` that may be chosen for `total`; `exact` are those that an exact pin names.

        A final release that runs nowhere in `total` is none that satisfies what is required there.
        """
        candidates = self.candidates(name)
        finals = mask & ~candidates.prereleases & (~candidates.yanked | exact)
        early = self.early(name)
        explicit = total is early or (early is not markers.NEVER and total.implies(early))
        if not explicit and finals and mask & candidates.prereleases:
            coverage = self.coverage(name)
            explicit = True
            for each in positions(finals):
                # Nearly always the newest is installed somewhere: that alone is looked at, and only once.
                if not (coverage.honest(each).disjoint(total) and coverage.beyond(each).disjoint(total)):
                    explicit = False
                    break
        return candidates.admitted(mask, explicit=explicit, exact=exact, policy=self.problem.policy.prerelease_of(name))

    def early(self, name: NormalizedName) -> Marker:
        """Return where the project itself names a prerelease of `name`."""
        if self._early is None:
            self._early = {}
            self._early = named_by_project(self.problem, self._stated())
        return self._early.get(name, markers.NEVER)

    def _stated(self) -> Iterator[tuple[NormalizedName, str, Marker]]:
        """Yield what the project and the members of its workspace require."""
        for root in self.roots(self.problem.universe):
            yield root.name, root.specifier, root.marker
        for member in self.problem.members:
            for position in positions(self.candidates(member).full):
                if not self.unusable(member, position):
                    yield from ((edge.name, edge.specifier, edge.marker) for edge in self.edges(member, position))

    def early_apart(self, name: NormalizedName, total: Marker, mask: int) -> Marker | None:
        """Return where prereleases of `name` count like final releases, where that is a part of `total` only.

        None where it is not, or where `mask` has no prerelease: there the region needs no division for it.
        """
        early = self.early(name)
        if early is markers.NEVER or not mask & self.candidates(name).prereleases:
            return None
        if total.disjoint(early) or total.implies(early):
            return None
        return None if self.problem.policy.prerelease_of(name) != "if-necessary-or-explicit" else early

    def reluctant(self, name: NormalizedName, position: int, total: Marker) -> int:
        """Return the final releases of `name` that are to be preferred to a prerelease, wherever they are admitted."""
        candidates = self.candidates(name)
        if not candidates.prereleases >> position & 1 or total.implies(self.early(name)):
            return 0
        is_equal = self.problem.policy.prerelease_of(name) == "allow"
        return 0 if is_equal else candidates.full & ~candidates.prereleases

    def ordered(self, name: NormalizedName, mask: int) -> Iterator[int]:
        """Return the releases of `name` in `mask`, the preferred first: newest, unless the lowest are asked for."""
        return reversed(list(positions(mask))) if name in self.lowest else positions(mask)

    def requested(self, name: NormalizedName) -> int:
        """Return the releases of `name` that the user's request for a version leaves."""
        specifier = self.problem.requested.get(name)
        return self.candidates(name).full if specifier is None else self.candidates(name).mask(specifier)

    def unserved(self, name: NormalizedName, mask: int, total: Marker) -> Marker:
        """Return the part of `total` that no release in `mask` serves.

        There any release is taken despite that (`Coverage.beyond`), the first in order, where only the end of what is
        known of newer Pythons keeps it away, and the driver narrows the universe by it.
        """
        coverage, rest = self.coverage(name), total
        for position in positions(mask):
            rest &= ~coverage.honest(position)
            if rest is markers.NEVER:
                break
        return rest

    def unusable(self, name: NormalizedName, position: int) -> str:
        """Return why the source distribution of a release cannot be used; empty for all others. Waits for it.

        Such a release is not chosen: both engines ask this first.
        """
        key = (name, position)
        if key in self._edges or key in self._metadata or self._took_over(key):
            return ""
        self.looked_at.add(key)
        found = self.catalog.metadata(name, position)
        if isinstance(found, Metadata):
            self._metadata[key] = found
            return ""
        return found.reason if isinstance(found, Unusable) else ""

    def metadata(self, name: NormalizedName, position: int) -> Metadata:
        """Return the metadata of a release that can be used; waits for it.

        A release that only a build could describe is taken as if it required nothing, and is noted in `unbuilt`.
        """
        key = (name, position)
        known = self._metadata.get(key)
        if known is not None:
            return known
        self.looked_at.add(key)
        found, version = self.catalog.metadata(name, position), self.candidates(name).versions[position]
        match found:
            case Metadata():
                self._metadata[key] = found
                return found
            case NeedsBuild(reason=reason):
                self.unbuilt[key] = reason
                return Metadata(name=name, version=version)
            case Unusable():
                raise BugError(f"{name} {version} was chosen although its sdist cannot be used")

    def edges(self, name: NormalizedName, position: int) -> tuple[Edge, ...]:
        """Return what a release requires, in file order, overrides applied; waits for its metadata the first time."""
        key = (name, position)
        found = self._edges.get(key)
        if found is None and self._took_over(key):
            return self.edges(name, position)
        if found is None:
            metadata = self.metadata(name, position)
            if metadata.requires_python:
                coverage = self.coverage(name)
                revision = coverage.revision
                coverage.learn(position, metadata.requires_python)
                self.learned += coverage.revision - revision
            written = [self._declared(name, text) for text in metadata.requires]
            if self._overrides:
                written = [each for edge in written for each in self._overridden(edge)]
            found = self._edges[key] = tuple(written)
            self.has_faults = self.has_faults or any(edge.fault for edge in found)
        return found if self._only is None else tuple(edge for edge in found if edge.fault or edge.name in self._only)

    def _took_over(self, key: tuple[NormalizedName, int]) -> bool:
        """Take over what an earlier search read of a release, as if it was read now; return whether one did.

        What a search looked at decides how it goes on: it must be the same as for one that reads everything itself.
        """
        known = self._read_before.pop(key, None)
        if known is None:
            return False
        self.looked_at.add(key)
        self._edges[key] = known
        return True

    def roots(self, universe: Marker) -> tuple[RootEdge, ...]:
        """Return what the project requires within `universe`, overrides applied, sorted by text."""
        found: list[RootEdge] = []
        for root in self.problem.roots:
            wanted = root.requirement
            where = universe & root.where & ~self.unavailable
            plain = Edge(wanted.name, wanted.extras, wanted.specifier, where, str(wanted))
            found.extend(
                RootEdge(edge.name, edge.extras, edge.specifier, edge.marker, root)
                for edge in self._overridden(plain)
                if edge.marker is not markers.NEVER
            )
        return tuple(found)

    def roots_in(self, env: Marker) -> tuple[RootEdge, ...]:
        """Return `roots(env)` as the search sees them: with every extra and group of the project wanted at once.

        Only those of a declared conflict stay apart, in the markers.
        """
        keep = self.problem.conflicting
        found = []
        for edge in self.roots(env):
            marker = edge.marker.without_extras_and_groups(keep)
            found.append(RootEdge(edge.name, edge.extras, edge.specifier, marker & env, edge.root))
        return tuple(found)

    def _declared(self, name: NormalizedName, text: str) -> Edge:
        """Return the dependency of `name` that `text` writes."""
        edge = edge_of(text)
        if isinstance(edge, str):
            # What is wrong with a release's own text is expressed as a demand on itself that nothing meets.
            return Edge(name, (), "", markers.ALWAYS, text, edge)
        if edge.fault:
            known = self.problem.direct.keys() | self.problem.placed
            if name in known and edge.name in known:
                # Whoever gathered the direct references saw to it that this URL is where the project comes from.
                return Edge(edge.name, edge.extras, edge.specifier, edge.marker, text)
        return edge

    def _overridden(self, edge: Edge) -> tuple[Edge, ...]:
        """Return what replaces `edge`: every override of its name, where both apply, with its own extras."""
        rules = self._overrides.get(edge.name)
        if rules is None:
            return (edge,)
        return tuple(
            Edge(
                edge.name,
                tuple(sorted({*edge.extras, *rule.requirement.extras})),
                rule.requirement.specifier,
                edge.marker & rule.where,
                edge.text,
            )
            for rule in rules
        )


def _by_name(rules: tuple[Rule, ...]) -> dict[NormalizedName, tuple[Rule, ...]]:
    found: dict[NormalizedName, tuple[Rule, ...]] = {}
    for rule in rules:
        found[rule.requirement.name] = (*found.get(rule.requirement.name, ()), rule)
    return found
