"""An answer that does not come does not hold a request that another connection could carry."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import NetworkError
from lockenv.fetch.parallel import beside
from lockenv.fetch.usual_wait import UsualWait
from tests.support.certificates import make, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from lockenv.fetch.fetcher import Fetcher
    from tests.unit.fetch.conftest import MakeFetcher

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


class Server:
    """Lets a test decide, for each connection in the order in which they come, when it is answered and with what."""

    def __init__(
        self,
        *answers: Callable[[Server], bytes | None],
        context: ssl.SSLContext | None = None,
        greets: Mapping[int, Callable[[Server], bool]] | None = None,
    ) -> None:
        """An answer is two bytes, and comes again for each request; None closes the connection without one.

        `greets` says of connections by their number when the handshake begins, and whether it does.
        """
        self._answers = answers
        self._context = context
        self._greets = greets or {}
        self.came = [threading.Event() for _ in answers]
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.asked = [threading.Event() for _ in answers]
        self.over = threading.Event()
        self.resumed: list[bool] = []
        self.left = threading.Event()
        """Set when a client closed its connection after the last answer."""
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
        self.came[number].set()
        if number in self._greets and not self._greets[number](self):
            sock.close()
            return
        with sock, self._context.wrap_socket(sock, server_side=True) if self._context else sock as stream:
            if self._context:
                self.resumed.append(bool(stream.session_reused))  # type: ignore[attr-defined]
            while _received(stream):
                self.asked[number].set()
                body = self._answers[number](self)
                if body is None:
                    return
                stream.sendall(_ANSWER + body)
            self.left.set()


def _received(stream: socket.socket) -> bytes:
    """Return what comes next; nothing where the client has closed the connection."""
    try:
        return stream.recv(1 << 16)
    except ConnectionResetError:
        return b""  # it had not read all that was sent, such as tickets for a later session


def never(server: Server) -> bytes | None:
    server.over.wait()
    return None


def second(_: Server) -> bytes:
    return b"2!"


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(*answers: Callable[[Server], bytes | None], **options: Any) -> Server:
        running.append(Server(*answers, **options))
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


def test_first_connection_has_the_time_that_is_left_where_the_second_one_fails(
    make_fetcher: MakeFetcher, serve: Callable[..., Server]
) -> None:
    server = serve(never, lambda _: None)
    fetcher = make_fetcher(late=0.01, first_byte=0.5, tries=1)

    with pytest.raises(NetworkError, match="did not"):
        fetcher.content(f"http://127.0.0.1:{server.port}/x")


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
    """The server closes the first one instead of a second answer."""
    certificate = make(tmp_path / "server.pem")
    answers = iter((b"2!", None))
    server = serve(lambda _: next(answers), second, context=serving(certificate))
    fetcher = make_fetcher(certificates=str(certificate))

    for _ in range(2):
        assert fetcher.content(f"https://127.0.0.1:{server.port}/x") == b"2!"

    assert server.resumed == [False, True]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make(tmp_path / "server.pem")


def encrypted(make_fetcher: MakeFetcher, certificate: Path) -> Fetcher:
    """Return what tries once; a minute would have to be waited for each connection that never is there."""
    return make_fetcher(late=0.01, connect_timeout=60, first_byte=280, tries=1, certificates=str(certificate))


def never_greets(server: Server) -> bool:
    return not server.over.wait()


def test_request_whose_handshake_is_never_answered_is_carried_by_another_connection(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    server = serve(never, second, context=serving(certificate), greets={0: never_greets})

    assert encrypted(make_fetcher, certificate).content(f"https://127.0.0.1:{server.port}/x") == b"2!"


def test_first_request_goes_over_the_connection_that_was_prepared(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    server, fetcher = serve(second, context=serving(certificate)), encrypted(make_fetcher, certificate)
    url = f"https://127.0.0.1:{server.port}/x"

    fetcher.exchange.prepare(url)

    assert server.came[0].wait()
    assert fetcher.content(url) == b"2!"


def test_request_does_not_wait_for_a_prepared_connection_that_is_never_greeted(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    server = serve(never, second, context=serving(certificate), greets={0: never_greets})
    fetcher = encrypted(make_fetcher, certificate)
    url = f"https://127.0.0.1:{server.port}/x"
    beside(lambda: fetcher.exchange.prepare(url))
    server.came[0].wait()

    assert fetcher.content(url) == b"2!"


def test_connection_that_cannot_be_prepared_is_the_request_s_to_make(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    server = serve(never, second, context=serving(certificate), greets={0: lambda _: False})
    fetcher = encrypted(make_fetcher, certificate)
    url = f"https://127.0.0.1:{server.port}/x"

    fetcher.exchange.prepare(url)

    assert fetcher.content(url) == b"2!"


def test_prepared_connection_that_no_request_takes_is_closed(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    server, fetcher = serve(never, context=serving(certificate)), encrypted(make_fetcher, certificate)
    fetcher.exchange.prepare(f"https://127.0.0.1:{server.port}/x")

    fetcher.close()

    assert server.left.wait()


def test_connection_that_ends_during_its_handshake_leaves_the_request_to_the_second_one(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    server = serve(never, second, context=serving(certificate), greets={0: lambda server: not server.came[1].wait()})

    assert encrypted(make_fetcher, certificate).content(f"https://127.0.0.1:{server.port}/x") == b"2!"


def test_second_connection_that_ends_during_its_handshake_leaves_the_request_to_the_first_one(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    greets = {0: lambda server: server.came[1].wait(), 1: lambda _: False}
    server = serve(second, never, context=serving(certificate), greets=greets)

    assert encrypted(make_fetcher, certificate).content(f"https://127.0.0.1:{server.port}/x") == b"2!"


def test_connection_that_becomes_free_carries_the_request_that_waits_for_a_handshake(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    """Each of the two requests has a second connection, which is never greeted either."""

    def after_all_came(server: Server) -> bytes:
        server.came[3].wait()
        return b"1!"

    server = serve(
        after_all_came, never, never, never, context=serving(certificate), greets=dict.fromkeys((1, 2, 3), never_greets)
    )
    fetcher = encrypted(make_fetcher, certificate)
    first = beside(lambda: fetcher.content(f"https://127.0.0.1:{server.port}/x"))
    server.asked[0].wait()

    found = fetcher.content(f"https://127.0.0.1:{server.port}/y")

    assert (first.result(), found) == (b"1!", b"1!")


def test_failed_connections_are_reported_like_one(
    make_fetcher: MakeFetcher, serve: Callable[..., Server], certificate: Path
) -> None:
    greets = {0: lambda server: not server.came[1].wait(), 1: lambda _: False}
    server = serve(never, never, context=serving(certificate), greets=greets)

    with pytest.raises(NetworkError, match=r"https://127\.0\.0\.1"):
        encrypted(make_fetcher, certificate).content(f"https://127.0.0.1:{server.port}/x")
