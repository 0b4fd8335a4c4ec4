"""`lockenv bundle`: every file that some environments need, with a lock of them, for machines without a network."""

from __future__ import annotations

import os
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import TYPE_CHECKING

from lockenv.builds import build_lock
from lockenv.errors import ExitCode, InputError, MachineError
from lockenv.lockfile import bundled, subset
from lockenv.lockfile.paths import LOCK, build_lock_path, relative
from lockenv.lockfile.select import NotCovered
from lockenv.operations import load
from lockenv.operations.environments import regions
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.direct import Commit
from lockenv.vocabulary.markers import NEVER
from lockenv.vocabulary.printable import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.console import Console
    from lockenv.context.settings import Settings
    from lockenv.fetch.wanted import Downloaded
    from lockenv.lockfile.bundled import Carried
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Manifest
    from lockenv.vocabulary.markers import Marker
    from lockenv.vocabulary.pin import Selected

    Files = Mapping[str, Selected]
    """Each file by its name."""

_PART = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `lockenv bundle` was asked."""

    directory: str
    for_python: list[str]
    for_platform: list[str]
    all: bool
    find_links: list[str]
    frozen: bool
    lockfile: str
    requirements: list[str]


def run(options: Options, settings: Settings, console: Console) -> ExitCode:
    """Put the files and the lock into the directory, the lock last; or tell why not. A stale lock is refused."""
    project = load.project(settings, options.requirements, options.lockfile)
    lock = load.needed_lock(project)
    manifest = load.manifest(project, settings, lock) if project.is_declared else None
    if manifest is not None and not options.frozen:
        from lockenv.report import lock_check

        if lock_check.usable(lock, manifest, project.lock_name, settings, console) is not ExitCode.YES:
            return ExitCode.NO
    directory = os.path.join(settings.directory, options.directory)
    if os.path.realpath(directory) == os.path.realpath(os.path.dirname(project.lock)):
        raise InputError(f"{options.directory} holds the lock itself", hint="name another directory")
    back = _back(directory, project.base)
    chosen = regions(options, lock, project, settings)
    parts = []
    for one, path in _locks(lock, project.lock, chosen, manifest, console):
        answer = subset.part(one, reduce(or_, (marker for _, marker in chosen), NEVER))
        if isinstance(answer, NotCovered):
            console.answer_no(
                f"{one.file} has not everything that a bundle for {_named(chosen)} needs",
                [(reason, None) for reason in answer.reasons],
                hint="choose other environments with --python and --platform",
            )
            return ExitCode.NO
        parts.append((one, path, answer))
        _tell_local(answer, options.directory, console, is_beside=bool(back))
    files = _files([answer for _, _, answer in parts])
    trees = _fetch(files, directory, settings, manifest, console, base=project.base, commits=_commits(parts))
    for one, path, answer in reversed(parts):
        place = os.path.join(directory, os.path.basename(path))
        _write(one, answer, () if options.all else chosen, place, trees, back)
    count = len(files) + len(trees)
    console.say(f"{relative(directory)} holds {counted(count, 'file')} for {_named(chosen)}")
    console.say(f"`lockenv sync --from {relative(directory)}` needs no network")
    return ExitCode.YES


def _back(directory: str, base: str) -> str:
    """Give the way from a bundle to the directory of the lock, where the bundle lies below that; else nothing."""
    directory, base = os.path.realpath(directory), os.path.realpath(base)
    return os.path.relpath(base, directory).replace(os.sep, "/") if directory.startswith(f"{base}{os.sep}") else ""


def _tell_local(answer: subset.Part, bundle: str, console: Console, *, is_beside: bool) -> None:
    """Tell what becomes of directories: they belong to the project, and travel with it."""
    names = ", ".join(entry.name for entry in answer.local)
    if names and is_beside:
        console.note(f"directories of the project are not copied into {bundle}; take them along: {names}")
    elif names:
        console.warn(
            f"directories of the project are left out of {bundle}/{LOCK}: {names}; in the project, "
            f"`lockenv sync --from {bundle}` installs them"
        )


def _named(chosen: Sequence[tuple[str, Marker]]) -> str:
    return " and ".join(name for name, _ in chosen)


def _locks(
    lock: Lock, path: str, chosen: Sequence[tuple[str, Marker]], manifest: Manifest | None, console: Console
) -> list[tuple[Lock, str]]:
    """Give the lock and, where something has to be built, that of what builds it, each with its path."""
    answer = subset.part(lock, reduce(or_, (marker for _, marker in chosen), NEVER))
    built = [entry for entry in answer.entries if entry.is_built] if isinstance(answer, subset.Part) else []
    is_own = manifest is not None and manifest.is_buildable
    if not built and not is_own:
        return [(lock, path)]
    needed = build_lock.read(path)
    lacking = [entry for entry in built if not needed or _group(entry) not in needed.groups]
    if lacking:
        them = "it" if len(lacking) == 1 else "them"
        console.warn(
            f"{', '.join(_title(entry) for entry in lacking)} must be built where no wheel serves, and nothing tells "
            f"what builds {them}: name {them} in `allow-build` and lock again where that matters"
        )
    return [(lock, path)] + ([(needed, build_lock_path(path))] if needed and (is_own or lacking != built) else [])


def _title(entry: subset.Entry) -> str:
    return f"{entry.name} {entry.version}".rstrip()


def _group(entry: subset.Entry) -> str:
    # Trees and archives by themselves have no fixed version.
    return build_lock.group_of(entry.name, "" if entry.direct else entry.version)


def _files(parts: Sequence[subset.Part]) -> Files:
    from lockenv.vocabulary.pin import Selected

    found: dict[str, Selected] = {}
    for one in parts:
        for entry in one.entries:
            for file, hashes in entry.files:
                new = Selected(name=entry.name, version=entry.version, file=file, hashes=hashes, index=entry.index)
                name = bundled.filename(file.filename, entry.name, hashes) if entry.direct else file.filename
                if found.setdefault(name, new).hashes != hashes:
                    raise InputError(
                        f"the lock has two files {name} with other bytes, which cannot lie side by side",
                        hint="choose environments that need one of them",
                    )
    return found


def _commits(parts: Sequence[tuple[Lock, str, subset.Part]]) -> list[subset.Entry]:
    return [entry for _, _, answer in parts for entry in answer.entries if isinstance(entry.direct, Commit)]


def _fetch(
    files: Files,
    directory: str,
    settings: Settings,
    manifest: Manifest | None,
    console: Console,
    *,
    base: str,
    commits: Sequence[subset.Entry],
) -> Mapping[int, Carried]:
    """Put each file into the directory, checked, and an archive of each commit, which is given by its position.

    Paths of the lock are seen from `base`.
    """
    from lockenv.builds.bundled_commits import carry
    from lockenv.context.access import fetcher
    from lockenv.context.mirrors import prepare
    from lockenv.fetch.downloads import download_all
    from lockenv.fetch.wanted import Wanted

    indexes = manifest.indexes if manifest else ()
    names = {(one.file.filename, one.hashes): name for name, one in files.items()}
    wanted = {
        Wanted(
            url=one.file.url,
            filename=one.file.filename,
            sha256=one.file.sha256,
            size=one.file.size,
            hashes=one.hashes,
        ): one
        for one in files.values()
    }
    progress = console.progress()
    with fetcher(settings, indexes, base=base) as source:
        prepare(source, list(files.values()), indexes, settings)
        progress.begin("downloading", sum(one.size or 0 for one in wanted) or None)
        try:
            for done in download_all(list(wanted), source.settings.archives, source, progress):
                one = wanted[done.wanted]
                _put(done, os.path.join(directory, names[one.file.filename, one.hashes]))
        finally:
            progress.end()
        carried = carry(commits, directory, settings, source, manifest.allowed_hosts if manifest else ())
    for note in sorted(source.notes):
        console.note(note)
    return carried


def _put(done: Downloaded, target: str) -> None:
    """Copy a checked file to `target`, unless it is there."""
    import shutil

    from lockenv.files.atomic import machine_error

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
        raise MachineError(f"cannot read {path}: {error.strerror or error}") from error
    return found.hexdigest()


def _write(
    lock: Lock,
    answer: subset.Part,
    chosen: Sequence[tuple[str, Marker]],
    path: str,
    trees: Mapping[int, Carried],
    back: str,
) -> None:
    """Write the lock of a part; where none is chosen, for the environments that `lock` has."""
    from lockenv.files.atomic import replace
    from lockenv.lockfile.digest import sealed_text
    from lockenv.lockfile.text import write

    environments, seen = [], NEVER
    reach = answer.region.without_extras_and_groups()
    for _, marker in chosen:
        region = marker & reach & ~seen
        seen |= region
        if region is not NEVER:
            environments.append(region)
    document = bundled.document(lock, answer, environments, trees, back)
    text = sealed_text(document) if lock.own is not None else write(document)
    replace(path, text.encode(), durable=True)
