"""Decide whose file is at a path that two distributions have: the same file is of both, different ones are refused.

In: where the wheels to install go, and what the distributions that stay list in their RECORDs. Out: the layouts, with
the files in them that are not put because another distribution puts the same, or has it there. The same is what has
the same name, bytes and mode. Nothing is written. A refusal names every pair, and the setting that settles them.
"""

from __future__ import annotations

import hashlib
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from lockenv.errors import InputError
from lockenv.files.ops import Folder
from lockenv.sync import entrypoints, generated_files, layout, record
from lockenv.sync.entrypoints import Script
from lockenv.sync.paths import folded
from lockenv.sync.removal import recorded
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.late import late

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lockenv.environment.installed import Installed
    from lockenv.sync import overlap_refusal
    from lockenv.sync.layout import FileClaim, Layout
    from lockenv.sync.overlap_refusal import Owner
    from lockenv.sync.walk import DirectoryWalk
    from lockenv.vocabulary.manifest import Overwrites
else:
    overlap_refusal = late("lockenv.sync.overlap_refusal")

Listed: TypeAlias = "Mapping[str, Sequence[tuple[Installed, record.Row]]]"
"""What RECORDs say of each path, for every distribution that lists it."""

_BITS = 0o777


class _File(NamedTuple):
    """What is, or is to be, at a path."""

    owner: Owner
    path: str
    digest: str
    """Its sha256 as RECORD writes it; empty where nothing says it."""
    is_executable: bool

    def is_same(self, other: _File) -> bool:
        """Return whether one file can be both."""
        return bool(self.digest) and self[1:] == other[1:]


def listed(walk: DirectoryWalk, site: str, stays: Iterable[Installed]) -> Listed:
    """Return what the distributions that stay list in their RECORD, as far as they have one."""
    found: dict[str, list[tuple[Installed, record.Row]]] = {}
    for installed in stays:
        with suppress(InputError):
            for path, row in recorded(walk, site, installed).items():
                found.setdefault(path, []).append((installed, row))
    return found


def share(
    walk: DirectoryWalk, layouts: Sequence[Layout], kept: Listed, python: str, overwrites: Overwrites = ()
) -> list[Layout]:
    """Return `layouts`, which heed `overwrites`, with the files that they share with each other and with what is kept.

    Raises RefusedError for every two distributions of which one has another file at a path of the other, or a file
    where the other needs a directory.
    """
    met, blocked = layout.meetings(layouts)
    found = {folded(claims[0].path): list(claims) for claims in met}
    staying: dict[str, list[str]] = {}
    if kept:
        for path in kept:
            staying.setdefault(folded(path), []).append(path)
        for claim in _claims_on(layouts, staying):
            claims = found.setdefault(folded(claim.path), [])
            if all(one.layout is not claim.layout for one in claims):
                claims.append(claim)
    shared: dict[str, set[str]] = {}
    differing: dict[tuple[Owner, Owner], list[str]] = {}
    for key, claims in sorted(found.items()):
        own = [_to_put(claim, python) for claim in claims]
        there = [_there(walk, path, *each, own[0]) for path in staying.get(key, ()) for each in kept[path]]
        for pair in _pairs(own, there):
            differing.setdefault(pair, []).append(own[0].path)
        is_there = bool(there) and _is_right(walk, claims[0], own[0])
        for claim in claims if is_there else claims[1:]:
            shared.setdefault(claim.layout.selected.name, set()).add(claim.path)
    if differing or blocked:
        raise overlap_refusal.refusal(differing, blocked, overwrites)
    return [one._replace(shared=frozenset(shared.get(one.selected.name, ()))) for one in layouts]


def _claims_on(layouts: Iterable[Layout], paths: Mapping[str, object]) -> Iterator[FileClaim]:
    """Yield the files of `layouts` that go to one of `paths`, which are `folded`."""
    for one in layouts:
        hits = layout.files(one) & paths.keys()
        for claim in layout.claims(one, {path.rpartition("/")[0] for path in hits}):
            if folded(claim.path) in hits:
                yield claim


def _pairs(own: Sequence[_File], there: Sequence[_File]) -> Iterator[tuple[Owner, Owner]]:
    """Yield every two owners whose files are not the same, each pair sorted by name; two that stay are no pair."""
    for number, one in enumerate(own):
        for other in (*own[number + 1 :], *there):
            if not one.is_same(other):
                first, second = sorted((one.owner, other.owner))
                yield first, second


def _to_put(claim: FileClaim, python: str) -> _File:
    """Return what the file of a wheel is once it is in its place, `python` being the environment's interpreter."""
    selected = claim.layout.selected
    content, mode = None, generated_files.SCRIPT_MODE
    if isinstance(claim.source, Script):
        content = entrypoints.content(claim.source, python)
    elif claim.is_script:
        with Folder.open(claim.layout.stored.path, "store") as source:
            content = generated_files.script(source.read(claim.source.item), python)
    if content is not None:
        digest = record.encoded(hashlib.sha256(content).digest())
    elif not isinstance(claim.source, Script):
        digest, mode = claim.source.digest, claim.source.mode
    owner = overlap_refusal.Owner(selected.name, selected.version, is_kept=False)
    return _File(owner, claim.path, digest, _is_executable(mode))


def _there(walk: DirectoryWalk, path: str, installed: Installed, row: record.Row, like: _File) -> _File:
    """Return what a distribution that stays has at `path`; its mode, where the file is missing, is that of `like`."""
    folder, name = walk.split(path)
    owner = overlap_refusal.Owner(installed.name, installed.version, is_kept=True)
    digest = row.digest if row.algorithm == "sha256" else ""
    try:
        found = folder.stat(name) if folder is not None else None
        if folder is not None and found is not None and not digest and stat.S_ISREG(found.st_mode):
            digest = record.encoded(hashlib.sha256(folder.read(name)).digest())
    except FileNotFoundError:
        found = None
    is_file = found is not None and stat.S_ISREG(found.st_mode)
    is_executable = _is_executable(found.st_mode) if found is not None and is_file else like.is_executable
    return _File(owner, path, digest, is_executable)


def _is_right(walk: DirectoryWalk, claim: FileClaim, file: _File) -> bool:
    """Return whether what is in the place of `file` has its bytes and its mode."""
    folder, name = walk.split(claim.path)
    try:
        found = folder.stat(name) if folder is not None else None
    except FileNotFoundError:
        found = None
    if folder is None or found is None or not stat.S_ISREG(found.st_mode):
        return False
    mode = generated_files.SCRIPT_MODE if isinstance(claim.source, Script) or claim.is_script else claim.source.mode
    if not system.is_windows and (found.st_mode ^ mode) & _BITS:
        return False
    return record.encoded(hashlib.sha256(folder.read(name)).digest()) == file.digest


def _is_executable(mode: int) -> bool:
    return bool(mode & 0o111) and not system.is_windows
