"""Put every file that some environments need into a directory, with a lock of them.

In: BundleRequest. Out: Bundled, or why not. Never: printing, a change of the lock that is bundled.
"""

from __future__ import annotations

import os
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from lockenv.builds import build_lock
from lockenv.errors import InputError
from lockenv.files.atomic import replace
from lockenv.lockfile import subset
from lockenv.lockfile.paths import LOCK, build_lock_path
from lockenv.lockfile.select import NotCovered
from lockenv.operations import bundle_files, load
from lockenv.operations.environments import regions
from lockenv.operations.partial_selection import subset_of
from lockenv.operations.selection import known_selection
from lockenv.operations.selection_options import SelectionOptions
from lockenv.operations.usable import reason_not_to_use
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.late import late
from lockenv.vocabulary.markers import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockenv.context.settings import Settings
    from lockenv.lockfile.lock import Lock
    from lockenv.operations import program_archive
    from lockenv.operations.usable import NotUsable
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.progress import Listener
else:
    program_archive = late("lockenv.operations.program_archive")

FILENAME = "lockenv.pyz"
"""What lockenv itself is called in a bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """Which environments a bundle is for, and where it goes."""

    directory: str
    for_python: tuple[str, ...] = ()
    for_platform: tuple[str, ...] = ()
    all: bool = False
    selection: SelectionOptions = SelectionOptions()
    """Where nothing is selected, the bundle has every extra and group."""
    with_lockenv: bool = False
    """Whether lockenv itself is to be in it, as one file."""
    frozen: bool = False
    lockfile: str = ""
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """The answer "yes": a bundle that is whole."""

    directory: str
    """Absolute."""
    files: int
    """How many files and archives it has, its locks not counted."""
    title: str
    """The environments it is for, as messages name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """The answer "no": a lock has not everything that the environments need."""

    name: str
    """The lock as messages name it."""
    title: str
    """The environments as messages name them."""
    reasons: tuple[str, ...]


def bundle(request: BundleRequest, settings: Settings, listener: Listener) -> Bundled | Lacking | NotUsable:
    """Put the files and the lock into the directory, the lock last; or return why not. A stale lock is refused.

    Raises InputError, UsageError, RefusedError, NetworkError and MachineError.
    """
    project = load.project(settings, request.requirements, request.lockfile)
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    is_judged = manifest is not None and not request.frozen
    if is_judged and (refused := reason_not_to_use(lock, manifest, project.lock_name, settings, listener)):
        return refused
    directory = os.path.join(settings.directory, request.directory)
    if os.path.realpath(directory) == os.path.realpath(os.path.dirname(project.lock)):
        raise InputError(f"{request.directory} contains the lockfile itself", hint="choose another directory")
    back = _back(directory, project.base)
    chosen = regions(request, lock, project, settings)
    parts = []
    region = reduce(or_, (marker for _, marker in chosen), NEVER)
    selected = _selected(request, lock, manifest, region)
    for one, path in _locks(lock, project.lock, selected, manifest, listener):
        answer = selected if one is lock else subset.part(one, region)
        if isinstance(answer, NotCovered):
            return Lacking(name=one.file, title=_title_of(chosen), reasons=tuple(answer.reasons))
        parts.append((one, path, answer))
        _note_local(answer, request.directory, listener, is_beside=bool(back))
    entries = [answer for _, _, answer in parts]
    if request.with_lockenv:
        replace(os.path.join(directory, FILENAME), program_archive.program_archive(), durable=True, mode=0o755)
    files, commits = bundle_files.listed(entries), bundle_files.commit_entries(entries)
    trees = bundle_files.fetch(files, directory, settings, manifest, listener, base=project.base, commits=commits)
    for one, path, answer in reversed(parts):
        place = os.path.join(directory, os.path.basename(path))
        is_choice = one is lock and not request.selection.is_silent
        bundle_files.write(one, answer, () if request.all else chosen, place, trees, back, is_choice=is_choice)
    return Bundled(directory=directory, files=len(files) + len(trees), title=_title_of(chosen))


def _back(directory: str, base: str) -> str:
    """Return the way from a bundle to the directory of the lock, where the bundle is below that; else nothing."""
    directory, base = os.path.realpath(directory), os.path.realpath(base)
    return os.path.relpath(base, directory).replace(os.sep, "/") if directory.startswith(f"{base}{os.sep}") else ""


def _note_local(answer: subset.LockSubset, bundle: str, listener: Listener, *, is_beside: bool) -> None:
    """Note what becomes of directories: they belong to the project, and travel with it."""
    names = ", ".join(entry.name for entry in answer.local)
    if names and is_beside:
        listener.note(f"directories of the project are not copied to {bundle}; copy them yourself: {names}")
    elif names:
        listener.warn(
            f"{bundle}/{LOCK} does not include directories of the project: {names}; run `lockenv "
            f"sync --from {bundle}` in the project to install them"
        )


def _title_of(chosen: Sequence[tuple[str, Marker]]) -> str:
    return " and ".join(name for name, _ in chosen)


def _selected(
    request: BundleRequest, lock: Lock, manifest: Manifest | None, region: Marker
) -> subset.LockSubset | NotCovered:
    """Return what `request` selects of `lock` in `region`; all of it where it selects nothing. Raises UsageError."""
    if request.selection.is_silent:
        return subset.part(lock, region)
    choice = known_selection(request.selection, lock, manifest, is_current=not request.frozen)
    return subset_of(choice, lock, manifest, region & subset.choice(lock, choice.extras, choice.groups))


def _locks(
    lock: Lock, path: str, answer: subset.LockSubset | NotCovered, manifest: Manifest | None, listener: Listener
) -> list[tuple[Lock, str]]:
    """Return the lock and, where something has to be built, that of what builds it, each with its path."""
    built = [entry for entry in answer.entries if entry.is_built] if isinstance(answer, subset.LockSubset) else []
    is_own = manifest is not None and manifest.is_installed
    if not built and not is_own:
        return [(lock, path)]
    needed = build_lock.read(path)
    lacking = [entry for entry in built if not needed or _group(entry) not in needed.groups]
    if lacking:
        them = "it" if len(lacking) == 1 else "them"
        listener.warn(
            f"{', '.join(_title(entry) for entry in lacking)} must be built where no wheel is "
            f"compatible, and the build requirements of {them} are not locked; if needed, add {them} "
            "to `allow-build` and lock again"
        )
    return [(lock, path)] + ([(needed, build_lock_path(path))] if needed and (is_own or lacking != built) else [])


def _title(entry: subset.Entry) -> str:
    return f"{entry.name} {entry.version}".rstrip()


def _group(entry: subset.Entry) -> str:
    # Trees and archives by themselves have no fixed version.
    return build_lock.group_of(entry.name, "" if entry.direct else entry.version)
