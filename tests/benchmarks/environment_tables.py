"""Write as tables whose versions are newer in each environment, and why lockenv's are not where they are not.

Pure: takes what both tools locked of each project, returns lines of Markdown.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tests.benchmarks.project_tables import UNWANTED
from tests.benchmarks.reasons import Locks, Reasons
from tests.benchmarks.versions import PYTHONS, SYSTEMS, Compared, Difference, compare, environments, selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NO_REASON = "no reason found"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A project as both tools locked it."""

    name: str
    locks: Locks | None
    """None where one of the tools found no lock."""
    failed: tuple[str, ...]
    """The tools that found none, sorted."""
    said: str
    """What lockenv printed."""
    stated: Mapping[str, str]
    """Reasons that a person found, by package."""

    @cached_property
    def explained(self) -> tuple[tuple[Difference, str], ...]:
        """Each version that is lower than uv's, or missing, with the reason."""
        if self.locks is None:
            return ()
        return tuple((one, self._reason(one)) for one in self._compared.differences if one.kind in UNWANTED)

    @cached_property
    def uncovered(self) -> tuple[tuple[Difference, str], ...]:
        """The environments that lockenv left out and uv did not, as one Difference without a name, with the reason."""
        if self.locks is None:
            return ()
        places = self._compared.uncovered
        notes = re.findall(r"^note: (.*(?:is|are) not covered: .*)$", self.said, re.MULTILINE)
        reason = "; ".join(notes) or self.stated.get("not covered", NO_REASON)
        return ((Difference(name="", ours="", theirs="", places=places), reason),) if places else ()

    @property
    def is_explained(self) -> bool:
        """Whether everything that is worse than with uv has a reason."""
        reasons = {reason for _, reason in (*self.explained, *self.uncovered)}
        return NO_REASON not in reasons and self.failed != ("lockenv",)

    def counted(self) -> Iterator[tuple[tuple[str, str], Counter[str]]]:
        """Yield each environment that both cover, with the number of versions that are the same, newer and so on."""
        if self.locks is None:
            return
        kinds: dict[tuple[str, str], Counter[str]] = {}
        for one in self._compared.differences:
            for place in one.places:
                kinds.setdefault(place, Counter())[one.kind] += 1
        for environment in environments(self._span):
            ours, theirs = (selected(lock, environment) for lock in (self.locks.ours, self.locks.theirs))
            if ours is not None and theirs is not None:
                place = (environment.system, environment.python)
                count = kinds.get(place, Counter())
                same = len(ours) - count["higher"] - count["lower"] - count["extra"]
                count.update(same=same, projects=1)
                yield place, count

    @cached_property
    def _compared(self) -> Compared:
        if self.locks is None:
            return Compared(differences=(), uncovered=())
        return compare(self.locks.ours, self.locks.theirs, self._span)

    @cached_property
    def _reasons(self) -> dict[tuple[str, str], Reasons]:
        """The reasons in each environment, as far as they were asked for."""
        return {}

    @property
    def _span(self) -> str:
        return str(self.locks.ours["requires-python"]) if self.locks else ""

    def _reason(self, one: Difference) -> str:
        if self.locks is None:
            return ""
        for each in environments(self._span):
            place = (each.system, each.python)
            if place in one.places and place not in self._reasons:
                self._reasons[place] = Reasons(self.locks, each)
        stated = self.stated.get(one.name, NO_REASON)
        reasons = [self._reasons[place].of(one.name) or stated for place in one.places]
        return "; ".join(dict.fromkeys(reasons))


def tables(projects: Iterable[Found]) -> Iterator[str]:
    """Yield the lines of all tables: by environment, what is worse, what is not covered, and what was not locked."""
    found = list(projects)
    yield from _by_environment(found)
    yield from ("", "| project | package | lockenv | uv | where | why |", "|---|---|---|---|---|---|")
    for project in found:
        for one, reason in project.explained:
            yield f"| {project.name} | {one.name} | {one.ours or '-'} | {one.theirs} | {one.where} | {reason} |"
    yield from ("", "| project | not covered | what `lock` reports |", "|---|---|---|")
    for project in found:
        for one, reason in project.uncovered:
            yield f"| {project.name} | {one.where} | {reason} |"
    failed = [f"{project.name} ({', '.join(project.failed)})" for project in found if project.failed]
    yield from ("", f"Not locked: {', '.join(failed) or 'none'}.")


def _by_environment(found: Iterable[Found]) -> Iterator[str]:
    """Yield a row for each Python: in each cell the versions that are the same, better and worse than with uv."""
    total: dict[tuple[str, str], Counter[str]] = {}
    for project in found:
        for place, count in project.counted():
            total.setdefault(place, Counter()).update(count)
    systems = [system for system, *_ in SYSTEMS]
    yield f"| Python | {' | '.join(systems)} |"
    yield f"|---|{'---|' * len(systems)}"
    for python in (text.rpartition(".")[0] for text in PYTHONS):
        counts = [total.get((system, python), Counter()) for system in systems]
        cells = (
            f"{count['projects']}: {count['same']}, {count['higher'] + count['extra']}, "
            f"{count['lower'] + count['missing']}"
            for count in counts
        )
        yield f"| {python} | {' | '.join(cells)} |"
