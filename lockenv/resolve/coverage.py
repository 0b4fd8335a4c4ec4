"""Where a release can be installed: its Requires-Python, and its files for the environments that must have one.

Duty: give, per release of one project, the environments it serves. In: Candidates and the Problem. Out: Markers.
Never: metadata, a choice.

An upper bound of Requires-Python (a cap) is honoured for what it says, and for what it means: an older release without
the cap does not serve the Pythons that a newer release excludes by its cap, or the search would dig up releases that
never heard of that Python. Releases that the user's own requirements rule out do not speak in this.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from lockenv.vocabulary import markers
from lockenv.vocabulary.direct import Archive

if TYPE_CHECKING:
    from lockenv.resolve.masks import Candidates
    from lockenv.resolve.problem import Problem
    from lockenv.vocabulary.markers import Marker

_PYTHON_4: Final = (4, 0, 0)
"""No such Python exists: a cap from there on excludes nothing, and a lock promises nothing about it."""


def _from(release: tuple[int, int, int]) -> Marker:
    return markers.python(">={}.{}.{}".format(*release))


@cache
def python_coverage(requires_python: str) -> tuple[Marker, Marker]:
    """Give the Pythons that `requires_python` admits, and those above them all that its cap excludes.

    A text that is no specifier restricts nothing, as in every installer.
    """
    try:
        admitted = markers.python(requires_python) if requires_python else markers.ALWAYS
    except ValueError:
        admitted = markers.ALWAYS
    ranges = admitted.python_range()
    end = ranges[-1][1] if ranges else None
    if end is None:
        return admitted, markers.NEVER
    if end >= _PYTHON_4:
        return admitted | _from(end), markers.NEVER
    return admitted, _from(end)


class Coverage:
    """Where each release of one project can be installed."""

    __slots__ = ("_candidates", "_capped", "_honest", "_learned", "_problem", "_speakers", "_wheels", "revision")

    def __init__(self, candidates: Candidates, problem: Problem) -> None:
        self._candidates = candidates
        self._problem = problem
        self._learned: dict[int, str] = {}
        self._capped: list[Marker] = [markers.NEVER]
        self._honest: dict[int, Marker] = {}
        self._wheels: dict[int, Marker] = {}
        self._speakers: tuple[tuple[int, Marker], ...] | None = None
        self.revision = 0
        """Counts what metadata said otherwise than the page."""

    def learn(self, position: int, requires_python: str) -> None:
        """Take the Requires-Python of a release's metadata, which the page may have told otherwise or not at all."""
        if python_coverage(requires_python) != python_coverage(self.requires_python(position)):
            self._learned[position] = requires_python
            self._capped = [markers.NEVER]
            self._honest.clear()
            self.revision += 1

    def requires_python(self, position: int) -> str:
        """Give the Requires-Python of a release, as far as it is known."""
        releases = self._candidates.releases
        if position in self._learned or releases is None:
            return self._learned.get(position, "")
        return releases.requires_python(position)

    def honest(self, position: int) -> Marker:
        """Give where a release can be installed, the caps of newer releases honoured."""
        found = self._honest.get(position)
        if found is None:
            own = python_coverage(self.requires_python(position))[0] & self._files(position)
            found = self._honest[position] = own & ~self._capped_above(position)
        return found

    def beyond(self, position: int) -> Marker:
        """Give where a release could be installed if no cap, its own or a newer release's, spoke against it."""
        admitted, over = python_coverage(self.requires_python(position))
        return (admitted | over) & self._files(position)

    def cap(self, position: int, where: Marker) -> int:
        """Give the release whose cap keeps `position` out of `where`: itself, or else the newest one."""
        if not python_coverage(self.requires_python(position))[1].disjoint(where):
            return position
        for newer in range(position):
            if not self._spoken(newer).disjoint(where):
                return newer
        return position

    def _capped_above(self, position: int) -> Marker:
        """Give the Pythons that the caps of the releases newer than `position` exclude."""
        known = self._capped
        while len(known) <= position:
            known.append(known[-1] | self._spoken(len(known) - 1))
        return known[position]

    def _spoken(self, position: int) -> Marker:
        over = python_coverage(self.requires_python(position))[1]
        if over is markers.NEVER:
            return over
        candidates = self._candidates
        silent = (
            candidates.yanked
            if self._problem.policy.prerelease_of(candidates.name) == "allow"
            else (candidates.yanked | candidates.prereleases)
        )
        if silent >> position & 1:
            return markers.NEVER
        for mask, where in self._ruled():
            if not mask >> position & 1:
                over &= ~where
        return over

    def _ruled(self) -> tuple[tuple[int, Marker], ...]:
        """Give what the user's own requirements on the project admit, and where."""
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

    def _files(self, position: int) -> Marker:
        """Give everything but the required environments for which a release has no file.

        A release whose files serve no environment of the universe is good for nothing.
        """
        releases = self._candidates.releases
        if releases is None or releases.sdist(position) is not None:
            return markers.ALWAYS
        direct = self._problem.direct.get(self._candidates.name)
        if direct is not None and not (isinstance(direct, Archive) and direct.is_wheel):
            return markers.ALWAYS
        found = self._wheels.get(position)
        if found is None:
            from lockenv.vocabulary.wheeltags import wheel_marker

            served = markers.NEVER
            for wheel in releases.wheels(position):
                served |= wheel_marker(wheel.filename)
            found = markers.NEVER if served.disjoint(self._problem.universe) else markers.ALWAYS
            for environment in self._problem.required_environments:
                # A required environment is a kind of machine: one wheel for some Python of it is a file for it.
                if served.disjoint(environment & self._problem.universe):
                    found &= ~environment
            self._wheels[position] = found
        return found
