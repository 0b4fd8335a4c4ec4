"""Have every wheel of a plan in the store before anything in an environment changes.

In: what a lock selects. Out: each with its entry in the store, fetched, hashed, inspected and unpacked as far as it was
not there. Work is parallel; results and refusals come in the order of the selection.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from lockenv.errors import InputError, MachineError, RefusedError
from lockenv.fetch.parallel import Pool, Tally
from lockenv.files.atomic import machine_error
from lockenv.files.room import free_bytes
from lockenv.sync.stored_wheel import StoredWheel
from lockenv.sync.wheel_faults import NOTHING, FaultyWheel, FaultyWheelError, unaccepted
from lockenv.sync.wheel_store import StoreAbsence
from lockenv.vocabulary.dataclasses import NamedTuple
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.late import late
from lockenv.vocabulary.printable import counted
from lockenv.vocabulary.progress import BYTES, SILENT, during

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lockenv.environment.venv import Environment
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.parallel import Task
    from lockenv.sync.wheel_store import WheelStore
    from lockenv.vocabulary.manifest import Accepted
    from lockenv.vocabulary.names import Sha256
    from lockenv.vocabulary.progress import Progress
    from lockenv.vocabulary.selected import Selected

    Judge = Callable[[Selected, bytes], None]
    """Raises what speaks against a selected wheel that has this METADATA."""
    from lockenv.fetch import downloads
    from lockenv.fetch import wanted as fetch_wanted
    from lockenv.sync import archive, wheel, wheel_unpacker
else:
    downloads = late("lockenv.fetch.downloads")
    fetch_wanted = late("lockenv.fetch.wanted")
    archive = late("lockenv.sync.archive")
    wheel = late("lockenv.sync.wheel")
    wheel_unpacker = late("lockenv.sync.wheel_unpacker")


_UNPACKED_AT_ONCE = 16
"""Wheels: each holds a few MiB meanwhile, and more processors would wait for the disk."""


_PART = 1 << 14


class StagedWheels(NamedTuple):
    """Wheels that are ready to be linked."""

    wheels: tuple[tuple[Selected, StoredWheel], ...]
    """In the order of the selection."""
    notes: tuple[str, ...]
    """What the user should know, a sentence each."""


def stage(
    selected: Sequence[Selected],
    store: WheelStore,
    fetcher: Fetcher,
    progress: Progress = SILENT,
    limits: archive.Limits | None = None,
    judge: Judge | None = None,
    accepted: Accepted = NOTHING,
) -> StagedWheels:
    """Return `selected`, which are wheels with a sha256, each with its entry in the store.

    `judge` raises what speaks against a wheel with such METADATA, `accepted` says which faults wheels may have. Raises
    RefusedError, for all wheels with other such faults at once, NetworkError or MachineError; no environment was
    touched then.
    """
    stored: dict[Sha256, StoredWheel] = {}
    notes: list[str] = []
    missing: dict[Sha256, Selected] = {}
    for one in selected:
        sha256 = _digest(one)
        found = store.find(sha256)
        if isinstance(found, StoredWheel) and all(algorithm == "sha256" for algorithm, _ in one.hashes):
            stored[sha256] = found
            continue
        # The store knows a wheel by its sha256; the other hashes that a lock states are those of its archive.
        missing[sha256] = one
        if found is StoreAbsence.DAMAGED:
            notes.append(f"cache entry repaired: {one.file.filename}")
    if (log := fetcher.settings.log) is not None:
        log.step(f"{counted(len(stored), 'wheel')} in the cache, {len(missing)} to fetch and unpack")
    faulty: dict[Sha256, FaultyWheel] = {}
    if missing:
        unpacker = wheel_unpacker.WheelUnpacker(store, fetcher.workers, accepted, limits)
        obtained, faulty = _obtain(missing, unpacker, fetcher, progress)
        stored |= obtained
    for one in selected:
        if (entry := stored.get(_digest(one))) and unaccepted(one.name, entry.faults, accepted):
            faulty[_digest(one)] = FaultyWheel(one.name, one.file.filename, entry.faults)
    if faulty:
        raise FaultyWheelError([faulty[sha256] for one in selected if (sha256 := _digest(one)) in faulty], accepted)
    wheels = tuple((one, stored[_digest(one)]) for one in selected)
    for one, entry in wheels:
        _check_claims(one, entry)
        if judge is not None:
            judge(one, _metadata(entry))
    notes.extend(f"{one.name} {one.version}: {note}" for one, entry in wheels for note in entry.notes)
    return StagedWheels(wheels, tuple(notes))


def check_room(staged: StagedWheels, store: WheelStore, environment: Environment) -> None:
    """Raise MachineError when the staged files must be copied into the environment and have no room there."""
    if staged.wheels and os.stat(environment.root).st_dev != os.stat(store.root).st_dev:
        sizes = (sum(each.files.sizes) for _, entry in staged.wheels for each in entry.directories)
        _check_room(environment.root, sum(sizes))


def _check_room(path: str, needed: int) -> None:
    free = free_bytes(path)
    if free is not None and needed > free:
        raise MachineError(
            f"not enough space in {path}: at least {needed} bytes are needed, {free} are free",
            hint="free space on this filesystem and run the command again",
        )


def _digest(one: Selected) -> Sha256:
    if not isinstance(one.file, Wheel) or one.file.sha256 is None:
        raise InputError(
            f"{one.name} {one.version} has no wheel with a sha256 in the lockfile", hint="run `lockenv lock --upgrade`"
        )
    return one.file.sha256


def _check_claims(one: Selected, entry: StoredWheel) -> None:
    """Raise RefusedError when a lock says something else of the wheel than what the wheel was found to be."""
    filename = one.file.filename
    if one.file.size not in (None, entry.size):
        raise RefusedError(
            "size-mismatch",
            f"size mismatch for {filename}: locked {one.file.size} bytes, the wheel has {entry.size}",
            hint="the lockfile was changed; restore it from version control",
        )
    same = (one.name, one.version) == (entry.name, entry.version)
    if not same and not wheel.is_release(entry.name, entry.version, one.name, one.version):
        raise RefusedError(
            "wheel-dist-info",
            f"{filename} belongs to {entry.name} {entry.version}, not to {one.name} {one.version} as locked",
            hint="the lockfile was changed; restore it from version control",
        )


def _metadata(entry: StoredWheel) -> bytes:
    """Return the METADATA of a stored wheel, whose entry was compared with its manifest. Raises MachineError."""
    for directory in entry.directories:
        if directory.path == entry.dist_info and directory.scheme == entry.root_scheme:
            for file in directory.files:
                if file.name == "METADATA":
                    path = os.path.join(entry.path, file.item)
                    try:
                        return _fields(path)
                    except OSError as error:
                        raise machine_error(error, path) from error
    return b""


def _fields(path: str) -> bytes:
    """Return the fields of a metadata file, as far as a blank line ends them: what follows may be long."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
    try:
        content = b""
        while part := os.read(descriptor, max(_PART, len(content))):
            content += part
            end = content.find(b"\n\n")
            if end >= 0:
                return content[: end + 2]
        return content
    finally:
        os.close(descriptor)


