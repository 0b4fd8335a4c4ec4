"""Ask for the known vulnerabilities of locked releases: the index of each, and an OSV server where one is set."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from lockenv.errors import InputError, NetworkError
from lockenv.index import advisories, osv_dump
from lockenv.index.default import DEFAULT_INDEX
from lockenv.lockfile.inputs import canonical_index
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.advisories import Advisory
    from lockenv.lockfile.lock import Lock

_FORM = "advisories-1"
_OSV_FORM = "osv-1"
"""The ids that an OSV server knew of a release, below the root of that server."""
_JSON = {"Accept": "application/json"}
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release that a lock holds."""

    name: str
    version: str
    index: str
    """The simple root that serves it, ending in a slash."""
    position: int
    """In the lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAdvisories:
    """What is known of the releases of a lock."""

    found: Mapping[Release, tuple[Advisory, ...]]
    """Those with vulnerabilities, in the order of the lock."""
    unknown: tuple[Release, ...]
    """Those that no one could be asked about."""
    days: tuple[str, ...] = ()
    """When servers were asked, sorted, where the cache answered in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisorySources:
    """Who else knows of vulnerabilities than the index of each release."""

    osv: str = ""
    """The root of an OSV server, ending in a slash; empty for none."""
    dump: bytes = b""
    """What `osv_dump.compact` made of a dump; empty for none."""
    kept: frozenset[str] = frozenset()
    """The indexes whose releases are named to no other."""


def releases(lock: Lock, settings: Settings) -> tuple[Release, ...]:
    """Return the releases that `lock` takes from indexes; `--index-url` answers for all of them."""
    return tuple(
        Release(
            name=package.name,
            version=package.version,
            index=canonical_index(settings.index_url or package.index or DEFAULT_INDEX),
            position=position,
        )
        for position, package in enumerate(lock.packages)
        if package.version and package.is_released
    )


def fetch_advisories(
    asked: Collection[Release], source: Fetcher, sources: AdvisorySources, *, malware_alone: bool = False
) -> KnownAdvisories:
    """Return what the indexes and the `sources` know; offline what the cache keeps of it, with its day.

    With `malware_alone`, the indexes are asked only where there are no other sources, and what an OSV server knows of
    other advisories is left out. Raises NetworkError where one does not answer, InputError where it answers nonsense,
    or where no one can be asked.
    """
    public = [one for one in asked if one.index not in sources.kept]
    local = _of_dump(public, sources.dump) if sources.dump else {}
    if source.settings.offline:
        return _offline(asked, source, local)
    answers: dict[Release, tuple[Advisory, ...] | None] = {}
    if not (malware_alone and (sources.osv or sources.dump)):
        tasks = [(one, source.pool.submit(partial(_of_index, one, source))) for one in asked]
        answers = {one: task.result() for one, task in tasks}
    others = _of_osv(public, source, sources.osv, malware_alone=malware_alone) if public and sources.osv else {}
    unknown = tuple(one for one in asked if answers.get(one) is None and one not in others and one not in local)
    if asked and len(unknown) == len(asked):
        raise _unknowable()
    found = {
        one: advisories.merged((*(answers.get(one) or ()), *others.get(one, ()), *local.get(one, ()))) for one in asked
    }
    return KnownAdvisories(found={one: some for one, some in found.items() if some}, unknown=unknown)


def _unknowable() -> InputError:
    return InputError(
        "none of the lockfile's indexes publishes vulnerability data",
        hint="use an OSV server: --osv URL, or `osv` under [tool.lockenv.audit]; or a dump of OSV: `database`",
    )


def _of_dump(public: Collection[Release], dump: bytes) -> dict[Release, tuple[Advisory, ...]]:
    """Return what a dump says of releases that may be known to anyone; it is of the public index alone."""
    return {one: osv_dump.of_release(dump, one.name, one.version) for one in public}


def _offline(
    asked: Collection[Release], source: Fetcher, local: Mapping[Release, tuple[Advisory, ...]]
) -> KnownAdvisories:
    known, days = kept_advisories(asked, source)
    both = {one: advisories.merged((*known.found.get(one, ()), *local.get(one, ()))) for one in asked}
    unknown = tuple(one for one in known.unknown if one not in local)
    if asked and len(unknown) == len(asked):
        raise NetworkError(
            "the cache has no vulnerability data, and no server is asked with --offline",
            hint="run the command once without --offline, or use a dump of OSV: `database` under [tool.lockenv.audit]",
        )
    return KnownAdvisories(
        found={one: some for one, some in both.items() if some}, unknown=unknown, days=tuple(sorted(set(days.values())))
    )


