"""Where a release can be installed: its Requires-Python, and its files.

Duty: return, per release of one project, the environments it serves. In: Candidates and the Problem. Out: Markers.
Never: metadata, a choice.

A release without an sdist serves the Pythons that its wheels are for. A required environment is a kind of machine: each
of its Pythons needs a wheel that fits it there. Elsewhere a wheel for any usual machine counts.

An upper bound of Requires-Python (a cap) is honoured for what it says, and for what it means: an older release without
the cap does not serve the Pythons that a newer release excludes by its cap, or the search would dig up releases that
never heard of that Python. So is a patch release of Python that is excluded by itself (`!=3.14.1`). The newest Python
that the wheels of a release are for is such a cap, too; an older release whose wheels name a newer Python is not kept
out by it. Releases that the user's own requirements rule out do not count. Where the project states on
which Pythons a release runs, no other release is asked.

Explained in docs/resolver.md, "Coverage".
"""

from __future__ import annotations

from lockenv.resolve.version_sets import positions
from lockenv.vocabulary import markers
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.direct import Archive
from lockenv.vocabulary.light_library import cache
from lockenv.vocabulary.manifest import statement
from lockenv.vocabulary.patterns import lazy_pattern
from lockenv.vocabulary.wheeltags import covered_by, served_pythons

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Final

    from lockenv.resolve.problem import Problem
    from lockenv.resolve.version_sets import Candidates
    from lockenv.vocabulary.markers import Marker

_PYTHON_4: Final = (4, 0, 0)
"""No such Python exists: a cap from there on excludes nothing, and a lock promises nothing about it."""


class Files(NamedTuple):
    """Where the files of a release can be installed."""

    machines: Marker
    """All but the required environments that none of its files serves; NEVER where no file serves the universe."""
    fit: Marker
    """Where the Python is one that a file is for."""
    over: Marker
    """The Pythons above all that a file is for."""


_ANYWHERE: Final = Files(markers.ALWAYS, markers.ALWAYS, markers.NEVER)


def _from(release: tuple[int, int, int]) -> Marker:
    return markers.python(">={}.{}.{}".format(*release))


class Pythons(NamedTuple):
    """What a Requires-Python says."""

    admitted: Marker
    over: Marker
    """Those above all that are admitted, which its cap excludes."""
    holes: Marker
    """The patch releases that it excludes one by one."""


class Limit(NamedTuple):
    """Which release keeps another out of an environment, and how."""

    position: int
    why: str
    """A verb phrase, such as `needs <3.14`."""
    is_declared: bool
    """Whether its Requires-Python says so."""

    @property
    def is_wheel(self) -> bool:
        """Whether a wheel is missing."""
        return self.why == NO_WHEEL


NO_WHEEL: Final = "has no wheel there"
_HOLE: Final = lazy_pattern(r"\s*!=\s*([0-9]+\.[0-9]+\.[0-9]+)\s*")


@cache
def python_coverage(requires_python: str) -> Pythons:
    """Return what `requires_python` says.

    A text that is no specifier restricts nothing, as in every installer.
    """
    try:
        admitted = markers.python(requires_python)
    except ValueError:
        return Pythons(markers.ALWAYS, markers.NEVER, markers.NEVER)
    over, holes = _above(admitted), markers.NEVER
    for clause in requires_python.split(","):
        if found := _HOLE.fullmatch(clause):
            holes |= markers.python(f"=={found[1]}")
    if over is markers.NEVER or not over.implies(_from(_PYTHON_4)):
        return Pythons(admitted, over, holes & ~over)
    return Pythons(admitted | over, markers.NEVER, holes)


def _above(pythons: Marker) -> Marker:
    """Return the Pythons above all of `pythons`; NEVER where those have no end."""
    ranges = pythons.python_range()
    end = ranges[-1][1] if ranges else None
    return markers.NEVER if end is None else _from(end)


