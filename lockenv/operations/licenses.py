"""List the licenses of what is locked, and which of them the project accepts.

In: a lock and its project. Out: a LicenseList; of a lock that records none, what the cache knows. Never: a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockenv.lockfile import licenses
from lockenv.operations import locked_graph
from lockenv.operations.cached_knowledge import known_of
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.lockfile.licenses import LicenseDecision
    from lockenv.operations.locked_graph import ExplainedLock
    from lockenv.vocabulary.licenses import StatedLicense
    from lockenv.vocabulary.progress import Listener

Basis = Literal["expression", "text", "classifiers", "project", "cache", "none"]
"""What says it: the field of its metadata, an exception of the project, or metadata in the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseReport:
    """A locked package and its license."""

    name: str
    version: str
    license: str
    """An SPDX expression where there is one, else what metadata names; empty where that is not known."""
    expression: str
    """What it surely means, as an SPDX expression; empty where that is not known."""
    basis: Basis
    decision: LicenseDecision | None
    """None where the project says nothing of licenses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseList:
    """The licenses of a lock."""

    file: str
    """The lock as messages name it."""
    is_recorded: bool
    """Whether the lock records licenses; else they are those that the cache knows."""
    packages: tuple[LicenseReport, ...]
    """In the order of the lock, directories left out."""

    @property
    def is_accepted(self) -> bool:
        """Whether no license is one that the project does not accept."""
        return not any(one.decision is not None and one.decision.is_error for one in self.packages)


def licenses_of(settings: Settings, requirements: Sequence[str], lockfile: str, listener: Listener) -> LicenseList:
    """Return the licenses of the lock that is meant. Raises as `locked_graph.read`."""
    found = locked_graph.read(settings, requirements, lockfile, listener)
    is_recorded = "licenses" in found.lock.inputs.table
    if is_recorded:
        return LicenseList(file=found.lock.file, is_recorded=True, packages=tuple(_recorded(found, settings)))
    kept = known_of(found, settings, listener)
    rows = [
        LicenseReport(
            name=package.name,
            version=package.locked_version,
            license=text,
            expression=licenses.expression_in(text),
            basis="cache" if text else "none",
            decision=None,
        )
        for position, package in enumerate(found.lock.packages)
        if package.kind != "directory"
        for text in [kept[position].license if position in kept else ""]
    ]
    return LicenseList(file=found.lock.file, is_recorded=False, packages=tuple(rows))


def _recorded(found: ExplainedLock, settings: Settings) -> list[LicenseReport]:
    policy = found.manifest.licenses if found.manifest is not None else None
    judged = licenses.judged(found.lock, policy or licenses.EVERYTHING, settings.now[:10])
    return [
        LicenseReport(
            name=package.name,
            version=package.locked_version,
            license=one.license,
            expression=one.expression,
            basis=_basis(one.stated, one),
            decision=one if policy is not None else None,
        )
        for one in judged
        for package in [found.lock.packages[one.position]]
    ]


def _basis(stated: StatedLicense, one: LicenseDecision) -> Basis:
    if one.exception is not None and one.exception.license:
        return "project"
    if stated.expression:
        return "expression"
    if stated.text and one.license == licenses.expression_in(stated.text):
        return "text"
    return "classifiers" if stated.classifiers else "text" if stated.text else "none"
