"""Look-ups as a resolver answers them, late or never, and real sockets on this machine."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.fetch.host_addresses import HostAddresses, look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = list[tuple[Any, ...]]

HOST = "index.example"
PATIENT = 60.0


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A socket that accepts connections at 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield listening


def found(*addresses: str, port: int) -> Answer:
    kinds = {True: socket.AF_INET6, False: socket.AF_INET}
    return [(kinds[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]


class Resolver:
    """Answers the look-ups one after the other with what `answers` hold, the last of them again and again."""

    def __init__(self, *answers: Callable[[int], Answer]) -> None:
        self.asked: list[str] = []
        self._answers = answers
        self._lock = threading.Lock()

    def __call__(self, host: str, port: int, *_: int) -> Answer:
        with self._lock:
            self.asked.append(host)
            answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        return answer(port)


def here(port: int) -> Answer:
    return found("127.0.0.1", port=port)


def test_forty_connections_look_up_their_host_once(server: socket.socket) -> None:
    begun, answered = threading.Semaphore(0), threading.Event()

    def slow(port: int) -> Answer:
        answered.wait(PATIENT)
        return here(port)

    resolver = Resolver(slow)
    addresses = HostAddresses(resolver, PATIENT)
    peers: list[tuple[str, int]] = []

    def connect() -> None:
        begun.release()
        with addresses.connect(HOST, server.getsockname()[1], PATIENT) as sock:
            peers.append(sock.getpeername())

    threads = [threading.Thread(target=connect) for _ in range(40)]
    for thread in threads:
        thread.start()
    for _ in threads:
        begun.acquire(timeout=PATIENT)
    answered.set()
    for thread in threads:
        thread.join()

    assert (peers, resolver.asked) == ([server.getsockname()] * 40, [HOST])


def test_lost_answer_is_not_waited_for(server: socket.socket) -> None:
    over = threading.Event()

    def lost(_port: int) -> Answer:
        over.wait(PATIENT)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    resolver = Resolver(lost, here)
    with HostAddresses(resolver, 0.01).connect(HOST, server.getsockname()[1], PATIENT) as sock:
        peer = sock.getpeername()
    over.set()

    assert (peer, resolver.asked) == (server.getsockname(), [HOST, HOST])


def test_failed_look_up_is_made_again_for_the_next_connection(server: socket.socket) -> None:
    def fails(_port: int) -> Answer:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    addresses = HostAddresses(Resolver(fails, here), PATIENT)
    port = server.getsockname()[1]
    with pytest.raises(socket.gaierror, match="Temporary failure"):
        addresses.connect(HOST, port, PATIENT)

    with addresses.connect(HOST, port, PATIENT) as sock:
        assert sock.getpeername() == server.getsockname()


def test_address_that_refuses_is_followed_by_the_next(server: socket.socket) -> None:
    addresses = HostAddresses(lambda _, port, *__: found("127.0.0.2", "127.0.0.1", port=port), PATIENT)

    with addresses.connect(HOST, server.getsockname()[1], PATIENT) as sock:
        assert sock.getpeername() == server.getsockname()


def test_address_that_does_not_answer_is_followed_by_the_next(server: socket.socket) -> None:
    with socket.socket() as full:
        # Its queue has one place, which the first connection takes.
        full.bind(("127.0.0.2", server.getsockname()[1]))
        full.listen(0)
        with socket.create_connection(full.getsockname()), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(full.getsockname())
            addresses = HostAddresses(lambda _, port, *__: found("127.0.0.2", "127.0.0.1", port=port), PATIENT)

            with addresses.connect(HOST, server.getsockname()[1], PATIENT) as sock:
                assert sock.getpeername() == server.getsockname()


def test_families_are_tried_by_turns(server: socket.socket) -> None:
    port = server.getsockname()[1]
    try:
        other = socket.create_server(("::1", port), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    addresses = HostAddresses(lambda _, port, *__: found("127.0.0.2", "127.0.0.1", "::1", port=port), PATIENT)

    with other, addresses.connect(HOST, port, PATIENT) as sock:
        assert sock.family == socket.AF_INET6


def test_address_that_accepted_is_the_first_of_the_next_connection(server: socket.socket) -> None:
    port = server.getsockname()[1]
    addresses = HostAddresses(lambda _, port, *__: found("127.0.0.2", "127.0.0.1", port=port), PATIENT)
    addresses.connect(HOST, port, PATIENT).close()

    with (
        socket.create_server(("127.0.0.2", port)),
        addresses.connect(HOST, port, PATIENT) as sock,
    ):
        assert sock.getpeername() == server.getsockname()


def test_host_without_an_address_that_accepts_is_looked_up_again(server: socket.socket) -> None:
    resolver = Resolver(lambda port: found("127.0.0.2", "127.0.0.3", port=port), here)
    addresses = HostAddresses(resolver, PATIENT)
    port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        addresses.connect(HOST, port, PATIENT)

    with addresses.connect(HOST, port, PATIENT) as sock:
        assert (sock.getpeername(), resolver.asked) == (server.getsockname(), [HOST, HOST])


@pytest.mark.parametrize("host", [f"{'a' * 64}.example", "index..example"])
def test_invalid_host_name_is_not_found(host: str) -> None:
    with pytest.raises(socket.gaierror, match="a label is empty or longer than 63 bytes"):
        HostAddresses(look_up).connect(host, 443, PATIENT)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_plain_name_is_looked_up_as_the_system_does(host: str) -> None:
    assert look_up(host, 443, 0, socket.SOCK_STREAM) == socket.getaddrinfo(host, 443, 0, socket.SOCK_STREAM)