class Coverage:
    """Where each release of one project can be installed."""

    __slots__ = (
        "_beyond",
        "_candidates",
        "_capped",
        "_elsewhere",
        "_files",
        "_honest",
        "_learned",
        "_problem",
        "_public",
        "_speakers",
        "revision",
    )

    def __init__(self, candidates: Candidates, problem: Problem) -> None:
        self._candidates = candidates
        self._problem = problem
        self._learned: dict[int, str] = {}
        self._capped: list[tuple[Marker, Marker]] = [(markers.NEVER, markers.NEVER)]
        self._honest: dict[int, Marker] = {}
        self._beyond: dict[int, Marker] = {}
        self._files: dict[int, Files] = {}
        self._elsewhere: dict[tuple[int, int], Marker] = {}
        self._public: dict[int, int] | None = None
        self._speakers: tuple[tuple[int, Marker], ...] | None = None
        self.revision = 0
        """Counts what metadata said otherwise than the page."""

    def learn(self, position: int, requires_python: str) -> None:
        """Take the Requires-Python of a release's metadata, of which the page may say something else or nothing."""
        if python_coverage(requires_python) != python_coverage(self.requires_python(position)):
            self._learned[position] = requires_python
            self._capped = [(markers.NEVER, markers.NEVER)]
            self._honest.clear()
            self._beyond.clear()
            self._elsewhere.clear()
            self.revision += 1

    def requires_python(self, position: int) -> str:
        """Return the Requires-Python of a release, as far as it is known."""
        releases = self._candidates.releases
        if position in self._learned or releases is None:
            return self._learned.get(position, "")
        return releases.requires_python(position)

    def honest(self, position: int) -> Marker:
        """Return where a release can be installed, the caps of newer releases honoured."""
        found = self._honest.get(position)
        if found is None:
            machines, fit, over = self.files(position)
            declared, unheard = self._kept_out(position)
            if over is not markers.NEVER:
                # Its wheels name the Pythons that they are for: it has heard of them.
                unheard &= ~fit
            own = python_coverage(self.requires_python(position)).admitted & machines & fit & self.source(position)
            found = self._honest[position] = own & ~declared & ~unheard
        return found

    def declared_against(self, position: int) -> Marker:
        """Return the Pythons that Requires-Python excludes, that of the release or of one that is newer."""
        return ~python_coverage(self.requires_python(position)).admitted | self._kept_out(position)[0]

    def beyond(self, position: int) -> Marker:
        """Return where a release may be taken if none serves: the universe is narrowed by what keeps it away.

        That is above the Pythons that its wheels, or those of a newer release, are for; where the range of Pythons is
        open-ended, above the caps too.
        """
        found = self._beyond.get(position)
        if found is None:
            found = self._beyond[position] = self._taken(position)
        return found

    def _taken(self, position: int) -> Marker:
        admitted, over, holes = python_coverage(self.requires_python(position))
        machines, fit, unfit = self.files(position)
        admitted |= holes
        if self._problem.is_open_ended:
            admitted |= over
        else:
            admitted &= ~self._kept_out(position)[0] | self.holes(position)
        return admitted & machines & (fit | unfit) & self.source(position)

    def holes(self, position: int) -> Marker:
        """Return the patch releases of Python that a release, or one newer than it, excludes one by one."""
        found = python_coverage(self.requires_python(position)).holes
        for newer in positions(((1 << position) - 1) & ~self._silent()):
            found |= self._spoken(newer, python_coverage(self.requires_python(newer)).holes)
        return found

    def elsewhere(self, position: int, among: int) -> Marker:
        """Return where another build of the same version in `among` has a wheel for the machine, and this one none.

        PEP 440, local version identifiers: `2.6.0+cpu` and `2.6.0` are builds of one version. An index may have the one
        for Linux and Windows, and the other for macOS: each is preferred where it has a file.
        """
        others = self._builds().get(position, 0) & among & ~(1 << position)
        if not others or self.files(position) is _ANYWHERE:
            return markers.NEVER
        found = self._elsewhere.get((position, others))
        if found is None:
            found = markers.NEVER
            for other in positions(others):
                found |= self.machines(other) & self.honest(other)
            found = self._elsewhere[position, others] = found & ~self.machines(position)
        return found

    def _builds(self) -> dict[int, int]:
        """Return the builds of the same public version, for each release that has others."""
        if self._public is None:
            masks: dict[str, int] = {}
            versions = self._candidates.versions
            is_plain = "+" not in "\n".join(versions)
            publics = [] if is_plain else [version.partition("+")[0] for version in versions]
            for position, public in enumerate(publics):
                masks[public] = masks.get(public, 0) | 1 << position
            self._public = {at: masks[public] for at, public in enumerate(publics) if masks[public].bit_count() > 1}
        return self._public

    def machines(self, position: int) -> Marker:
        """Return the machines for which a release has a file, whatever their Python, where it counts at all."""
        return self.wheels(position).without(("python_full_version", "implementation_name", "implementation_version"))

    def source(self, position: int) -> Marker:
        """Return where the project comes from the source that the release is from."""
        releases = self._candidates.releases
        placed = releases.placed(position) if releases is not None else None
        return markers.ALWAYS if placed is None else placed.where

    def wheels(self, position: int) -> Marker:
        """Return the environments for which a release has a file, as exactly as markers describe them."""
        if self.files(position) is _ANYWHERE:
            return self.source(position)
        releases = self._candidates.releases
        if releases is None:
            return markers.NEVER

        return covered_by(wheel.filename for wheel in releases.wheels(position)) & self.source(position)

    def lacks_wheel(self, position: int, where: Marker) -> bool:
        """Return whether nothing but a wheel for these Pythons is missing for a release to be installed in `where`."""
        machines, fit, _ = self.files(position)
        served = where & python_coverage(self.requires_python(position)).admitted & machines & self.source(position)
        return served is not markers.NEVER and served.disjoint(fit)

    def limit(self, position: int, where: Marker) -> Limit:
        """Return the release that keeps `position` out of `where`: itself, or else the newest one that does."""
        among = (position, *range(position))
        for each in among:
            if not (self._own(each) if each == position else self._declared(each)).disjoint(where):
                return Limit(each, f"needs {','.join(_against(self.requires_python(each), where))}", True)
        for each in among:
            over = self.files(each).over if each == position else self._unheard(each)
            if not over.disjoint(where):
                return Limit(each, NO_WHEEL, False)
        return Limit(position, "does not run there", False)

    def _kept_out(self, position: int) -> tuple[Marker, Marker]:
        """Return what `_capped_above` does; no caps for a release of which the project states its Pythons itself."""
        declared, unheard = self._capped_above(position)
        if self._problem.stated:
            one = statement(self._problem.stated, self._candidates.name, self._candidates.versions[position])
            if one is not None and one.requires_python:
                declared = markers.NEVER
        return declared, unheard

    def _capped_above(self, position: int) -> tuple[Marker, Marker]:
        """Return the Pythons that the caps of the releases newer than `position` exclude, and those above wheels."""
        known = self._capped
        while len(known) <= position:
            newer = len(known) - 1
            declared, unheard = known[-1]
            known.append((declared | self._declared(newer), unheard | self._unheard(newer)))
        return known[position]

    def _declared(self, position: int) -> Marker:
        if self._silent() >> position & 1:
            return markers.NEVER
        _, over, holes = python_coverage(self.requires_python(position))
        # Where nothing is asked for but a hole, no neighbour of it wants another version.
        return self._spoken(position, over if self._problem.universe.implies(holes) else over | holes)

    def _silent(self) -> int:
        """Return the releases that count against no other one: what is said of their files is not even read."""
        candidates = self._candidates
        is_equal = self._problem.policy.prerelease_of(candidates.name) == "allow"
        return candidates.yanked if is_equal else candidates.unusual

    def _own(self, position: int) -> Marker:
        _, over, holes = python_coverage(self.requires_python(position))
        return over | holes

    def _unheard(self, position: int) -> Marker:
        return markers.NEVER if self._silent() >> position & 1 else self._spoken(position, self.files(position).over)

    def _spoken(self, position: int, over: Marker) -> Marker:
        """Return the part of `over` in which a release that is not silent counts against older ones."""
        if over is markers.NEVER:
            return over
        for mask, where in self._ruled():
            if not mask >> position & 1:
                over &= ~where
        # What one source has says nothing of the environments that another serves.
        return over & self.source(position)

    def _ruled(self) -> tuple[tuple[int, Marker], ...]:
        """Return what the user's own requirements on the project admit, and where."""
        if self._speakers is None:
            problem, name = self._problem, self._candidates.name
            ruled = [
                (self._candidates.mask(rule.requirement.specifier), rule.where)
                for rule in (*problem.roots, *problem.constraints, *problem.overrides)
                if rule.requirement.name == name
            ]
            if name in problem.requested:
                ruled.append((self._candidates.mask(problem.requested[name]), markers.ALWAYS))
            self._speakers = tuple(
                (mask, where.without_extras_and_groups(problem.conflicting)) for mask, where in ruled
            )
        return self._speakers

    def files(self, position: int) -> Files:
        """Return where the files of a release can be installed; anywhere where one of them is built."""
        found = self._files.get(position)
        if found is None:
            found = self._files[position] = self._where_files_are(position)
        return found

    def _where_files_are(self, position: int) -> Files:
        releases = self._candidates.releases
        if releases is None or releases.sdist(position) is not None:
            return _ANYWHERE
        placed = releases.placed(position)
        direct = placed.direct if placed is not None else self._problem.direct.get(self._candidates.name)
        if direct is not None and not (isinstance(direct, Archive) and direct.is_wheel):
            return _ANYWHERE
        served, problem = covered_by(wheel.filename for wheel in releases.wheels(position)), self._problem
        return _files_of(served, problem.universe, problem.required_environments)


@cache
def _files_of(served: Marker, universe: Marker, required: tuple[Marker, ...]) -> Files:
    """Return where wheels that fit the environments in `served` can be installed."""
    machines = markers.NEVER if served.disjoint(universe) else markers.ALWAYS
    fit = served_pythons(served, universe)
    over = _above(fit)
    for environment in required:
        if served.disjoint(environment & universe):
            machines &= ~environment
            continue
        here = served_pythons(served, environment & universe)
        fit &= ~environment | here
        over |= environment & _above(here)
    return Files(machines, fit, over)


def _against(requires_python: str, where: Marker) -> list[str]:
    """Return the clauses that exclude some of `where`."""
    clauses = [clause.strip() for clause in requires_python.split(",")]
    return [clause for clause in clauses if not where.implies(markers.python(clause))]
