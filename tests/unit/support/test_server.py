from __future__ import annotations

import json
from http.client import BadStatusLine, HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING

import pytest

from tests.support.pages import JSON
from tests.support.server import (
    Answer,
    Drip,
    Fault,
    Garbage,
    LoopbackIndex,
    Redirect,
    Reset,
    Stall,
    Status,
    Truncate,
    WrongBytes,
)
from tests.support.wheels import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

A = wheel("a", "1.0", requires_python=">=3.8")
FILE = f"/files/{A.filename}"


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as running:
        running.add(A)
        yield running


@pytest.fixture
def connection(index: LoopbackIndex) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", index.port, timeout=10)
    yield connection
    connection.close()


def get(connection: HTTPConnection, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response, response.read()


def test_one_connection_serves_pages_files_and_metadata(index: LoopbackIndex, connection: HTTPConnection) -> None:
    _, page = get(connection, "/simple/a/", Accept=JSON)
    port = connection.sock.getsockname()[1]
    _, content = get(connection, FILE)
    _, metadata = get(connection, f"{FILE}.metadata")

    assert json.loads(page)["files"][0]["requires-python"] == ">=3.8"
    assert (content, metadata) == (A.content, A.metadata)
    assert connection.sock.getsockname()[1] == port
    assert [(request.method, request.path) for request in index.requests] == [
        ("GET", "/simple/a/"),
        ("GET", FILE),
        ("GET", f"{FILE}.metadata"),
    ]


def test_page_is_html_unless_json_is_accepted(connection: HTTPConnection) -> None:
    kinds = [get(connection, "/simple/a/", Accept=accept)[0].getheader("Content-Type") for accept in ("*/*", JSON)]

    assert kinds == ["text/html", JSON]


def test_other_spelling_and_missing_slash_are_redirected(index: LoopbackIndex, connection: HTTPConnection) -> None:
    index.add(sdist("b-c"))

    assert [get(connection, path)[0].getheader("Location") for path in ("/simple/B.c/", "/simple/b-c")] == [
        "/simple/b-c/",
        "/simple/b-c/",
    ]


def test_known_tag_is_answered_with_304(connection: HTTPConnection) -> None:
    tag = get(connection, "/simple/a/")[0].getheader("ETag", "")

    response, body = get(connection, "/simple/a/", If_None_Match=tag)

    assert (response.status, body) == (304, b"")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("bytes=0-3", A.content[:4]), ("bytes=-22", A.content[-22:]), ("bytes=10-", A.content[10:])],
)
def test_range_is_served_unless_turned_off(
    index: LoopbackIndex, connection: HTTPConnection, wanted: str, expected: bytes
) -> None:
    partial, part = get(connection, FILE, Range=wanted)
    index.ranges = False
    full, whole = get(connection, FILE, Range=wanted)

    assert (partial.status, part, full.status, whole) == (206, expected, 200, A.content)


def test_credentials_are_asked_for(index: LoopbackIndex, connection: HTTPConnection) -> None:
    index.credentials = ("user", "word")

    refused, _ = get(connection, FILE)
    admitted, _ = get(connection, FILE, Authorization="Basic dXNlcjp3b3Jk")

    assert (refused.status, admitted.status) == (401, 200)


FAULTS: list[tuple[Fault, object]] = [
    (Status(503, "1"), (503, b"")),
    (Answer(b"hello", code=203), (203, b"hello")),
    (Redirect("/elsewhere"), (302, b"")),
    (
        WrongBytes(),
        (200, A.content[: A.size // 2] + bytes([A.content[A.size // 2] ^ 1]) + A.content[A.size // 2 + 1 :]),
    ),
    (Drip(0), (200, A.content)),
    (Truncate(5), IncompleteRead),
    (Stall(0), ConnectionError),
    (Stall(0, after=5), IncompleteRead),
    (Reset(), ConnectionResetError),
    (Garbage(), BadStatusLine),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=lambda value: type(value).__name__)
def test_fault_strikes_once_and_is_gone(
    index: LoopbackIndex, connection: HTTPConnection, fault: Fault, expected: object
) -> None:
    index.fail("/files/", fault)

    first = outcome(connection)
    connection.close()

    assert first == expected or (isinstance(first, type) and isinstance(expected, type) and issubclass(first, expected))
    assert outcome(connection) == (200, A.content)


def outcome(connection: HTTPConnection) -> tuple[int, bytes] | type[Exception]:
    try:
        response, body = get(connection, FILE)
    except (OSError, HTTPException) as error:
        return type(error)
    return response.status, body
