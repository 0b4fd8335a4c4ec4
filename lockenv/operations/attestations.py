"""Verify the attestations of locked files (PEP 740) against the trust root of sigstore.

In: a lock and its project. Out: an AttestationReport. Only provenance objects are fetched, no files: an attestation is
about a name and a sha256, and the lock has both. The trust root is the one that the library ships, so that nothing else
is asked. lockenv does not depend on the library. Never: a change.
"""

from __future__ import annotations

import importlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from lockenv.context.access import catalog, fetcher
from lockenv.errors import LockenvError, UsageError
from lockenv.index import provenance
from lockenv.lockfile.lock import filename_of
from lockenv.lockfile.publishers import recorded
from lockenv.operations import load
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.identity import identity_of
from lockenv.vocabulary.printable import counted, printable
from lockenv.vocabulary.progress import during

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.parallel import Task
    from lockenv.index.catalog import Catalog
    from lockenv.lockfile.lock import LockEntry
    from lockenv.vocabulary.identity import Identity
    from lockenv.vocabulary.progress import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedFile:
    """A locked file that its index has attestations of, or once had."""

    name: str
    version: str
    filename: str
    publishers: tuple[Identity, ...] = ()
    """Who published it, as its attestations prove."""
    failure: str = ""
    """Why that is not proved, a clause; empty where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationReport:
    """What the attestations of a lock prove."""

    file: str
    """The lock as messages name it."""
    files: tuple[AttestedFile, ...]
    """In the order of the lock."""
    unattested: int
    """How many locked files have no attestations."""

    @property
    def failures(self) -> tuple[AttestedFile, ...]:
        """The files whose attestations prove nothing."""
        return tuple(each for each in self.files if each.failure)


def verify_attestations(
    settings: Settings, requirements: Sequence[str], lockfile: str, listener: Listener
) -> AttestationReport:
    """Return what the attestations of the locked files prove.

    Raises UsageError without the library where it is needed, or where there is no lock, InputError, and NetworkError
    for a page.
    """
    project = load.project(settings, requirements, lockfile)
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock)
    with fetcher(settings, manifest.indexes, base=project.base) as source:
        index = catalog(manifest, settings, source)
        entries = [package for package in lock.packages if package.is_released and package.index]
        with during(listener.progress(), f"asking the index about {counted(len(entries), 'package')}"):
            found, unattested = _asked(entries, index, source)
        library = _library() if found else None
        with during(listener.progress(), f"verifying attestations of {counted(len(found), 'file')}"):
            files = tuple(one.verified(library) for one in found if library is not None)
    return AttestationReport(file=lock.file, files=files, unattested=unattested)


def _library() -> ModuleType:
    try:
        library = importlib.import_module("pypi_attestations")
    except ImportError as error:
        raise UsageError(
            "verify-attestations needs the library `pypi-attestations`, which is not installed",
            hint="install it beside lockenv: `pip install pypi-attestations`",
        ) from error
    # It warns that it does not update its trust root, which is what is wanted.
    logging.getLogger("sigstore").setLevel(logging.ERROR)
    return library


class _Asked:
    """A file whose provenance object is on its way."""

    def __init__(self, package: LockEntry, table: Mapping[str, Any], task: Task[bytes] | None) -> None:
        self._package = package
        self._table = table
        self._task = task

    def verified(self, library: ModuleType) -> AttestedFile:
        """Return what is proved of the file."""
        publishers: tuple[Identity, ...] = ()
        try:
            publishers, failure = self._publishers(library)
        except LockenvError as error:
            failure = error.message
        known = recorded(self._package.table)
        if not failure and known and not set(known).intersection(publishers):
            failure = f"the lockfile names {' and '.join(each.title for each in known)} as its publisher"
        return AttestedFile(
            name=self._package.name,
            version=self._package.version,
            filename=filename_of(self._table),
            publishers=publishers,
            failure=failure,
        )

    def _publishers(self, library: ModuleType) -> tuple[tuple[Identity, ...], str]:
        """Return who is proved to have published the file, and why that is not proved. Raises LockenvError."""
        sha256 = str(self._table.get("hashes", {}).get("sha256", "")).lower()
        if self._task is None:
            return (), "the index has no attestations of it any more"
        if not sha256:
            return (), "the lockfile has no sha256 of it"
        content = self._task.result()
        try:
            found = library.Provenance.model_validate_json(content)
            distribution = library.Distribution(name=filename_of(self._table), digest=sha256)
            pairs = [(each, bundle.publisher) for bundle in found.attestation_bundles for each in bundle.attestations]
            for attestation, publisher in pairs:
                attestation.verify(publisher, distribution, offline=True)
        except ValueError as error:  # of the library, and of what checks the form of its values
            return (), printable(str(error).strip().removeprefix("Verification failed: ").split("\n")[0])[:300]
        identities = {identity_of(publisher.model_dump()) for _, publisher in pairs}
        publishers = tuple(sorted(each for each in identities if each is not None))
        return publishers, "" if publishers else "its provenance object has no attestation"


def _asked(entries: Sequence[LockEntry], index: Catalog, source: Fetcher) -> tuple[list[_Asked], int]:
    """Return the files that have attestations, or had some, and how many others there are. Raises NetworkError."""
    for package in entries:
        index.start_page(package.name)
    found: list[_Asked] = []
    unattested = 0
    for package in entries:
        offered = _offered(package, index)
        for _, table in package.files():
            url = offered.get(filename_of(table))
            if url:
                found.append(_Asked(package, table, source.pool.submit(partial(provenance.fetched, source, url))))
            elif recorded(package.table) and not offered:
                found.append(_Asked(package, table, None))
            else:
                unattested += 1
    return found, unattested


def _offered(package: LockEntry, index: Catalog) -> dict[str, str]:
    """Return the URL of the provenance object of each file of a release, by its name."""
    releases = index.releases(package.name)
    if releases is None or package.version not in releases.columns.versions:
        return {}
    files = releases.columns.files(releases.columns.versions.index(package.version))
    return {
        file.filename: file.provenance
        for file in files
        if file.provenance and provenance.is_own(file.provenance, releases.index)
    }
