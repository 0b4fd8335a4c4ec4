"""Whole files, fetched in parallel and checked before they get their name.

What is wanted (URL, file name, sha256, size) goes in; paths of files with exactly these bytes come out. A file that
is not what was promised never appears under a final name.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Self

from lockenv.errors import MachineError, NetworkError, RefusedError
from lockenv.fetch.fetcher import offline
from lockenv.fetch.find_links import copy, is_in
from lockenv.fetch.local import is_local, open_local, path_of
from lockenv.fetch.transport import TransportError
from lockenv.fetch.urls import shown
from lockenv.fetch.wanted import DownloadedFile, FileRequest
from lockenv.files.atomic import machine_error, make_directory
from lockenv.files.file_state import FileState
from lockenv.files.room import free_bytes
from lockenv.vocabulary.names import Sha256
from lockenv.vocabulary.progress import BYTES, SILENT, Progress, during

if TYPE_CHECKING:
    from _queue import SimpleQueue
    from collections.abc import Callable, Iterator, Sequence

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.transport import Reply

_PART = 1 << 18
_SUFFIXES = (".whl", ".tar.gz", ".zip")
_LOST = "restore it, correct the path where it is declared, or run `lockenv lock --upgrade`"


def archive_path(directory: str, sha256: Sha256, filename: str) -> str:
    """Return where the archive with this digest is kept: `<sha256>.whl`, by the suffix of `filename`."""
    suffix = next((suffix for suffix in _SUFFIXES if filename.endswith(suffix)), ".bin")
    return f"{directory}/{sha256}{suffix}"


def download_all(
    wanted: Sequence[FileRequest], directory: str, fetcher: Fetcher, progress: Progress = SILENT
) -> Iterator[DownloadedFile]:
    """Return each wanted file as soon as it is there and checked, in the order in which they finish.

    A file that `directory` holds already is hashed instead of fetched; a damaged one is fetched again. `progress`
    advances by bytes, from the calling thread, with the name of the largest file under way, and goes back by what a
    broken transfer had counted. Raises NetworkError, RefusedError (`hash-mismatch`, `size-mismatch`) or MachineError;
    files finished by then stay.
    """
    from _queue import SimpleQueue

    if fetcher.settings.offline:
        _check_all_there(wanted, directory, fetcher)
    make_directory(directory)
    events: SimpleQueue[Any] = SimpleQueue()
    waiting = [fetcher.pool.submit(_worker(fetcher, file, directory, events)) for file in wanted]
    left = len(wanted)
    started: dict[str, FileRequest] = {}
    while left:
        if waiting and not fetcher.pool.has_threads:
            waiting.pop(0).result()
        match _next(events):
            case (int(count), FileRequest() as file):
                started[file.url] = file
                progress.advance(count, _title(max(started.values(), key=lambda each: each.size or 0)))
            case DownloadedFile() as done:
                left -= 1
                started.pop(done.wanted.url, None)
                yield done
            case BaseException() as error:
                raise error


def download(wanted: FileRequest, directory: str, fetcher: Fetcher, progress: Progress = SILENT) -> DownloadedFile:
    """Return one wanted file; as `download_all`, in the calling thread."""
    make_directory(directory)
    with during(progress, "downloading", wanted.size, BYTES):
        return _obtain(fetcher, wanted, directory, lambda count: progress.advance(count, _title(wanted)))


def _title(file: FileRequest) -> str:
    """Return what a person calls a file: of a wheel its project and version."""
    return " ".join(file.filename.split("-")[:2]) if file.filename.endswith(".whl") else file.filename


def _check_all_there(wanted: Sequence[FileRequest], directory: str, fetcher: Fetcher) -> None:
    missing = [
        file.filename
        for file in wanted
        if not is_local(fetcher.located(file.url))
        and (
            file.sha256 is None
            or not (
                os.path.isfile(archive_path(directory, file.sha256, file.filename))
                or is_in(file, fetcher.settings.folders)
            )
        )
    ]
    if missing:
        raise NetworkError(
            f"these files are not in the cache and cannot be downloaded with --offline: {', '.join(sorted(missing))}",
            hint="run the command once without --offline",
        )


def _worker(fetcher: Fetcher, wanted: FileRequest, directory: str, events: SimpleQueue[Any]) -> Callable[[], None]:
    def work() -> None:
        try:
            events.put(_obtain(fetcher, wanted, directory, lambda count: events.put((count, wanted))))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that consumes the events
            events.put(error)

    return work


def _next(events: SimpleQueue[Any]) -> object:
    from _queue import Empty

    while True:
        try:
            # In slices, since an endless wait cannot be interrupted on Windows.
            return events.get(timeout=0.5)
        except Empty:
            continue


def _obtain(fetcher: Fetcher, wanted: FileRequest, directory: str, advance: Callable[[int], None]) -> DownloadedFile:
    if wanted.sha256 is not None:
        path = archive_path(directory, wanted.sha256, wanted.filename)
        state = _state_of_intact(path, wanted.sha256)
        if state is not None:
            check_hashes(path, wanted.filename, wanted.hashes)
            advance(state.size)
            return DownloadedFile(wanted=wanted, path=path, sha256=wanted.sha256, state=state)
    temporary = os.path.join(directory, f".part.{os.getpid()}.{os.urandom(8).hex()}")
    try:
        digest = _from_folders(fetcher, wanted, temporary, advance)
        if digest is None:
            digest = _from_places(fetcher, wanted, temporary, advance)
        # Its name is not known to anyone else yet, so these are the bytes that were hashed while they were written.
        state = FileState.of(os.lstat(temporary))
        check_hashes(temporary, wanted.filename, wanted.hashes)
        path = archive_path(directory, digest, wanted.filename)
        os.replace(temporary, path)
    except OSError as error:
        _remove_left(temporary)
        raise machine_error(error, temporary) from error
    except BaseException:
        _remove_left(temporary)
        raise
    return DownloadedFile(wanted=wanted, path=path, sha256=digest, state=state)


def _from_folders(
    fetcher: Fetcher, wanted: FileRequest, temporary: str, advance: Callable[[int], None]
) -> Sha256 | None:
    if wanted.sha256 is None or not fetcher.settings.folders:
        return None

    size = copy(wanted, fetcher.settings.folders, temporary, fetcher.notes)
    if size is None:
        return None
    advance(size)
    return wanted.sha256


def _from_places(fetcher: Fetcher, wanted: FileRequest, temporary: str, advance: Callable[[int], None]) -> Sha256:
    """Fetch a file from the first place that has it; only one whose hash is known may come from more than one."""

    def consume(reply: Reply, final: str) -> Sha256:
        if reply.status != 200:
            raise fetcher.exchange.declined(reply, final)
        return _write(reply, wanted, temporary, advance, fetcher.settings)

    own = fetcher.located(wanted.url)
    first: NetworkError | RefusedError | None = None
    for url in [own] if wanted.sha256 is None else fetcher.places(wanted, own):
        try:
            digest = _get(fetcher, url, consume)
        except (NetworkError, RefusedError) as error:
            fetcher.failed(url, error)
            # What was refused at its own place says more than that another place could not be reached.
            first = error if first is None or url == own else first
            continue
        if first is not None:
            why = "not from another location" if url == own else "because its own URL failed"
            fetcher.notes.append(f"{wanted.filename} was downloaded from {shown(url)}, {why}: {first.message}")
        return digest
    raise first or offline(wanted.url)


def _get(fetcher: Fetcher, url: str, consume: Callable[[Reply, str], Sha256]) -> Sha256:
    if is_local(url):
        with closing(open_local(url)) as reply:
            if reply.status != 200:
                path = os.path.normpath(path_of(url))
                raise NetworkError(f"{path} does not exist", hint=_LOST)
            try:
                return consume(reply, url)
            except TransportError as fault:
                raise RefusedError(
                    "size-mismatch",
                    f"{path_of(url)} does not match the lockfile: {fault.reason}",
                    hint="find out why the file changed, or restore it",
                ) from fault
    if fetcher.settings.offline:
        raise offline(url)
    fetcher.requests += 1
    return fetcher.exchange.get(url, {}, consume)


def _write(
    reply: Reply, wanted: FileRequest, path: str, advance: Callable[[int], None], settings: FetchSettings
) -> Sha256:
    import hashlib

    # RFC 9110 section 12.5.3 lets a server encode although "identity" was asked for; a file is its bytes as hashed.
    if reply.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise RefusedError(
            "content-encoding",
            f"{wanted.filename}: the server sent an unrequested content encoding",
            hint="report this to those who run the server, or use another index",
        )
    digest = hashlib.sha256()
    most = _most(reply, wanted, path, settings)
    with _Part(path, advance) as part_file:
        for part in _checked_parts(reply, wanted, most):
            digest.update(part)
            part_file.write(part)
    found = Sha256(digest.hexdigest())
    if wanted.sha256 not in (None, found):
        raise RefusedError(
            "hash-mismatch",
            f"hash mismatch for {wanted.filename}: expected sha256 {wanted.sha256}, downloaded {found}",
            hint="find out why the file behind this URL changed before you use it",
        )
    return found


def _most(reply: Reply, wanted: FileRequest, path: str, settings: FetchSettings) -> int:
    """Return how many bytes may come: those that are stated; else a limit, in at most half of the room that is left.

    Raises RefusedError when more are stated than are allowed, MachineError when there is no room for them.
    """
    directory = os.path.dirname(path)
    length = reply.headers.get("content-length", "")
    stated = wanted.size if wanted.size is not None or not length.isdecimal() else int(length)
    free = free_bytes(directory)
    if stated is None:
        return settings.unstated_limit if free is None else min(settings.unstated_limit, free // 2)
    if stated > settings.download_limit:
        raise _too_large(wanted, settings.download_limit)
    if free is not None and stated > free:
        raise MachineError(
            f"not enough space in {directory}: {wanted.filename} needs {stated} bytes, {free} are free",
            hint="free space on this filesystem and run the command again",
        )
    return stated


def _checked_parts(reply: Reply, wanted: FileRequest, most: int) -> Iterator[bytes]:
    """Return the body in parts; reads at most one byte beyond the `most` that may come."""
    count = 0
    while part := reply.read(min(_PART, most + 1 - count)):
        count += len(part)
        if count > most:
            raise _too_large(wanted, most) if wanted.size is None else _wrong_size(wanted, f"more than {wanted.size}")
        yield part
    if wanted.size is not None and count < wanted.size:
        if "content-length" not in reply.headers:
            # Without a length, the end of the connection is all that distinguishes a whole body from a cut one.
            raise TransportError(f"the download ended after {count} of {wanted.size} bytes")
        raise _wrong_size(wanted, str(count))


class _Part:
    """A new file that counts what was written to it, and takes the count back when the transfer breaks."""

    def __init__(self, path: str, advance: Callable[[int], None]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(path, flags, 0o644)
        self._advance = advance
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        os.close(self._descriptor)
        if kind is not None:
            self._advance(-self._count)

    def write(self, part: bytes) -> None:
        view = memoryview(part)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._count += len(part)
        self._advance(len(part))


def _too_large(wanted: FileRequest, limit: int) -> RefusedError:
    return RefusedError(
        "too-large",
        f"{wanted.filename} is larger than the limit of {limit} bytes",
        hint="if this size is expected, set LOCKENV_MAX_DOWNLOAD to a larger number of bytes",
    )


def _wrong_size(wanted: FileRequest, found: str) -> RefusedError:
    return RefusedError(
        "size-mismatch",
        f"size mismatch for {wanted.filename}: expected {wanted.size} bytes, the server sends {found}",
        hint="find out why the file behind this URL changed before you use it",
    )


def _state_of_intact(path: str, sha256: Sha256) -> FileState | None:
    """Return the state that the file at `path` had before it was hashed; None unless it has this digest."""
    import hashlib

    try:
        with open(path, "rb") as file:
            state = FileState.of(os.fstat(file.fileno()))
            return state if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else None
    except OSError:
        return None


def check_hashes(path: str, filename: str, hashes: Sequence[tuple[str, str]]) -> None:
    """Raise RefusedError unless the file at `path` has each of `hashes` but its sha256, which was compared already.

    Raises MachineError when it cannot be read.
    """
    others = [each for each in hashes if each[0] != "sha256"]
    if not others:
        return
    import hashlib

    for algorithm, locked in others:
        try:
            with open(path, "rb") as file:
                found = hashlib.file_digest(file, algorithm).hexdigest()
        except OSError as error:
            raise machine_error(error, path) from error
        if found != locked:
            raise RefusedError(
                "hash-mismatch",
                f"hash mismatch for {filename}: expected {algorithm} {locked}, the file with the locked "
                f"sha256 has {found}",
                hint="the lockfile was changed: its hashes are of different files; restore it from version control",
            )


def _remove_left(temporary: str) -> None:
    # What stays does no harm, and `cache prune` removes it.
    with suppress(OSError):
        os.unlink(temporary)
