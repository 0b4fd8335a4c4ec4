"""Record who published each release, where its index says so (PEP 740, `attestation-identities` of PEP 751).

In: the document of a new lock, the pins it was composed of, the old lock, pages. Out: the document with identities,
where the project asks for them: one provenance object is read for each release, of one of its locked files, all of them
beside each other. What the old lock says of the same bytes stays. Where the project does not ask, only pages are
compared. Never: an object from another server than the index; a proof (`operations/attestations`).
"""

from __future__ import annotations

from lockenv.errors import LockenvError
from lockenv.lockfile.inputs import without_user
from lockenv.lockfile.lock import filename_of
from lockenv.lockfile.publishers import FORMER, IDENTITIES, LOST, UNATTESTED, expected, former, lost, recorded
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import partial
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.progress import during

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index import provenance
    from lockenv.index.releases import IndexReleases
    from lockenv.lockfile.lock import Lock, LockEntry
    from lockenv.vocabulary.identity import Identity
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Pin
    from lockenv.vocabulary.progress import Listener
else:
    provenance = late("lockenv.index.provenance")

Offers = dict[tuple[str, str, str], dict[str, str]]
"""By name, version and index: the URL of the provenance object of each file that has one, by the name of the file."""


class _Wanted(NamedTuple):
    """A provenance object to read."""

    table: dict[str, Any]
    """The entry of the new lock that it is for."""
    url: str


def with_identities(
    document: dict[str, Any],
    pins: Iterable[Pin],
    old: Lock | None,
    known: Mapping[NormalizedName, IndexReleases | None],
    source: Fetcher,
    listener: Listener,
    *,
    is_recorded: bool,
    refreshed: frozenset[NormalizedName] = frozenset(),
) -> dict[str, Any]:
    """Return `document`, composed of `pins`, with what became of the publishers of its releases.

    Who they are is read where it `is_recorded`, and for packages of which the old lock says it; `refreshed` are those
    of which it is read again. Of the others it is recorded if the pages that are `known` do not say it of a release,
    though they do of the one that was locked before: that costs no request. A provenance object that cannot be read is
    noted; the release has no identity then.
    """
    tables = [dict(table) for table in document["packages"]]
    if is_recorded or (old is not None and has_any(old)):
        recorder = _Recorder(_offers(pins), _by_name(old), source, listener, is_recorded=is_recorded)
        recorder.record(tables, refreshed)
    if old is not None:
        _record_losses(tables, pins, old, known)
    return {**document, "packages": tables}


def has_any(old: Lock) -> bool:
    """Return whether `old` says of any package who published it, or did: then that is asked again."""
    return f"\n{IDENTITIES} = " in old.text or f"\n{FORMER} = " in old.text


def _offers(pins: Iterable[Pin]) -> Offers:
    """Return what indexes offer of the releases that `pins` chose."""
    found: Offers = {}
    for pin in pins:
        files = {file.filename: file.provenance for file in (*pin.wheels, pin.sdist) if file and file.provenance}
        if files:
            found.setdefault((pin.name, pin.version, without_user(pin.index)), {}).update(files)
    return found


def _record_losses(
    tables: Iterable[dict[str, Any]],
    pins: Iterable[Pin],
    old: Lock,
    known: Mapping[NormalizedName, IndexReleases | None],
) -> None:
    """Record, of each release without any provenance, the version that was locked before, where that has some."""
    before = _by_name(old)
    attested = {
        (pin.name, pin.version)
        for pin in pins
        if any(wheel.provenance for wheel in pin.wheels) or (pin.sdist and pin.sdist.provenance)
    }
    for table in tables:
        name, version = table["name"], table.get("version", "")
        if not table.get("index") or (name, version) in attested or FORMER in table.get("tool", {}).get("lockenv", {}):
            continue
        same = [one for one in before.get(name, ()) if _is_same_release(one, table)]
        others = [one for one in before.get(name, ()) if one.index == table["index"]]
        was = lost(same[0]) if same else _attested(known.get(name), others)
        if was:
            _own(table)[LOST] = was


def _attested(releases: IndexReleases | None, entries: Iterable[LockEntry]) -> str:
    """Return the newest version among `entries`, or what one of them had lost, that has provenance; empty for none."""
    if releases is None:
        return ""
    found = (one.version if releases.is_attested(one.version) else lost(one) for one in entries)
    return next(filter(None, found), "")


