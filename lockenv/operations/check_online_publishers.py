"""Whether an index still names the publishers that a lockfile records (PEP 740, `attestation-identities`).

In: the entries of a lock, and what indexes list of them. Out: a clause for each entry whose publishers differ. One
provenance object is read for each entry that records a publisher; for the others nothing is asked.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lockenv.errors import LockenvError, NetworkError
from lockenv.index import provenance
from lockenv.lockfile.lock import filename_of
from lockenv.lockfile.publishers import UNATTESTED, recorded
from lockenv.vocabulary.identity import titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.index.listing import Listing
    from lockenv.lockfile.lock import LockEntry
    from lockenv.vocabulary.identity import Identity


def publisher_changes(
    entries: Iterable[tuple[int, LockEntry, Listing | None]], source: Fetcher, *, is_mirrored: bool
) -> dict[int, str]:
    """Return, by position, how the publishers that an index names differ from those that the lock records.

    A mirror (`is_mirrored`) that names none is no change. Raises NetworkError where an object cannot be asked for.
    """
    found, tasks = {}, []
    for position, package, listing in entries:
        was = recorded(package.table)
        if listing is None or not was:
            continue
        url = _offered(package, listing)
        if url:
            tasks.append((position, was, listing, source.pool.submit(partial(_answer, source, url))))
        elif not is_mirrored:
            found[position] = _clause(was, (), listing)
    for position, was, listing, task in tasks:
        now = task.result()
        if isinstance(now, str):
            found[position] = f"the publisher could not be read again: {now}"
        elif set(was) - set(now):
            found[position] = _clause(was, now, listing)
    return found


def _clause(was: Sequence[Identity], now: Sequence[Identity], listing: Listing) -> str:
    names = titles(now) if now else "no publisher"
    return f"publisher mismatch: locked {titles(was)}, {listing.index} names {names}{listing.answer}"


def _offered(package: LockEntry, listing: Listing) -> str:
    """Return the URL of the provenance object of the first locked file that has one on the server of the index."""
    lacking = package.own.get(UNATTESTED, ())
    names = [filename_of(table) for _, table in package.files()]
    urls = [listing.files[name].provenance for name in names if name in listing.files and name not in lacking]
    return next((url for url in urls if url and provenance.is_own(url, listing.index)), "")


def _answer(source: Fetcher, url: str) -> tuple[Identity, ...] | str:
    """Return whom the object at `url` names, or why it cannot be read."""
    try:
        return provenance.identities(provenance.fetched(source, url), url)
    except NetworkError:
        raise
    except LockenvError as error:
        return error.message
