"""Carry commits to machines without git and network: each as an archive that proves that it is the commit.

In: entries of a lock that are commits, and a folder. Out: what the archive of each is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockenv.backend.commit_archive import NO_MODES, pack
from lockenv.builds.checkout import SourceCheckout
from lockenv.fetch.git import commit_modes
from lockenv.files.atomic import machine_error
from lockenv.lockfile.bundled import BundledCommit, commit_filename
from lockenv.vocabulary import system
from lockenv.vocabulary.direct import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
            trees = SourceCheckout(settings, source, allowed_hosts)
            found[entry.position] = _carry(entry, entry.direct, directory, trees, settings.tools_environ)
    return found


def _carry(
    entry: Entry, commit: Commit, directory: str, trees: SourceCheckout, environ: Mapping[str, str]
) -> BundledCommit:
    import hashlib

    name = commit_filename(entry.name, commit)
    target = os.path.join(directory, name)
    temporary = f"{target}.part"
    try:
        os.makedirs(directory, exist_ok=True)
        with trees.checked_out(commit) as (path, commits), open(temporary, "wb") as stream:
            modes = _modes(path, commits.links, environ) if system.is_windows else NO_MODES
            pack(path, commits, stream, entry.name, entry.version, commit.subdirectory, modes)
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


def _modes(tree: str, submodules: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return what git records of the files at `tree` and of those of its `submodules`, by path."""
    found: dict[str, str] = {}
    for place in ("", *submodules):
        path = os.path.join(tree, *place.split("/")) if place else tree
        if os.path.isdir(os.path.join(path, ".git")):
            start = f"{place}/" if place else ""
            found |= {f"{start}{name}": mode for name, mode in commit_modes(path, environ).items()}
    return found
