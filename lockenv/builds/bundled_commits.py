"""Carry commits to machines without git and network: each as an archive that proves that it is the commit.

In: entries of a lock that are commits, and a folder. Out: what the archive of each is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.backend.commit_archive import pack
from lockenv.builds.checkout import SourceCheckout
from lockenv.files.atomic import machine_error
from lockenv.lockfile.bundled import BundledCommit, commit_filename
from lockenv.vocabulary.direct import Commit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.context.settings import Settings
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.lockfile.subset import Entry


def carry(
    entries: Sequence[Entry], directory: str, settings: Settings, source: Fetcher, allowed_hosts: Sequence[str]
) -> Mapping[int, BundledCommit]:
    """Put the archive of each commit into `directory`, which may have it already; return what it is, by position."""
    found = {}
    for entry in entries:
        if isinstance(entry.direct, Commit):
            found[entry.position] = _carry(
                entry, entry.direct, directory, SourceCheckout(settings, source, allowed_hosts)
            )
    return found


def _carry(entry: Entry, commit: Commit, directory: str, trees: SourceCheckout) -> BundledCommit:
    import hashlib

    name = commit_filename(entry.name, commit)
    target = os.path.join(directory, name)
    temporary = f"{target}.part"
    try:
        os.makedirs(directory, exist_ok=True)
        with trees.checked_out(commit) as (path, commits), open(temporary, "wb") as stream:
            pack(path, commits, stream, entry.name, entry.version, commit.subdirectory)
        with open(temporary, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = os.stat(temporary).st_size
        os.replace(temporary, target)
    except OSError as error:
        raise machine_error(error, target) from error
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    return BundledCommit(name, digest, size)