def _obtain(
    missing: dict[Sha256, Selected],
    unpacker: wheel_unpacker.WheelUnpacker,
    fetcher: Fetcher,
    progress: Progress,
) -> tuple[dict[Sha256, StoredWheel], dict[Sha256, FaultyWheel]]:
    """Return the entries of what is `missing`, fetched and unpacked, and the wheels whose faults are not accepted."""
    # The largest first: whoever takes the last one keeps the others waiting for as short as possible.
    wanted = sorted(
        (
            fetch_wanted.FileRequest(
                url=one.file.url, filename=one.file.filename, sha256=sha256, size=one.file.size, hashes=one.hashes
            )
            for sha256, one in missing.items()
        ),
        key=lambda file: -(file.size or 0),
    )
    sizes = [file.size for file in wanted]
    stated = sum(size or 0 for size in sizes)
    # Unpacked files are seldom smaller than the archive beside them: less room than this cannot be enough.
    _check_room(fetcher.settings.cache_dir, 2 * stated)
    unpacker.prepare(len(missing), stated)
    # This thread unpacks, too, when everything is there.
    pool = Pool(max(1, min(os.cpu_count() or 1, _UNPACKED_AT_ONCE) - 1))
    tasks: dict[Sha256, Task[StoredWheel]] = {}
    tally, total = Tally(progress.advance), 0
    with during(progress, "downloading", None if None in sizes else stated, BYTES):
        for done in downloads.download_all(wanted, fetcher.settings.archives, fetcher, progress):
            task = partial(unpacker.unpack, done.path, missing[done.sha256], tally.count, done.state)
            tasks[done.sha256] = pool.submit(task)
            total += done.state.size
    with during(progress, "unpacking", total, BYTES):
        return _unpacked(missing, tasks, tally, progress)


def _unpacked(
    missing: Mapping[Sha256, Selected], tasks: Mapping[Sha256, Task[StoredWheel]], tally: Tally, progress: Progress
) -> tuple[dict[Sha256, StoredWheel], dict[Sha256, FaultyWheel]]:
    """Return what `tasks` return, by the order of `missing`, and the faulty wheels; this thread does its part."""
    for sha256, task in tasks.items():
        progress.advance(0, missing[sha256].title)
        task.run()
        tally.report()
    stored, faulty = {}, {}
    for sha256, one in missing.items():
        progress.advance(0, one.title)
        try:
            stored[sha256] = tasks[sha256].result(tally.report)
        except FaultyWheelError as error:
            (faulty[sha256],) = error.wheels
        tally.report()
    return stored, faulty