class _Recorder:
    """Fills in the entries of one document."""

    def __init__(
        self,
        offered: Offers,
        before: Mapping[str, list[LockEntry]],
        source: Fetcher,
        listener: Listener,
        *,
        is_recorded: bool,
    ) -> None:
        self._offered = offered
        self._before = before
        self._source = source
        self._listener = listener
        self._is_recorded = is_recorded

    def record(self, tables: Sequence[dict[str, Any]], refreshed: frozenset[NormalizedName]) -> None:
        """Add identities to the entries, read where they are not known, and compare them with the old lock."""
        every = self._source.settings.refresh
        tables = [table for table in tables if self._is_recorded or expected(self._before.get(table["name"], ()))]
        found = (self._wanted(table, is_refreshed=every or table["name"] in refreshed) for table in tables)
        wanted = [one for one in found if one is not None]
        if wanted:
            with during(self._listener.progress(), f"asking who published {counted(len(wanted), 'release')}"):
                self._read(wanted)
        for table in tables:
            self._compare(table)

    def _wanted(self, table: dict[str, Any], *, is_refreshed: bool) -> _Wanted | None:
        """Return what to read for an entry; None where nothing is offered, or the former lock has these bytes."""
        offered = self._of(table)
        names = {filename_of(each): each for each in _files(table)}
        first = next((name for name in names if name in offered), None)
        same = next((one for one in self._before.get(table["name"], ()) if _is_same_release(one, table)), None)
        if first is None:
            if same is not None and IDENTITIES in table:
                self._keep_unattested(table, same)
                self._listener.note(
                    f"{same.title}: {table.get('index', 'its index')} does not say any more who published it; "
                    "the lockfile keeps what it said"
                )
            return None
        if lacking := sorted(names.keys() - offered.keys()):
            _own(table)[UNATTESTED] = lacking
        kept = same is not None and not is_refreshed and recorded(same.table) and _has_bytes(same, names[first])
        return None if kept else _Wanted(table, offered[first])

    def _of(self, table: Mapping[str, Any]) -> Mapping[str, str]:
        """Return what the index offers of the files of an entry, as far as it serves that itself."""
        index = table.get("index", "")
        found = self._offered.get((table["name"], table.get("version", ""), index), {})
        return {name: url for name, url in found.items() if provenance.is_own(url, index)} if found else {}

    def _keep_unattested(self, table: dict[str, Any], same: LockEntry) -> None:
        if UNATTESTED in same.own:
            _own(table)[UNATTESTED] = same.own[UNATTESTED]

    def _read(self, wanted: Iterable[_Wanted]) -> None:
        tasks = [(one, self._source.pool.submit(partial(_identities, self._source, one.url))) for one in wanted]
        for one, task in tasks:
            try:
                found = task.result()
            except LockenvError as error:
                self._listener.note(f"{one.table['name']}: who published it could not be read: {error.message}")
                continue
            one.table.pop(IDENTITIES, None)
            if found:
                one.table[IDENTITIES] = [each.table() for each in found]

    def _compare(self, table: dict[str, Any]) -> None:
        """Record whom the former lock says a package was published by, where that is not so any more."""
        before = self._before.get(table["name"], [])
        same = next((one for one in before if _is_same_release(one, table)), None)
        now = recorded(table)
        is_as_before = same is not None and recorded(same.table) == now
        was = former(same) if same is not None and is_as_before else expected(before)
        if was and not set(now).intersection(was):
            _own(table)[FORMER] = [each.table() for each in was]


def _identities(source: Fetcher, url: str) -> tuple[Identity, ...]:
    """Return whom the provenance object at `url` names; raises LockenvError when it cannot be read."""
    return provenance.identities(provenance.fetched(source, url), url)


def _by_name(old: Lock | None) -> dict[str, list[LockEntry]]:
    found: dict[str, list[LockEntry]] = {}
    for package in old.packages if old else ():
        found.setdefault(package.name, []).append(package)
    return found


def _is_same_release(entry: LockEntry, table: Mapping[str, Any]) -> bool:
    return bool(entry.version == table.get("version", "") and entry.index == table.get("index", ""))


def _has_bytes(entry: LockEntry, file: Mapping[str, Any]) -> bool:
    wanted: Mapping[str, str] = file["hashes"]
    return wanted in [each.get("hashes") for _, each in entry.files()]


def _files(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the tables of the files of an entry, its sdist first: of most releases that is the same file for all."""
    return [*([table["sdist"]] if "sdist" in table else []), *table.get("wheels", ())]


def _own(table: dict[str, Any]) -> dict[str, Any]:
    """Return `tool.lockenv` of an entry, which may be changed."""
    own = dict(table.get("tool", {}).get("lockenv", {}))
    table["tool"] = {**table.get("tool", {}), "lockenv": own}
    return own
