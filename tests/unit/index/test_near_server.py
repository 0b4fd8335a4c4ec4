"""Copies of a process ask a server within the machine. Each `act` runs in a process of its own, without threads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockenv.context import access
from lockenv.context.settings import Settings
from lockenv.fetch.credentials import Account
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.fetch.worker_calls import processors
from lockenv.index import kept_pages
from lockenv.index.metadata_reader import MetadataReader
from lockenv.vocabulary.manifest import Index
from lockenv.vocabulary.names import NormalizedName
from lockenv.vocabulary.run_log import RunLog
from tests.support.children import exit_code
from tests.support.server import LoopbackIndex, Status
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lockenv.fetch.http_cache import CachedResponse

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone"),
    pytest.mark.skipif(processors() < 2, reason="needs a second processor"),
]

A = NormalizedName("a")
BUILT = wheel("a", "1.0", requires=["b >= 2"])


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as served:
        served.add(BUILT)
        served.add(wheel("a", "0.9"), metadata=False)
        yield served


def fetcher(cache: str, **settings: Any) -> Fetcher:
    made = Fetcher(FetchSettings(cache_dir=cache, **settings))
    kept_pages.prepare(made, is_near=True)
    return made


def said(fetcher: Fetcher, url: str) -> tuple[Any, ...]:
    """Return the page of a project, but for its times, and the metadata of its releases."""
    page = kept_pages.fetched(fetcher, f"{url}a/", A)
    columns = kept_pages.opened(fetcher, f"{url}a/", page)
    reader = MetadataReader(fetcher)
    described = [reader.read(columns.files(row)[0], url) for row in range(len(columns.versions))]
    return page._replace(stored=0, fresh_until=0), described, reader.fetched, reader.unserved


def ask(url: str, cache: str) -> int:
    near, alone = fetcher(f"{cache}/near"), Fetcher(FetchSettings(cache_dir=f"{cache}/alone"))
    answers = said(near, url), said(alone, url)
    by_copies, own = near.workers.answers, near.requests
    kept = kept_pages.kept(near, f"{url}a/")
    near.close()
    alone.close()
    return int(answers[0] != answers[1] or (by_copies, own) != (3, 0) or kept is None)


def test_copies_answer_what_this_process_would_and_keep_it(index: LoopbackIndex, tmp_path: Path) -> None:
    assert exit_code(ask, index.url, str(tmp_path)) == 0


def find_nothing(url: str, cache: str) -> int:
    near = fetcher(cache)
    page: CachedResponse = kept_pages.fetched(near, f"{url}none/", NormalizedName("none"))
    near.close()
    return int((page.status, near.requests) != (404, 0))


def test_copies_know_that_there_is_no_such_project(index: LoopbackIndex, tmp_path: Path) -> None:
    assert exit_code(find_nothing, index.url, str(tmp_path)) == 0
    assert index.paths == ["/simple/none/"]


def look_closely(url: str, cache: str) -> int:
    near = fetcher(cache)
    answers = said(near, url)
    near.close()
    return int(len(answers[1]) != 2 or len(answers[3]) != 1)


def test_what_copies_have_no_answer_to_is_asked_here(index: LoopbackIndex, tmp_path: Path) -> None:
    index.fail(f"/files/{BUILT.filename}.metadata", Status(404), times=2)
    index.fail("/simple/a/", Status(500), times=1)

    assert exit_code(look_closely, index.url, str(tmp_path)) == 0
    assert index.paths.count("/simple/a/") == 2


def log_in(url: str, cache: str) -> int:
    account = Account(url=url, user="me", password="secret")
    near = fetcher(cache, accounts=lambda: [account])
    said(near, url)
    near.close()
    return int(near.workers.answers != 0)


def test_server_that_wants_a_login_is_asked_here_alone(index: LoopbackIndex, tmp_path: Path) -> None:
    index.credentials = ("me", "secret")

    assert exit_code(log_in, index.url, str(tmp_path)) == 0
    assert all("authorization" in request.headers for request in index.requests)


def report(url: str, cache: str) -> int:
    steps: list[str] = []
    near = fetcher(cache, log=RunLog([steps.append], [steps.append]))
    said(near, url)
    near.close()
    return int(near.workers.answers != 0 or not steps)


def test_what_is_reported_is_asked_here_alone(index: LoopbackIndex, tmp_path: Path) -> None:
    assert exit_code(report, index.url, str(tmp_path)) == 0


def know_pages(url: str, cache: str) -> int:
    """Return 0 where processes are there before the cache has a page, and none afterwards."""
    settings = Settings.of(cache, environ={}, cache_dir=cache)
    are_there = []
    for _ in "ab":
        with access.fetcher(settings, [Index(name="", url=url)], base=cache, looks_up=True) as made:
            are_there.append(made.workers.are_prepared)
            said(made, url)
    return int(are_there != [True, False])


def test_nothing_is_started_where_the_cache_has_pages(index: LoopbackIndex, tmp_path: Path) -> None:
    assert exit_code(know_pages, index.url, str(tmp_path)) == 0
