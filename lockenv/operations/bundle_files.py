"""The files of a bundle: which they are, fetched, checked, and put side by side; and the lock of them.

In: parts of locks. Out: files in a directory, whole or not at all. Never: choosing what a bundle is for.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from lockenv.builds.bundled_commits import carry
from lockenv.context.access import fetcher
from lockenv.context.mirrors import prepare
from lockenv.errors import InputError
from lockenv.fetch.downloads import download_all
from lockenv.fetch.wanted import FileRequest
from lockenv.files.atomic import machine_error, replace
from lockenv.lockfile import bundled, flat, subset
from lockenv.lockfile.digest import sealed_text
from lockenv.vocabulary.direct import Commit
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import NEVER
from lockenv.vocabulary.progress import BYTES, during
from lockenv.vocabulary.selected import Selected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.context.settings import Settings
    from lockenv.fetch.wanted import DownloadedFile
    from lockenv.lockfile.bundled import BundledCommit
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.progress import Listener

    Files = Mapping[str, Selected]
    """Each file by its name."""
    from lockenv.lockfile import text as lockfile_text
else:
    lockfile_text = late("lockenv.lockfile.text")


_PART = 1 << 20


def listed(parts: Sequence[subset.LockSubset]) -> Files:
    """Return the files of `parts`. Raises InputError for two that cannot be side by side."""
    found: dict[str, Selected] = {}
    for one in parts:
        for entry in one.entries:
            for file, hashes in entry.files:
                new = Selected(name=entry.name, version=entry.version, file=file, hashes=hashes, index=entry.index)
                name = bundled.filename(file.filename, entry.name, hashes) if entry.direct else file.filename
                if found.setdefault(name, new).hashes != hashes:
                    raise InputError(
                        f"the lockfile has two different files named {name}, which cannot be in one directory",
                        hint="choose environments that need only one of them",
                    )
    return found


def commit_entries(parts: Sequence[subset.LockSubset]) -> list[subset.Entry]:
    """Return the entries of `parts` that are commits."""
    return [entry for one in parts for entry in one.entries if isinstance(entry.direct, Commit)]


def fetch(
    files: Files,
    directory: str,
    settings: Settings,
    manifest: Manifest | None,
    listener: Listener,
    *,
    base: str,
    commits: Sequence[subset.Entry],
) -> Mapping[int, BundledCommit]:
    """Put each file into the directory, checked, and an archive of each commit, which is given by its position.

    Paths of the lock are seen from `base`.
    """
    indexes = manifest.indexes if manifest else ()
    names = {(one.file.filename, one.hashes): name for name, one in files.items()}
    wanted = {
        FileRequest(
            url=one.file.url,
            filename=one.file.filename,
            sha256=one.file.sha256,
            size=one.file.size,
            hashes=one.hashes,
        ): one
        for one in files.values()
    }
    progress = listener.progress()
    with fetcher(settings, indexes, base=base) as source:
        prepare(source, list(files.values()), indexes, settings)
        with during(progress, "downloading", sum(one.size or 0 for one in wanted) or None, BYTES):
            for done in download_all(list(wanted), source.settings.archives, source, progress):
                one = wanted[done.wanted]
                _put(done, os.path.join(directory, names[one.file.filename, one.hashes]))
        carried = carry(commits, directory, settings, source, manifest.allowed_hosts if manifest else ())
    for note in sorted(source.notes):
        listener.note(note)
    return carried


def _put(done: DownloadedFile, target: str) -> None:
    """Copy a checked file to `target`, unless it is there."""
    import shutil

    directory, name = os.path.split(target)
    if os.path.isfile(target) and not os.path.islink(target) and _digest(target) == done.sha256:
        return
    temporary = os.path.join(directory, f".{sha256(name.encode()).hexdigest()[:16]}.part")
    try:
        os.makedirs(directory, exist_ok=True)
        shutil.copyfile(done.path, temporary)
        os.replace(temporary, target)
    except OSError as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise machine_error(error, target) from error


def _digest(path: str) -> str:
    found = sha256()
    try:
        with open(path, "rb") as stream:
            while content := stream.read(_PART):
                found.update(content)
    except OSError as error:
        raise machine_error(error, path, "read") from error
    return found.hexdigest()


def write(
    lock: Lock,
    answer: subset.LockSubset,
    chosen: Sequence[tuple[str, Marker]],
    path: str,
    trees: Mapping[int, BundledCommit],
    back: str,
    *,
    is_choice: bool = False,
) -> None:
    """Write the lock of a part; where none is chosen, for the environments that `lock` has.

    With `is_choice` the part is of one choice of extras and groups, and its lock leaves none open.
    """
    environments, seen = [], NEVER
    reach = answer.region.without_extras_and_groups()
    for _, marker in chosen:
        region = marker & reach & ~seen
        seen |= region
        if region is not NEVER:
            environments.append(region)
    document = bundled.document(lock, answer, environments, trees, back)
    if is_choice:
        document = flat.settled(document, answer)
    text = sealed_text(document) if not lock.is_foreign else lockfile_text.write(document)
    replace(path, text.encode(), durable=True)
