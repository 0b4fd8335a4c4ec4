from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch.ranges import RemoteFile, open_remote
from tests.support.server import Answer, Status
from tests.support.wheels import Built, wheel

if TYPE_CHECKING:
    from tests.support.server import LoopbackIndex
    from tests.unit.fetch.conftest import MakeFetcher

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def url(index: LoopbackIndex) -> str:
    plain = wheel("a")
    big = Built(filename=plain.filename, content=CONTENT, name="a", version="1.0", metadata=b"", requires_python="")
    index.add(big)
    return index.file_url(big.filename)


def opened(make_fetcher: MakeFetcher, url: str, page_limit: int = 1 << 20) -> RemoteFile:
    remote = open_remote(make_fetcher(page_limit=page_limit), url)
    assert remote is not None
    return remote


def test_any_part_is_the_right_part(make_fetcher: MakeFetcher, url: str, index: LoopbackIndex) -> None:
    file = io.BufferedReader(opened(make_fetcher, url))
    for start, count in ((0, 10), (50_000, 40_000), (len(CONTENT) - 5, 50), (len(CONTENT) + 7, 1), (100, 20)):
        file.seek(start)
        assert file.read(count) == CONTENT[start : start + count]

    assert file.seek(-3, io.SEEK_END) == len(CONTENT) - 3
    assert all("range" in request.headers for request in index.requests)
    assert all("if-range" in request.headers for request in index.requests[1:])


def test_server_without_parts_is_an_answer(make_fetcher: MakeFetcher, url: str, index: LoopbackIndex) -> None:
    index.ranges = False

    assert open_remote(make_fetcher(), url) is None


@pytest.mark.parametrize("code", [416, 501])
def test_refused_range_is_an_answer(make_fetcher: MakeFetcher, url: str, index: LoopbackIndex, code: int) -> None:
    index.fail("/files/", Status(code))

    assert open_remote(make_fetcher(), url) is None


@pytest.mark.parametrize(
    "reported", ["", "bytes 0-9/*", "bytes 9-0/100", "bytes 0-99999999/100000000", "lines 0-9/100"]
)
def test_part_that_was_not_asked_for_is_not_read(
    make_fetcher: MakeFetcher, url: str, index: LoopbackIndex, reported: str
) -> None:
    index.fail("/files/", Answer(b"x" * 10, {"Content-Range": reported}, 206))

    assert open_remote(make_fetcher(), url) is None


def test_part_from_elsewhere_is_reported(make_fetcher: MakeFetcher, url: str, index: LoopbackIndex) -> None:
    file = opened(make_fetcher, url)
    index.fail("/files/", Answer(b"x" * 10, {"Content-Range": f"bytes 7-16/{len(CONTENT)}"}, 206))

    with pytest.raises(NetworkError, match="changed between two range requests"):
        file.read(10)


def test_file_that_changes_in_between_is_reported(make_fetcher: MakeFetcher, url: str, index: LoopbackIndex) -> None:
    file = opened(make_fetcher, url)
    index.add(wheel("a"))

    with pytest.raises(NetworkError, match="changed between two range requests"):
        file.read(10)


def test_reading_on_and_on_is_refused(make_fetcher: MakeFetcher, url: str) -> None:
    with pytest.raises(RefusedError, match="central directory is too large"):
        io.BufferedReader(opened(make_fetcher, url, page_limit=40_000)).read(80_000)
