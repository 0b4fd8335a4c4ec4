"""An answer that does not come does not hold a request that another connection could carry."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from lockenv.fetch.usual_wait import UsualWait
from tests.support.certificates import make, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.fetch.conftest import MakeFetcher

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


class Server:
    """Lets a test decide, for each connection in the order in which they come, when it is answered and with what."""

    def __init__(self, *answers: Callable[[Server], bytes | None], context: ssl.SSLContext | None = None) -> None:
        """An answer is two bytes; None closes the connection without one."""
        self._answers = answers
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.asked = [threading.Event() for _ in answers]
        self.over = threading.Event()
        self.resumed: list[bool] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def close(self) -> None:
        self.over.set()
        self._listening.close()

    def _accept(self) -> None:
        for number in range(len(self._answers)):
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(number, sock), daemon=True).start()

    def _serve(self, number: int, sock: socket.socket) -> None:
        with sock, self._context.wrap_socket(sock, server_side=True) if self._context else sock as stream:
            if self._context:
                self.resumed.append(bool(stream.session_reused))  # type: ignore[attr-defined]
            stream.recv(1 << 16)
            self.asked[number].set()
            body = self._answers[number](self)
            if body is not None:
                stream.sendall(_ANSWER + body)


def never(server: Server) -> bytes | None:
    server.over.wait()
    return None


def second(_: Server) -> bytes:
    return b"2!"


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(*answers: Callable[[Server], bytes | None], context: ssl.SSLContext | None = None) -> Server:
        running.append(Server(*answers, context=context))
        return running[-1]

    yield start
    for server in running:
        server.close()


def content(make_fetcher: MakeFetcher, server: Server) -> bytes | None:
    """Return what comes in one try, for which there are 280 seconds, if nothing is late before."""
    fetcher = make_fetcher(late=0.01, first_byte=280, tries=1)
    return fetcher.content(f"http://127.0.0.1:{server.port}/x")


def test_request_on_a_dead_connection_is_answered_on_another(
    make_fetcher: MakeFetcher, serve: Callable[..., Server]
) -> None:
    assert content(make_fetcher, serve(never, second)) == b"2!"


def test_first_answer_counts_though_it_is_late(make_fetcher: MakeFetcher, serve: Callable[..., Server]) -> None:
    def after_the_second_was_asked(server: Server) -> bytes:
        server.asked[1].wait()
        return b"1!"

    assert content(make_fetcher, serve(after_the_second_was_asked, never)) == b"1!"


def test_second_connection_that_fails_does_no_harm(make_fetcher: MakeFetcher, serve: Callable[..., Server]) -> None:
    def after_the_second_was_asked(server: Server) -> bytes:
        server.asked[1].wait()
        return b"1!"

    assert content(make_fetcher, serve(after_the_second_was_asked, lambda _: None)) == b"1!"


def test_late_is_what_takes_many_times_as_long_as_most() -> None:
    usual = UsualWait(1)
    unknown = usual.limit()
    for seconds in (0.1, 0.1, 0.1, 9.0):
        usual.took(seconds)
    quick = usual.limit()
    for _ in range(5):
        usual.took(0.5)

    assert (unknown, quick, usual.limit()) == (3, 1, 4)


def test_few_requests_are_sent_again_where_every_answer_is_late() -> None:
    usual = UsualWait(1)

    assert [usual.may_repeat() for _ in range(6)] == [True] * 4 + [False] * 2
    for _ in range(10):
        usual.took(1)
    assert [usual.may_repeat() for _ in range(2)] == [True, False]


def test_second_connection_resumes_the_tls_session_of_the_first(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], tmp_path: Path
) -> None:
    """The server closes the first one after its answer."""
    certificate = make(tmp_path / "server.pem")
    server = serve(second, second, context=serving(certificate))
    fetcher = make_fetcher(certificates=str(certificate))

    for _ in range(2):
        assert fetcher.content(f"https://127.0.0.1:{server.port}/x") == b"2!"

    assert server.resumed == [False, True]
