"""What comes over the wire is counted, whatever it is called."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import LockenvError, MachineError, NetworkError, RefusedError
from lockenv.fetch import downloads
from lockenv.fetch.budget import Budget
from lockenv.fetch.downloads import download
from lockenv.fetch.settings import FetchSettings
from lockenv.fetch.wanted import FileRequest
from lockenv.vocabulary.names import Sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.fetch.conftest import MakeFetcher

FLOOD = 1 << 26
"""Bytes after which a flood ends, so that a test that fails ends as well."""
GZIPPED = b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"

FLOODS = {
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "fields of a 100": (b"", b"HTTP/1.1 100 Continue\r\n" + b"A: b\r\n" * 50 + b"\r\n"),
    "trailers": (CHUNKED + b"2\r\nok\r\n0\r\n", b"A: b\r\n"),
    "chunk extensions": (CHUNKED, b"1;" + b"a" * 60000 + b"\r\n \r\n"),
    "fields": (OK, b"A: " + b"b" * 1000 + b"\r\n"),
    "a status line": (OK[:13], b"a" * 1000),
    "empty gzip blocks": (OK + GZIPPED + b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\0\0\0\xff\xff" * 1000),
    "an endless name in a gzip head": (OK + GZIPPED + b"\x1f\x8b\x08\x08\0\0\0\0\0\xff", b"x" * 1000),
    "empty gzip members": (OK + GZIPPED, gzip.compress(b"", mtime=0)),
    "bytes behind a gzip stream": (OK + GZIPPED + gzip.compress(b"ok", mtime=0), b"\0" * 1000),
}
WRONG = {
    "a negative length": OK + b"Content-Length: -5\r\n\r\nok",
    "a length of 5000 digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nok",
    "a length in other digits": OK + "Content-Length: ٢\r\n\r\nok".encode(),
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 1\r\n\r\nok",
    "a coding that was not asked for": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "a negative chunk": CHUNKED + b"-2\r\nok\r\n0\r\n\r\n",
    "a chunk with a prefix": CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
    "a chunk of 4000 digits": CHUNKED + b"F" * 4000 + b"\r\nok\r\n0\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
}
RIGHT = {
    "the same length twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "hints before the answer": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok",
    "chunks with extensions": CHUNKED + b"2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
    "two gzip members": OK + GZIPPED + gzip.compress(b"o") + gzip.compress(b"k"),
}


class Mouth:
    """A server that says `head`, then `flood` again and again."""

    def __init__(self, head: bytes, flood: bytes = b"") -> None:
        self._head = head
        self._flood = flood * max(1, (1 << 16) // max(1, len(flood)))
        self.taken = 0
        """Bytes of the flood that were taken off it, by all connections."""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(self._head)
                while self._flood and self.taken < FLOOD:
                    connection.sendall(self._flood)
                    self.taken += len(self._flood)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(2)
                # A connection that is closed with something unread is reset, and takes the answer with it.
                while connection.recv(1 << 16):
                    pass

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextlib.contextmanager
def saying(head: bytes, flood: bytes = b"") -> Iterator[Mouth]:
    mouth = Mouth(head, flood)
    try:
        yield mouth
    finally:
        mouth.close()


@pytest.fixture(params=["direct", "proxied"])
def ways(request: pytest.FixtureRequest) -> bool:
    """Whether a proxy is between."""
    return bool(request.param == "proxied")


def asked(mouth: Mouth, make_fetcher: MakeFetcher, *, is_proxied: bool) -> bytes | None:
    """Return what the mouth says, asked directly, or as the proxy of another host."""
    if not is_proxied:
        return make_fetcher().content(f"{mouth.origin}/x")
    return make_fetcher(proxies={"http": mouth.origin}, allow_http=("index.example",)).content("http://index.example/x")


@pytest.mark.slow
@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_flood_is_cut_off(flood: tuple[bytes, bytes], make_fetcher: MakeFetcher, *, ways: bool) -> None:
    with saying(*flood) as mouth:
        with pytest.raises(LockenvError):
            asked(mouth, make_fetcher, is_proxied=ways)
        # What was read and what the system buffers, four times; not the whole flood.
        assert mouth.taken < FLOOD // 2


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_framing_that_is_none_is_refused(answer: bytes, make_fetcher: MakeFetcher, *, ways: bool) -> None:
    with saying(answer) as mouth, pytest.raises(NetworkError):
        asked(mouth, make_fetcher, is_proxied=ways)


@pytest.mark.parametrize("answer", RIGHT.values(), ids=RIGHT)
def test_odd_framing_is_read(answer: bytes, make_fetcher: MakeFetcher, *, ways: bool) -> None:
    with saying(answer) as mouth:
        assert asked(mouth, make_fetcher, is_proxied=ways) == b"ok"


def test_tunnel_of_a_proxy_is_counted(make_fetcher: MakeFetcher) -> None:
    with saying(b"", b"HTTP/1.1 100 Continue\r\n\r\n") as mouth:
        with pytest.raises(NetworkError, match="an endless stream"):
            make_fetcher(proxies={"https": mouth.origin}).content("https://index.example/x")
        assert mouth.taken < FLOOD // 2


@pytest.mark.parametrize("drip", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["a byte", "an answer"])
def test_head_that_drips_is_given_up(drip: bytes, make_fetcher: MakeFetcher, *, ways: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin, done = f"http://127.0.0.1:{server.getsockname()[1]}", threading.Event()

        def talk() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                while not done.wait(0.05):
                    connection.sendall(drip)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        options = {"proxies": {"http": origin}, "allow_http": ("index.example",)} if ways else {}
        fetcher = make_fetcher(first_byte=0.3, tries=1, **options)
        with pytest.raises(NetworkError):
            fetcher.content("http://index.example/x" if ways else f"{origin}/x")
        done.set()
        thread.join()


def test_not_found_that_goes_on_is_not_found(make_fetcher: MakeFetcher) -> None:
    with saying(b"HTTP/1.1 404 No\r\n\r\n", b"x" * 1000) as mouth:
        entry = make_fetcher().page(f"{mouth.origin}/x", "page", {}, lambda body, *_: body)

        assert entry.status == 404
        assert mouth.taken < FLOOD // 2


def test_bomb_is_cut_off(make_fetcher: MakeFetcher) -> None:
    bomb = gzip.compress(bytes(30 << 20), mtime=0)
    with saying(OK + GZIPPED + bomb) as mouth, pytest.raises(RefusedError, match="times its compressed size"):
        make_fetcher().content(f"{mouth.origin}/x")


def test_file_of_unstated_size_is_cut_off(make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    with saying(OK + b"\r\n", b"x" * 1000) as mouth:
        fetcher = make_fetcher(unstated_limit=1 << 20)
        wanted = FileRequest(url=f"{mouth.origin}/x", filename="x.whl", sha256=None)
        with pytest.raises(RefusedError, match="larger than the limit of 1048576 bytes") as caught:
            download(wanted, str(tmp_path / "archives"), fetcher)

        assert "LOCKENV_MAX_DOWNLOAD" in caught.value.hint
        assert list((tmp_path / "archives").iterdir()) == []


@pytest.mark.parametrize("size", [None, 10**15])
def test_file_of_absurd_size_is_refused_unread(size: int | None, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    with saying(OK + b"Content-Length: 1000000000000000\r\n\r\n", b"x" * 1000) as mouth:
        wanted = FileRequest(url=f"{mouth.origin}/x", filename="x.whl", sha256=None, size=size)
        with pytest.raises(RefusedError, match=r"x\.whl is larger than the limit of 4294967296 bytes"):
            download(wanted, str(tmp_path / "archives"), make_fetcher())


def test_file_that_the_disk_cannot_hold_is_refused_unread(
    make_fetcher: MakeFetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "free_bytes", lambda _: 1000)
    with saying(OK + b"Content-Length: 1001\r\n\r\n") as mouth:
        wanted = FileRequest(url=f"{mouth.origin}/x", filename="x.whl", sha256=None)
        with pytest.raises(MachineError, match=r"x\.whl needs 1001 bytes, 1000 are free"):
            download(wanted, str(tmp_path / "archives"), make_fetcher())


def test_folder_holds_a_pipe(make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    import os

    content = b"content"
    wanted = FileRequest(
        url="http://127.0.0.1:1/x", filename="x.whl", sha256=Sha256(hashlib.sha256(content).hexdigest()), size=7
    )
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for folder in folders:
        folder.mkdir()
    os.mkfifo(folders[0] / "x.whl")
    folders[1].joinpath("x.whl").write_bytes(content + b" and more")
    folders[2].joinpath("x.whl").write_bytes(content)
    fetcher = make_fetcher(folders=tuple(map(str, folders)))

    assert download(wanted, str(tmp_path / "archives"), fetcher).sha256 == wanted.sha256
    assert [note.rpartition(": ")[2] for note in fetcher.notes] == [
        "it is not a regular file",
        "it has 16 bytes, not 7",
    ]


def test_body_that_only_just_moves_is_given_up(make_fetcher: MakeFetcher, *, ways: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin, done = f"http://127.0.0.1:{server.getsockname()[1]}", threading.Event()

        def talk() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(OK + b"\r\n")
                for _ in range(250):  # so that a test that fails ends as well
                    if done.wait(0.02):
                        break
                    connection.sendall(b"x" * 100)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        options = {"proxies": {"http": origin}, "allow_http": ("index.example",)} if ways else {}
        fetcher = make_fetcher(patience=0.1, average_rate=1 << 20, **options)
        with pytest.raises(NetworkError, match="slower than 1048576 bytes per second"):
            fetcher.content("http://index.example/x" if ways else f"{origin}/x")
        done.set()
        thread.join()


def test_folder_holds_a_file_beyond_all_measure(make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    with (tmp_path / "x.whl").open("wb") as sparse:
        sparse.truncate(1 << 40)
    wanted = FileRequest(url="http://127.0.0.1:1/x", filename="x.whl", sha256=Sha256("a" * 64))
    fetcher = make_fetcher(folders=(str(tmp_path),), tries=1)

    with pytest.raises(NetworkError):
        download(wanted, str(tmp_path / "archives"), fetcher)
    assert [note.rpartition(": ")[2] for note in fetcher.notes] == [f"it has {1 << 40} bytes"]


def test_window_that_brought_enough_ends_with_no_short_wait() -> None:
    settings = FetchSettings(cache_dir="")
    budget = Budget(settings)
    budget.headed()
    budget.delivered(settings.minimum_rate * int(settings.rate_window))

    assert budget.wait() == settings.rate_window


def test_file_that_is_not_on_this_machine_does_not_exist(make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    wanted = FileRequest(url=f"{tmp_path.as_uri()}/y/../x.whl", filename="x.whl", sha256=None)
    with pytest.raises(NetworkError) as caught:
        download(wanted, str(tmp_path / "archives"), make_fetcher())

    assert caught.value.message == f"{tmp_path / 'x.whl'} does not exist"
    assert caught.value.hint == "restore it, correct the path where it is declared, or run `lockenv lock --upgrade`"


def test_download_of_one_file_obeys_offline(make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    with saying(OK + b"Content-Length: 2\r\n\r\nok") as mouth:
        wanted = FileRequest(url=f"{mouth.origin}/x", filename="x.whl", sha256=None)
        with pytest.raises(NetworkError):
            download(wanted, str(tmp_path / "archives"), make_fetcher(offline=True))


def test_body_without_a_length_that_ends_early_is_a_failure_of_the_network(
    make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    with saying(OK + b"\r\nok") as mouth:
        wanted = FileRequest(url=f"{mouth.origin}/x", filename="x.whl", sha256=Sha256("a" * 64), size=7)
        with pytest.raises(NetworkError, match="ended after 2 of 7 bytes"):
            download(wanted, str(tmp_path / "archives"), make_fetcher(tries=1))