def kept_advisories(asked: Collection[Release], source: Fetcher) -> tuple[KnownAdvisories, dict[Release, str]]:
    """Return what the cache keeps of earlier answers, and the day of each release that was asked about.

    Asks no server. Raises InputError where a kept answer is nonsense.
    """
    found: dict[Release, tuple[Advisory, ...]] = {}
    days: dict[Release, str] = {}
    for one in asked:
        answers = list(filter(None, (_kept_of_index(one, source), _kept_of_osv(one, source))))
        if answers:
            some = advisories.merged(advisory for answer in answers for advisory in answer[0])
            found |= {one: some} if some else {}
            days[one] = max(day for _, day in answers)
    return KnownAdvisories(found=found, unknown=tuple(one for one in asked if one not in days)), days


def _kept_of_index(one: Release, source: Fetcher) -> tuple[tuple[Advisory, ...], str] | None:
    url = advisories.api_url(one.index, one.name, one.version)
    entry = source.store.get(_FORM, url) if url else None
    if entry is None or entry.status != 200:
        return None
    return advisories.of_release(entry.payload, url), _day(entry.stored)


def _kept_of_osv(one: Release, source: Fetcher) -> tuple[tuple[Advisory, ...], str] | None:
    entry = source.store.get(_OSV_FORM, _osv_key(one))
    if entry is None:
        return None
    root, *ids = entry.payload.decode().split("\n")
    pages = [(name, _osv_url(root, name)) for name in ids]
    kept = [(name, url, source.store.get(_FORM, url)) for name, url in pages]
    found = [
        advisories.of_osv(page.payload, url, one.name)
        if page is not None and page.status == 200
        else advisories.Advisory(id=name)
        for name, url, page in kept
    ]
    return tuple(each for each in found if each is not None), _day(entry.stored)


def _day(moment: float) -> str:
    """Return the day, in UTC, of a moment in seconds since the epoch."""
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def _osv_key(one: Release) -> str:
    return f"{one.name} {one.version}"


def _osv_url(root: str, name: str) -> str:
    from urllib.parse import quote

    return f"{root}vulns/{quote(name, safe='')}"


def _of_index(one: Release, source: Fetcher) -> tuple[Advisory, ...] | None:
    """Return what the index of a release says of it; None where it says nothing."""
    url = advisories.api_url(one.index, one.name, one.version)
    if not url:
        return None
    entry = source.page(url, _FORM, _JSON, _whole)
    return advisories.of_release(entry.payload, url) if entry.status == 200 else None


def _of_osv(
    asked: Collection[Release], source: Fetcher, root: str, *, malware_alone: bool
) -> dict[Release, tuple[Advisory, ...]]:
    ids: dict[Release, list[str]] = {one: [] for one in asked}
    waiting: list[tuple[Release, str]] = [(one, "") for one in asked]
    for _ in range(_MOST_PAGES):
        if not waiting:
            break
        part, waiting = waiting[: advisories.MOST], waiting[advisories.MOST :]
        url = f"{root}querybatch"
        body = advisories.query((one.name, one.version, token) for one, token in part)
        content = source.posted(url, body, {**_JSON, "Content-Type": "application/json"})
        for (one, _token), (some, following) in zip(part, advisories.answers(content, url, len(part)), strict=True):
            ids[one] += some
            waiting += [(one, following)] if following else []
    for one, known in ids.items():
        source.keep(_OSV_FORM, _osv_key(one), "\n".join((root, *dict.fromkeys(known))).encode())
    if malware_alone:
        ids = {one: [name for name in known if name.startswith(advisories.MALWARE)] for one, known in ids.items()}
    return {one: tuple(_details(one, dict.fromkeys(known), source, root)) for one, known in ids.items()}


def _details(one: Release, ids: Iterable[str], source: Fetcher, root: str) -> Iterable[Advisory]:
    for name in ids:
        url = _osv_url(root, name)
        entry = source.page(url, _FORM, _JSON, _whole)
        found = advisories.of_osv(entry.payload, url, one.name) if entry.status == 200 else advisories.Advisory(id=name)
        if found is not None:
            yield found


def _whole(content: bytes, _kind: str, _url: str, _before: object) -> bytes:
    return content
