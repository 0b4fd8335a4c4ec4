"""`lockenv bundle`: every file that some environments need, with a lock of them, for machines without a network."""

from __future__ import annotations

import os
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import TYPE_CHECKING

from lockenv.commands import gather, tools
from lockenv.commands.export import tell_local
from lockenv.commands.region import regions
from lockenv.console import counted
from lockenv.errors import ExitCode, InputError, MachineError, RefusedError
from lockenv.lockfile import bundled, part
from lockenv.lockfile.select import NotCovered
from lockenv.vocabulary.dataclasses import dataclass
from lockenv.vocabulary.markers import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockenv.commands.settings import Settings
    from lockenv.console import Console
    from lockenv.fetch.downloads import Downloaded
    from lockenv.lockfile.artifact import Hashes
    from lockenv.lockfile.lock import Lock
    from lockenv.vocabulary.manifest import Index
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
    project = gather.project(settings, options.requirements, options.lockfile)
    lock = gather.needed_lock(project)
    manifest = gather.manifest(project, settings, lock) if project.is_declared else None
    if manifest is not None and not options.frozen:
        from lockenv.commands import verdict

        code = verdict.tell_freshness(lock, manifest, project.lock_name, console)
        if code is not ExitCode.YES:
            return code
    directory = os.path.join(settings.directory, options.directory)
    if os.path.realpath(directory) == os.path.realpath(os.path.dirname(project.lock)):
        raise InputError(f"{options.directory} holds the lock itself", hint="name another directory")
    chosen = regions(options, lock, project, settings)
    parts = []
    for one, path in _locks(lock, project.lock, chosen, console):
        answer = part.part(one, reduce(or_, (marker for _, marker in chosen), NEVER))
        if isinstance(answer, NotCovered):
            console.answer_no(
                f"{one.file} has not everything that a bundle for {_named(chosen)} needs",
                [(reason, None) for reason in answer.reasons],
                hint="choose other environments with --python and --platform, or lock again",
            )
            return ExitCode.NO
        tell_local(answer, console)
        parts.append((one, path, answer))
    files = _files([answer for _, _, answer in parts])
    _fetch(files, directory, settings, manifest.indexes if manifest else (), console, base=project.base)
    for one, path, answer in reversed(parts):
        _write(one, answer, () if options.all else chosen, os.path.join(directory, os.path.basename(path)))
    console.say(f"{gather.relative(directory)} holds {counted(len(files), 'file')} for {_named(chosen)}")
    console.say(f"`lockenv sync --from {gather.relative(directory)}` needs no network")
    return ExitCode.YES


def _named(chosen: Sequence[tuple[str, Marker]]) -> str:
    return " and ".join(name for name, _ in chosen)


def _locks(lock: Lock, path: str, chosen: Sequence[tuple[str, Marker]], console: Console) -> list[tuple[Lock, str]]:
    """Give the lock and, where something has to be built, that of what builds it, each with its path."""
    answer = part.part(lock, reduce(or_, (marker for _, marker in chosen), NEVER))
    built = [entry for entry in answer.entries if entry.sdist] if isinstance(answer, part.Part) else []
    if not built:
        return [(lock, path)]
    needed = tools.read(path)
    lacking = [f"{entry.name} {entry.version}" for entry in built if not needed or _group(entry) not in needed.groups]
    if lacking:
        console.warn(
            f"no wheel of {', '.join(lacking)} serves everywhere, and nothing tells what builds "
            f"{'it' if len(lacking) == 1 else 'them'}: name {'it' if len(lacking) == 1 else 'them'} in `allow-build` "
            "and lock again where that matters"
        )
    return [(lock, path)] + ([(needed, gather.build_lock(path))] if needed and len(lacking) < len(built) else [])


def _group(entry: part.Entry) -> str:
    return tools.group_of(entry.name, entry.version)


def _files(parts: Sequence[part.Part]) -> Files:
    from lockenv.vocabulary.pin import Selected

    found: dict[str, Selected] = {}
    for one in parts:
        for entry in one.entries:
            for file, hashes in entry.files:
                new = Selected(name=entry.name, version=entry.version, file=file, hashes=hashes, index=entry.index)
                if found.setdefault(file.filename, new).hashes != hashes:
                    raise InputError(
                        f"the lock has two files {file.filename} with other bytes, which cannot lie side by side",
                        hint="choose environments that need one of them",
                    )
    return found


def _fetch(
    files: Files, directory: str, settings: Settings, indexes: Sequence[Index], console: Console, *, base: str
) -> None:
    """Put each file into the directory, checked; paths of the lock are seen from `base`."""
    from lockenv.commands.access import fetcher
    from lockenv.commands.elsewhere import prepare
    from lockenv.fetch.downloads import Wanted, download_all

    chosen = list(files.values())
    wanted = [
        Wanted(url=one.file.url, filename=one.file.filename, sha256=one.file.sha256, size=one.file.size)
        for one in chosen
    ]
    progress = console.progress()
    with fetcher(settings, indexes, base=base) as source:
        prepare(source, chosen, indexes, settings)
        progress.begin("downloading", sum(one.size or 0 for one in wanted) or None)
        try:
            for done in download_all(wanted, source.settings.archives, source, progress):
                _put(done, files[done.wanted.filename].hashes, directory)
        finally:
            progress.end()
    for note in sorted(source.notes):
        console.note(note)


def _put(done: Downloaded, hashes: Hashes, directory: str) -> None:
    """Copy a file under its own name, unless it is there; every hash that the lock gives must hold."""
    import shutil

    from lockenv.files.atomic import machine_error

    for algorithm, digest in hashes:
        if algorithm != "sha256" and _digest(done.path, algorithm) != digest:
            raise RefusedError("hash-mismatch", f"{done.wanted.filename}: its {algorithm} is not the locked one")
    target = os.path.join(directory, done.wanted.filename)
    if os.path.isfile(target) and not os.path.islink(target) and _digest(target, "sha256") == done.sha256:
        return
    temporary = os.path.join(directory, f".{sha256(done.wanted.filename.encode()).hexdigest()[:16]}.part")
    try:
        os.makedirs(directory, exist_ok=True)
        shutil.copyfile(done.path, temporary)
        os.replace(temporary, target)
    except OSError as error:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise machine_error(error, target) from error


def _digest(path: str, algorithm: str) -> str:
    import hashlib

    found = hashlib.new(algorithm)
    try:
        with open(path, "rb") as stream:
            while content := stream.read(_PART):
                found.update(content)
    except OSError as error:
        raise MachineError(f"cannot read {path}: {error.strerror or error}") from error
    return found.hexdigest()


def _write(lock: Lock, answer: part.Part, chosen: Sequence[tuple[str, Marker]], path: str) -> None:
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
    document = bundled.document(lock, answer, environments)
    text = sealed_text(document) if lock.own is not None else write(document)
    replace(path, text.encode(), durable=True)
