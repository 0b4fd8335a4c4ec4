"""The calls that one process makes for another: what goes through the pipes between them, and the loop of the other.

In: the module of a function, its name, and its arguments. Out: the bytes that it returns, or None for whatever else
came of it. Never: knowing what a call means.
"""

from __future__ import annotations

import marshal
import sys
import time

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO, Any


_UNUSED = ("msgspec.inspect", "msgspec._json_schema")
"""Modules that msgspec loads for those who describe types; decoding takes nothing from them."""


_questions = -1
"""In a process that answers calls: the pipe through which it is asked."""


class _Unused(type(sys)):  # type: ignore[misc]  # the type of modules
    """A module of which everything is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer calls until there are no more: the main function of such a process."""
    global _questions  # noqa: PLW0603 - the state of the whole process
    import gc
    import signal

    _questions = questions.fileno()
    # Ctrl-C reaches every process of a terminal; this one ends with the first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a call makes is gone when it ends; looking for cycles in it meanwhile only takes time.
    gc.disable()
    while True:
        try:
            question = received(questions)
        except EOFError:
            return
        if isinstance(question, list):
            # No call: some of these modules will come.
            load(question)
            continue
        module, name, *arguments = question
        start = time.monotonic() - time.process_time()
        try:
            load([module])
            answer = getattr(sys.modules[module], name)(*arguments)
        except Exception:  # noqa: BLE001 - the caller makes the call again, and raises whatever it is where it counts
            answer = None
        send((answer, time.monotonic() - time.process_time() - start), answers)


def is_forsaken() -> bool:
    """Return whether no one waits for the answer to this call: the process that asked has ended. POSIX only."""
    from select import POLLHUP, poll

    asked = poll()
    asked.register(_questions, 0)
    return any(event & POLLHUP for _, event in asked.poll(0))


def load(modules: Sequence[str]) -> None:
    """Load modules, as far as they can be loaded; what follows a colon is a function that makes more ready."""
    loaded: dict[str, Any] = sys.modules
    # Where it is installed, msgspec prefers it to `typing`, which has the same, and takes twice as long to load.
    loaded.setdefault("typing_extensions", None)
    # No call makes an encrypted connection, and `http.client` takes a third less time to load without what that needs.
    loaded.setdefault("ssl", None)
    for name in _UNUSED:
        loaded.setdefault(name, _Unused(name))
    for each in modules:
        module, _, function = each.partition(":")
        try:
            __import__(module)
        except ImportError:
            continue  # a decoder that is compiled is not there for every interpreter
        if function:
            getattr(loaded[module], function)()


def send(message: Any, stream: IO[bytes] | None) -> None:
    """Write what `received` reads. Raises OSError."""
    if stream is None:
        raise EOFError
    stream.write(marshal.dumps(message))
    stream.flush()


def received(stream: IO[bytes] | None) -> Any:
    """Return what `send` wrote. Raises EOFError, or ValueError or TypeError for what it did not write."""
    if stream is None:
        raise EOFError
    return marshal.load(stream)  # noqa: S302 - from our own process, by the same interpreter


def processors() -> int:
    """Return how many processors this process may use."""
    import os

    # Not those of the machine: a container may be allowed fewer.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
