"""Where servers are: each host is looked up once a run, and its addresses are tried beside one another.

In: a host and a port. Out: a connected socket. Never: choosing which hosts may be reached, or encrypting.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from _queue import Empty, SimpleQueue
from _thread import allocate_lock, start_new_thread
from collections import deque
from contextlib import suppress
from errno import EINPROGRESS, ETIMEDOUT, EWOULDBLOCK
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

from lockenv.fetch.parallel import Task
from lockenv.vocabulary.dataclasses import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    LookUp = Callable[[str, int, int, int], Sequence[tuple[Any, ...]]]
    """Called, and answers, as `socket.getaddrinfo` does."""

_ATTEMPT_DELAY = 0.25
"""Seconds. RFC 8305, section 5: "One recommended value for a default delay is 250 milliseconds"."""
_UNANSWERED = 1.0
"""Seconds; a resolver waits for five before it asks again, when one packet is lost."""
_LONG_LABEL = 64
"""Bytes. RFC 1035, section 2.3.4: "labels 63 octets or less"."""
_LOOK_UPS = 3
"""Of one host at once, at most."""


class HostAddress(NamedTuple):
    """One address of a host."""

    family: int
    place: tuple[Any, ...]
    """As `socket.connect` takes it."""


class HostAddresses:
    """Connects to hosts during one run. Safe to use from several threads."""

    def __init__(self, look_up: LookUp, unanswered: float = _UNANSWERED) -> None:
        """Ask `look_up`, and again when it has not answered after `unanswered` seconds."""
        self._look_up = look_up
        self._unanswered = unanswered
        self._known: dict[tuple[str, int], Task[tuple[HostAddress, ...]]] = {}
        self._used: dict[tuple[str, int], HostAddress] = {}
        """The address that accepted the last connection."""
        self._lock = allocate_lock()

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a socket that is connected to `host`, with `timeout` seconds for each operation and each address.

        Raises the OSError of the look-up, or that of the address that failed last; the next call looks up again.
        """
        key = (host, port)
        with self._lock:
            task = self._known.setdefault(key, Task(partial(self._addresses, host, port)))
        try:
            # Threads that come meanwhile wait for the same look-up.
            addresses = task.result()
            # RFC 8305, section 5: an address that was used before is a better choice than one that was not.
            last = self._used.get(key)
            sock, used = _first_connected(sorted(addresses, key=lambda one: one != last), timeout)
        except OSError:
            with self._lock:
                if self._known.get(key) is task:
                    del self._known[key]
            raise
        self._used[key] = used
        sock.settimeout(timeout)
        return sock

    def _addresses(self, host: str, port: int) -> tuple[HostAddress, ...]:
        """Return the addresses of `host`, families by turns, or raise the OSError of the answer that comes first."""
        ask = partial(self._answer, host, port)
        if ":" in host or host.replace(".", "").isdigit():
            # An address is its own answer.
            return _interleaved(ask())
        answers: SimpleQueue[Task[Sequence[tuple[Any, ...]]]] = SimpleQueue()
        asked = 0
        while True:
            if asked < _LOOK_UPS:
                asked += 1
                _answer_beside(Task(ask), answers)
            with suppress(Empty):
                return _interleaved(answers.get(timeout=self._unanswered).result())

    def _answer(self, host: str, port: int) -> Sequence[tuple[Any, ...]]:
        try:
            return self._look_up(host, port, 0, socket.SOCK_STREAM)
        except UnicodeError as error:
            # Python raises this for a label that is too long, or empty.
            raise socket.gaierror(socket.EAI_NONAME, "a label is empty or longer than 63 bytes") from error


def look_up(host: str, port: int, family: int, kind: int) -> Sequence[tuple[Any, ...]]:
    """Return what `socket.getaddrinfo` answers.

    It is given the bytes of a plain name, as for text it loads the codec of names that are not ASCII.
    """
    is_plain = host.isascii() and all(0 < len(label) < _LONG_LABEL for label in host.removesuffix(".").split("."))
    return socket.getaddrinfo(host.encode() if is_plain else host, port, family, kind)


def _answer_beside(task: Task[Any], answers: SimpleQueue[Task[Any]]) -> None:
    """Put `task` into `answers` when a thread of its own has run it."""

    def answer() -> None:
        task.run()
        answers.put(task)

    try:
        start_new_thread(answer, ())
    except RuntimeError:
        # No more threads are allowed.
        answer()


def _interleaved(answer: Iterable[tuple[Any, ...]]) -> tuple[HostAddress, ...]:
    """Return the addresses of a look-up's `answer`, each once; families by turns, beginning with its first.

    RFC 8305, section 4: "the client SHOULD modify the ordered list to interleave address families".
    """
    families: dict[int, dict[HostAddress, None]] = {}
    for family, _, _, _, place in answer:
        families.setdefault(family, {})[HostAddress(family, place)] = None
    return tuple(one for turn in zip_longest(*families.values()) for one in turn if one is not None)


def _first_connected(addresses: Iterable[HostAddress], timeout: float) -> tuple[socket.socket, HostAddress]:
    """Return the first socket that connects, and its address; the next is tried when one fails or is slow.

    Raises the OSError of the address that failed last, and TimeoutError `timeout` seconds after the last was tried.
    """
    left = deque(addresses)
    failure = OSError("the host has no address")
    until = 0.0
    with selectors.DefaultSelector() as selector:
        try:
            while True:
                if left:
                    until = time.monotonic() + timeout
                    try:
                        _begin(left.popleft(), selector)
                    except OSError as error:
                        failure = error
                        continue
                elif not selector.get_map():
                    raise failure
                ready = selector.select(_ATTEMPT_DELAY if left else max(0.0, until - time.monotonic()))
                if not ready and not left:
                    raise TimeoutError(ETIMEDOUT, os.strerror(ETIMEDOUT))
                for key, _ in ready:
                    try:
                        return _connected(key, selector), key.data
                    except OSError as error:
                        failure = error
        finally:
            for key in selector.get_map().values():
                cast("socket.socket", key.fileobj).close()


def _begin(address: HostAddress, selector: selectors.BaseSelector) -> None:
    """Start to connect to `address`; raises OSError where that fails at once."""
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    sock.setblocking(False)
    code = sock.connect_ex(address.place)
    if code not in (0, EINPROGRESS, EWOULDBLOCK):
        sock.close()
        raise OSError(code, os.strerror(code))
    selector.register(sock, selectors.EVENT_WRITE, address)


def _connected(key: selectors.SelectorKey, selector: selectors.BaseSelector) -> socket.socket:
    """Return the socket of `key`, whose attempt is over; raises OSError where it failed."""
    selector.unregister(key.fileobj)
    sock = cast("socket.socket", key.fileobj)
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        sock.close()
        raise OSError(code, os.strerror(code))
    return sock
