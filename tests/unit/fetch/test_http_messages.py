from __future__ import annotations

import io
from typing import Any

import pytest

from lockenv.fetch.http_messages import Answer, EarlyEnd, HttpFault, request
from lockenv.fetch.transport import TransportError
from lockenv.fetch.urls import place

PLACE = place("https://index.example:8443/simple/a/?x=1")


def answer(*lines: str, body: bytes = b"", first: str = "HTTP/1.1 200 OK") -> Answer:
    return Answer(io.BufferedReader(io.BytesIO("\r\n".join([first, *lines, "", ""]).encode("latin-1") + body)))


def whole(found: Answer, limit: int = 100) -> bytes:
    parts = []
    while part := found.read(limit):
        parts.append(part)
    return b"".join(parts)


def test_request_names_its_host_and_asks_for_no_coding() -> None:
    assert request(PLACE, {"Accept": "a"}, None) == (
        b"GET /simple/a/?x=1 HTTP/1.1\r\nHost: index.example:8443\r\nAccept: a\r\nAccept-Encoding: identity\r\n\r\n"
    )


def test_request_with_a_body_states_its_length() -> None:
    sent = request(place("http://[::1]/x"), {"accept-encoding": "gzip"}, b"{}")

    assert sent == b"POST /x HTTP/1.1\r\nHost: [::1]\r\naccept-encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\rb", "\u20ac"])
def test_request_has_no_field_within_another(value: str) -> None:
    with pytest.raises(HttpFault):
        request(PLACE, {"Accept": value}, None)


@pytest.mark.parametrize(
    ("lines", "body", "first", "expected"),
    [
        (["Content-Length: 3"], b"abcd", "HTTP/1.1 200 OK", (b"abc", True)),
        (["Content-Length: 3", "content-length: 3"], b"abcd", "HTTP/1.1 200", (b"abc", True)),
        (["Content-Length: 0"], b"", "HTTP/1.1 404 Not Found", (b"", True)),
        (["Content-Length: 3", "Connection: Close"], b"abc", "HTTP/1.1 200 OK", (b"abc", False)),
        (["Content-Length: 3"], b"abc", "HTTP/1.0 200 OK", (b"abc", False)),
        (["Content-Length: 3", "Connection: keep-alive"], b"abc", "HTTP/1.0 200 OK", (b"abc", True)),
        ([], b"all there is", "HTTP/1.1 200 OK", (b"all there is", False)),
        (["Content-Length: 3"], b"", "HTTP/1.1 304 Not Modified", (b"", True)),
        ([], b"", "HTTP/1.1 204 No Content", (b"", True)),
        (["Transfer-Encoding: Chunked"], b"3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n", "HTTP/1.1 200 OK",
         (b"abc0123456789", True)),
        (["Transfer-Encoding: chunked", "Content-Length: 1"], b"1\r\na\r\n0\r\nTrailer: x\r\n\r\n", "HTTP/1.1 200 OK",
         (b"a", True)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("limit", [1, 100])
def test_body_ends_where_the_head_says(
    lines: list[str], body: bytes, first: str, expected: tuple[bytes, bool], limit: int
) -> None:
    found = answer(*lines, body=body, first=first)

    assert (whole(found, limit), found.is_kept) == expected
    assert found.is_over


def test_fields_are_known_by_lower_case_names_and_joined() -> None:
    found = answer('ETag:\t"x" ', "Vary: a", "vary: b", "X:", "Folded: one", "   two", "Content-Length: 0")

    assert found.headers == {
        "etag": '"x"', "vary": "a, b", "x": "", "folded": "one two", "content-length": "0",
    }  # fmt: skip


def test_answer_may_be_announced_by_others() -> None:
    early = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"

    found = answer("Content-Length: 0", first=early)

    assert (found.status, found.headers) == (200, {"content-length": "0"})


@pytest.mark.parametrize(
    "head",
    [
        "HTTP/2 200 OK", "ICY 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 OK", "HTTP/1.1 099 OK",
        "x" * 70_000,
        "HTTP/1.1 101 Switching Protocols", "HTTP/1.1 200 OK\r\nno colon", "HTTP/1.1 200 OK\r\na b: c",
        "HTTP/1.1 200 OK\r\nContent-Length : 3", "HTTP/1.1 200 OK\r\n: x", "HTTP/1.1 200 OK\r\n folded: x",
        "HTTP/1.1 200 OK\r\n" + "a: b\r\n" * 101, "HTTP/1.1 200 OK\r\na: " + "b" * 70_000,
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(head: str) -> None:
    with pytest.raises(HttpFault):
        answer(first=head)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nA: b", b"HTTP/1.1 200 OK\r\nA: b\r\n"])
def test_head_that_ends_early_is_another_fault(sent: bytes) -> None:
    stream: Any = io.BufferedReader(io.BytesIO(sent))

    with pytest.raises(EarlyEnd):
        Answer(stream)


@pytest.mark.parametrize(
    ("lines", "body", "kind"),
    [
        (["Content-Length: 5"], b"abc", TransportError),
        (["Transfer-Encoding: chunked"], b"5\r\nabc", TransportError),
        (["Transfer-Encoding: chunked"], b"5\r\nabcde", HttpFault),
        (["Transfer-Encoding: chunked"], b"3\r\nabcde\r\n", HttpFault),
        (["Transfer-Encoding: chunked"], b"0x3\r\nabc\r\n", HttpFault),
        (["Transfer-Encoding: chunked"], b"3", HttpFault),
        (["Transfer-Encoding: chunked"], b"0\r\nTrailer: x", EarlyEnd),
    ],
)
def test_body_that_ends_otherwise_is_refused(lines: list[str], body: bytes, kind: type[Exception]) -> None:
    found = answer(*lines, body=body)

    with pytest.raises(kind):
        whole(found)
    assert not found.is_over


@pytest.mark.parametrize(
    "lines",
    [["Transfer-Encoding: gzip, chunked"], ["Content-Length: -1"], ["Content-Length: 1", "Content-Length: 2"],
     ["Content-Length: 1,2"], ["Content-Length: ten"], ["Content-Length: "]],
)  # fmt: skip
def test_length_that_is_none_is_refused(lines: list[str]) -> None:
    with pytest.raises(TransportError):
        answer(*lines)
