"""Let one process at a time change an environment, or a part of the cache.

In: the path of a lock file. Out: a held lock. The system lets go when the holder dies, so that a file left behind
never blocks; the files themselves are never removed, for a removed one could be held by two.
"""

from __future__ import annotations

import errno
import os
import time

from lockenv.errors import MachineError
from lockenv.files import faults
from lockenv.vocabulary import system
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_contextlib import contextmanager

TYPE_CHECKING = False

if TYPE_CHECKING:
    import fcntl
    from collections.abc import Callable, Iterator

    from lockenv.files import atomic, windows_api
else:
    fcntl = late("fcntl")
    atomic = late("lockenv.files.atomic")
    windows_api = late("lockenv.files.windows_api")

_PAUSE = 0.05
"""Seconds between two tries while another process holds the lock."""

_ELSEWHERE = (
    "mount this file system with locks, or choose another one with --venv for the environment, "
    "or LOCKENV_CACHE_DIR for the cache"
)
_BUSY = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})


def _try(descriptor: int, *, shared: bool) -> None:
    """Lock an open file without waiting. Raises OSError, with one of `_BUSY` where another process holds it."""
    if system.is_windows:
        windows_api.lock(descriptor, shared=shared)
    else:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


@contextmanager
def hold(
    path: str,
    *,
    shared: bool = False,
    waiting: Callable[[str], None] | None = None,
    timeout: float | None = None,
) -> Iterator[None]:
    """Hold the lock at `path`; a `shared` one with others that share it, else alone.

    `waiting` is called with the path, once, when another process holds it. `timeout` is in seconds, None for ever; when
    it is over, or when the filesystem cannot lock, MachineError is raised.
    """
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, shared, waiting, timeout)
        yield
    finally:
        os.close(descriptor)


def _open(path: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        faults.reach("lock.open")
        try:
            return os.open(path, flags, 0o644)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            return os.open(path, flags, 0o644)
    except OSError as error:
        raise atomic.machine_error(error, path) from error


def _acquire(
    descriptor: int, path: str, shared: bool, waiting: Callable[[str], None] | None, timeout: float | None
) -> None:
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        try:
            faults.reach("lock.flock")
            _try(descriptor, shared=shared)
        except OSError as error:
            if error.errno not in _BUSY:
                raise MachineError(f"cannot lock {path}: {error.strerror}", hint=_ELSEWHERE) from error
        else:
            return
        if waiting is not None:
            waiting(path)
            waiting = None
        if end is not None and time.monotonic() >= end:
            raise MachineError(
                f"{path} is still in use by another process", hint="wait for it to finish and run the command again"
            )
        time.sleep(_PAUSE)
