"""Resolve what builds need, and seal it as the text of a lock.

In: a Manifest that asks for build tools, and pins that may stay. Out: a Resolution, or the text of a lock. Never: a
build, a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import catalog
from lockenv.context.file_hashes import hashed
from lockenv.context.local_files import place_files
from lockenv.errors import InputError
from lockenv.lockfile.compose import compose
from lockenv.lockfile.digest import sealed_text
from lockenv.lockfile.text import read
from lockenv.resolve.problem import problem
from lockenv.resolve.solve import solve
from lockenv.vocabulary.dataclasses import replace
from lockenv.vocabulary.late import late
from lockenv.vocabulary.origin import Origin
from lockenv.vocabulary.pin import NeedsPermission, Resolution, Unsolvable
from lockenv.vocabulary.progress import SILENT
from lockenv.vocabulary.requirement import Declared, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.backend import failure
    from lockenv.builds import build_records
    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index import quarantine
    from lockenv.index.catalog import Catalog
    from lockenv.index.page_states import PageStates
    from lockenv.lockfile import hosts
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.pin import Pin
else:
    build_records = late("lockenv.builds.build_records")
    quarantine = late("lockenv.index.quarantine")
    hosts = late("lockenv.lockfile.hosts")
    failure = late("lockenv.backend.failure")


def locked(wanted: Manifest, settings: Settings, source: Fetcher) -> str:
    """Return the text of a lock of build tools. Raises InputError without a solution, RefusedError for a host."""
    return sealed(resolved(wanted, (), settings, source), wanted, None)


def resolved(
    wanted: Manifest, pins: Sequence[Pin], settings: Settings, source: Fetcher, pages: PageStates | None = None
) -> Resolution:
    """Return the tools that `wanted` asks for, hashed; of `pins`, those that may stay do.

    What pages say is noted in `pages`. Raises InputError without a solution, UnacceptedError for a quarantined project.
    """
    index = _followed(catalog(wanted, settings, source), pages)
    answer = solve(problem(wanted, locked=pins), index, SILENT)
    if isinstance(answer, NeedsPermission):
        # Tools are never built themselves: what has no wheel is no tool.
        built = replace(wanted, policy=replace(wanted.policy, no_build=("*",)))
        index = _followed(catalog(built, settings, source), pages)
        answer = solve(problem(built, locked=pins), index, SILENT)
    if not isinstance(answer, Resolution):
        reasons = answer.reasons if isinstance(answer, Unsolvable) else ()
        titles = {each.origin.file for group in (wanted.dependencies, *wanted.groups.values()) for each in group}
        what = ", ".join(sorted(titles))
        raise InputError(
            f"cannot resolve the build requirements of {what}: {'; '.join(reasons)}",
            hint="relax build-constraints where they are the reason; else choose a version that has a wheel",
        )
    if pages is not None:
        pages.note_files(answer.pins)
    quarantine.refuse(answer.pins, index)
    return place_files(hashed(answer, source, SILENT), wanted.indexes, source.settings.base)


def _followed(index: Catalog, pages: PageStates | None) -> Catalog:
    if pages is not None:
        pages.follow(index)
    return index


def sealed(found: Resolution, wanted: Manifest, old: Lock | None) -> str:
    """Return the text of the lock of build tools that holds `found`. Raises RefusedError for a host."""
    text = sealed_text(build_records.carried(compose(found, wanted, old), old))
    if wanted.allowed_hosts:
        hosts.refuse(read(text, "the lockfile of build requirements"), wanted.allowed_hosts)
    return text


def declared(requires: Sequence[str], title: str) -> tuple[Declared, ...]:
    """Return the build requirements of `title`. Raises InputError for one that is not valid."""
    try:
        return tuple(
            Declared(requirement=parse(text), origin=Origin(file=title, key="build-system.requires"))
            for text in requires
        )
    except ValueError as error:
        raise InputError(f"{title}: its build requirements are invalid: {error}", hint=failure.AT_FAULT) from error
