"""Worker processes that are copies of this one: what it has loaded, none of them loads again.

In: the modules that calls will be of, before any thread runs. Out: processes that answer as `worker_calls.serve` does.
The first copy loads the modules and copies itself. Never: a copy of a process with threads; a copy that outlives the
pipe of its questions, keeps a file of this process open, or writes to its terminal.
"""

from __future__ import annotations

import gc
import os
import signal

from lockenv.fetch import worker_calls
from lockenv.vocabulary import late

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO, NoReturn


_LONG = 1 << 24
"""Bytes that are taken and given back, so that the C library keeps the memory of each page for the next one.

Where that is glibc, it otherwise asks the system for each long piece, which then clears it: see mallopt(3), "dynamic".
"""


class ForkedWorker:
    """One copy, as the pipes to it and from it."""

    def __init__(self) -> None:
        """Open the pipes. Raises OSError."""
        self._heard, to = os.pipe()
        try:
            from_, self._says = os.pipe()
        except OSError:
            os.close(self._heard)
            os.close(to)
            raise
        self.stdin = os.fdopen(to, "wb")
        self.stdout = os.fdopen(from_, "rb")
        self.pid = 0
        """Known from the first answer on, or where the process is a child of this one."""
        self._is_child = False

    def kill(self) -> None:
        """End the process. One that has not answered yet ends when it finds the pipe of its questions closed."""
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def communicate(self) -> None:
        """Close the pipes, and come back when the process is over."""
        _close(self.stdin)
        self.stdout.read()
        self.stdout.close()
        if self._is_child:
            os.waitpid(self.pid, 0)
        self.pid, self._is_child = 0, False

    def is_child(self, process: int) -> None:
        """Note that the process is `process`, a child of this one."""
        self.pid, self._is_child = process, True

    def handed_over(self) -> None:
        """Close the ends of the pipes that belong to the copy."""
        os.close(self._heard)
        os.close(self._says)

    def ends(self) -> tuple[int, int]:
        """Return the ends that belong to the copy: from which it reads, and to which it writes."""
        return self._heard, self._says


def _close(stream: IO[bytes]) -> None:
    """Close a stream whose reader may be gone, and have left what was last written to it."""
    try:
        stream.close()
    except OSError:
        return


def started(modules: Sequence[str], count: int) -> list[ForkedWorker]:
    """Return `count` copies of this process, which load `modules`. Raises OSError where there can be none."""
    made: list[ForkedWorker] = []
    try:
        while len(made) < count:
            made.append(ForkedWorker())
        process = _copied()
    except OSError:
        for each in made:
            each.handed_over()
            each.communicate()
        raise
    if not process:
        _be_copies(modules, [each.ends() for each in made])
    made[0].is_child(process)
    for each in made:
        each.handed_over()
    return made


def _copied() -> int:
    """Return what `fork` does; the copy ignores Ctrl-C, which reaches every process of a terminal, from its beginning.

    Raises OSError.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    process = -1
    try:
        process = os.fork()
        if not process:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def _be_copies(modules: Sequence[str], pipes: list[tuple[int, int]]) -> NoReturn:
    """Be the first copy, and copy this process for the other pipes; answer calls, and end."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.disable()
        late.open_memory = None  # what a copy makes from texts is gone with it: nothing of it is worth remembering
        bytes(_LONG)
        _close_all_but([end for pipe in pipes for end in pipe])
        worker_calls.load(modules)
        own, *others = pipes
        for other in others:
            if not os.fork():
                own = other
                break
        _close_all_but(own)
        heard, says = own
        with os.fdopen(heard, "rb") as questions, os.fdopen(says, "wb") as answers:
            worker_calls.send(os.getpid(), answers)
            worker_calls.serve(questions, answers)
    finally:
        os._exit(0)


def _close_all_but(kept: Sequence[int]) -> None:
    """Close all files but `kept`, and lead the standard streams nowhere."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # that of the directory itself
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.close(null)
