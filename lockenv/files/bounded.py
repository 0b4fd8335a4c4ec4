"""Run a program whose output and whose files come from elsewhere: neither may grow without end.

In: words, a directory, an environment, and what may grow how far. Out: what the program printed, or None for one
that was stopped. Never: a shell.
"""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING, Final

from lockenv.files.room import free_bytes
from lockenv.vocabulary import system
from lockenv.vocabulary.dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRINTED: Final = 64 << 20
"""Bytes that a program may print."""
_RESERVE = 64 << 20
"""Bytes that stay free on the disk."""
_PAUSE = 1.0
"""Seconds between two looks at the disk."""


@dataclass(frozen=True, slots=True)
class GrowthLimit:
    """A directory, and by how many bytes a program may make it grow."""

    directory: str
    most: int


def run_bounded(
    words: Sequence[str],
    cwd: str,
    environ: Mapping[str, str],
    growth: GrowthLimit | None = None,
    printed: int = PRINTED,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[bytes] | None:
    """Return what the program printed and its exit code; None when it was stopped, since it went too far.

    Raises OSError when it cannot be started, and TimeoutExpired when it takes longer than `seconds`.
    """
    before = _size(growth.directory) if growth else 0
    with subprocess.Popen(  # noqa: S603 - no shell; whoever calls chose the program
        words, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        if system.is_windows:  # where pipes cannot be waited for
            try:
                out, err = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            return subprocess.CompletedProcess(words, process.returncode, out, err)
        deadline = None if seconds is None else time.monotonic() + seconds
        found = _read(process, growth, before, printed, deadline)
        if found is None:
            _stop(process)
            if deadline is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(words, seconds or 0)
            return None
        return subprocess.CompletedProcess(words, process.wait(), *found)


def _read(
    process: subprocess.Popen[bytes], growth: GrowthLimit | None, before: int, printed: int, deadline: float | None
) -> tuple[bytes, bytes] | None:
    import selectors

    assert process.stdout is not None  # noqa: S101 - both are pipes
    assert process.stderr is not None  # noqa: S101
    parts: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    count, looked = 0, time.monotonic()
    with selectors.DefaultSelector() as selector:
        for descriptor in parts:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(_PAUSE):
                part = os.read(key.fd, 1 << 16)
                parts[key.fd].append(part)
                count += len(part)
                if not part:
                    selector.unregister(key.fd)
            if count > printed or (deadline is not None and time.monotonic() >= deadline):
                return None
            if growth and time.monotonic() - looked >= _PAUSE:
                if _is_too_much(growth, before):
                    return None
                looked = time.monotonic()
    out, err = (b"".join(each) for each in parts.values())
    return out, err


def _is_too_much(growth: GrowthLimit, before: int) -> bool:
    free = free_bytes(growth.directory)
    return (free is not None and free < _RESERVE) or _size(growth.directory) - before > growth.most


def _size(directory: str) -> int:
    total = 0
    for place, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue  # it was a temporary file, and is gone
    return total


def _stop(process: subprocess.Popen[bytes]) -> None:
    # First as a terminal does: git then ends those that it has started.
    process.terminate()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
