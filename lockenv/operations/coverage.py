"""Find what each package of a lock has for each environment: a wheel, an sdist to build, or nothing.

In: a lock. Out: Coverage. Never: printing, a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.lockfile import coverage_matrix
from lockenv.lockfile.conditions import left_out
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from lockenv.lockfile.coverage_matrix import Environment, Row
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.pin import UncoveredEnvironments


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A table of packages and environments, and what the lock leaves out."""

    environments: tuple[Environment, ...]
    rows: tuple[Row, ...]
    """Each with a state for each of the environments, in their order."""
    left_out: tuple[UncoveredEnvironments, ...]
    lacking: tuple[str, ...]
    """Why a declared environment cannot be installed, a sentence each; empty where each can."""


def coverage(lock: Lock) -> Coverage:
    """Return what each package of `lock` has for each environment that the lock or the project names."""
    among = coverage_matrix.environments(lock)
    rows = coverage_matrix.coverage(lock, among)
    missing = left_out(lock)
    declared = coverage_matrix.declared_in(lock).values()
    lacking = [
        f"{row.name} {row.version} has no file for {each.title}"
        for row in rows
        for each, state in zip(among, row.states, strict=True)
        if state == "nothing" and each.is_declared
    ]
    lacking += [
        each.sentence
        for each in missing
        if not each.name and any(not each.marker.disjoint(marker) for marker in declared)
    ]
    return Coverage(environments=tuple(among), rows=tuple(rows), left_out=tuple(missing), lacking=tuple(lacking))
