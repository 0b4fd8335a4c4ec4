from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest

from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch.credentials import Account
from lockenv.fetch.http_cache import CachedResponse
from tests.support.server import Answer, Garbage, LoopbackIndex, Redirect, Reset, Stall, Status, Truncate
from tests.support.wheels import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from lockenv.fetch.fetcher import Fetcher
    from tests.unit.fetch.conftest import MakeFetcher


def page(fetcher: Fetcher, index: LoopbackIndex, name: str = "a") -> bytes:
    return fetcher.page(f"{index.url}{name}/", "test-1", {}, lambda body, *_: body).payload


def outcome(fetcher: Fetcher, index: LoopbackIndex) -> str:
    """Return the error of a page, without the URL."""
    with pytest.raises(NetworkError) as caught:
        page(fetcher, index)
    return str(caught.value).partition("cannot be fetched: ")[2]


def test_fresh_page_is_answered_without_a_request(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("a"))
    first = page(make_fetcher(), index)

    assert page(make_fetcher(), index) == first
    assert len(index.requests) == 1


def test_stale_page_is_revalidated_and_not_sent_again(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("a"))
    index.page_cache_control = "max-age=0"
    first = page(make_fetcher(), index)
    index.fail("/simple/", Answer(code=304, headers={"Cache-Control": "max-age=600"}))

    assert page(make_fetcher(), index) == first
    assert "if-none-match" in index.requests[1].headers
    assert page(make_fetcher(), index) == first
    assert len(index.requests) == 2


def test_changed_page_replaces_the_stale_one(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("a", "1.0"))
    index.page_cache_control = "max-age=0"
    page(make_fetcher(), index)
    index.add(wheel("a", "2.0"))

    assert b"a-2.0" in page(make_fetcher(), index)


def test_page_that_a_server_without_validators_sends_again_is_read_once(
    index: LoopbackIndex, make_fetcher: MakeFetcher
) -> None:
    read: list[bytes] = []

    def look() -> bytes:
        def transform(body: bytes, *_: object) -> bytes:
            read.append(body)
            return body

        return make_fetcher().page(f"{index.url}a/", "test-1", {}, transform).payload

    def answers(*bodies: bytes) -> None:
        for body in bodies:
            index.fail("/simple/", Answer(code=200, body=body, headers={"Content-Type": "text/html"}))

    answers(b"one", b"one", b"two", b"one")

    assert [look() for _ in range(4)] == [b"one", b"one", b"two", b"one"]
    assert read == [b"one", b"two", b"one"]


def test_page_that_comes_as_another_kind_is_read_again(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    kinds = []

    def transform(body: bytes, kind: str, *_: object) -> bytes:
        kinds.append(kind)
        return body

    for kind in ("text/html", "application/vnd.pypi.simple.v1+json"):
        index.fail("/simple/", Answer(code=200, body=b"page", headers={"Content-Type": kind}))
        make_fetcher().page(f"{index.url}a/", "test-1", {}, transform)

    assert kinds == ["text/html", "application/vnd.pypi.simple.v1+json"]


def test_time_spent_in_other_caches_counts(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Answer(b"x", {"Cache-Control": "max-age=600", "Age": "599"}), times=None)
    entry = make_fetcher().page(f"{index.url}a/", "test-1", {}, lambda body, *_: body)

    assert 0 < entry.fresh_until - entry.stored <= 1.001


def test_refresh_asks_about_a_fresh_page(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("a"))
    page(make_fetcher(), index)
    page(make_fetcher(refresh=True), index)

    assert len(index.requests) == 2


def test_page_that_must_not_be_stored_is_not(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("a"))
    index.page_cache_control = "no-store"
    page(make_fetcher(), index)

    with pytest.raises(NetworkError):
        page(make_fetcher(offline=True), index)


def test_offline_answers_from_the_cache_whatever_its_age(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("a"))
    index.page_cache_control = "max-age=0"
    first = page(make_fetcher(), index)
    index.stop()

    assert page(make_fetcher(offline=True), index) == first


def test_offline_without_the_page_opens_no_connection(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    with pytest.raises(NetworkError, match=r"not in the cache and cannot be"):
        page(make_fetcher(offline=True), index)

    assert index.requests == []


def test_absent_page_is_an_answer(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    entry = make_fetcher().page(f"{index.url}absent/", "test-1", {}, lambda body, *_: body)

    assert (entry.status, entry.payload) == (404, b"")


def test_absence_is_remembered_offline(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    page(make_fetcher(), index, "absent")

    assert make_fetcher(offline=True).page(f"{index.url}absent/", "test-1", {}, lambda body, *_: body).status == 404


def test_damaged_entry_is_dropped_and_fetched_again(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    index.add(wheel("a"))
    first = page(make_fetcher(), index)
    (entry,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    content = entry.read_bytes()
    for position in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[position] ^= 0x10
        entry.write_bytes(flipped)
        assert page(make_fetcher(), index) == first

    assert entry.read_bytes() != flipped


def test_entries_in_each_others_place_are_fetched_again(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    index.add_all(wheel("a"), wheel("b"))
    first = [page(make_fetcher(), index, name) for name in "ab"]
    one, other = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    fetcher = make_fetcher()

    assert [page(fetcher, index, name) for name in "ab"] == first
    assert fetcher.cache_notes == (f"2 entries of the cache in {tmp_path / 'cache'} were damaged and are renewed",)
    assert make_fetcher().cache_notes == ()


def test_entry_of_an_older_version_serves(index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path) -> None:
    index.add(wheel("a"))
    first = page(make_fetcher(), index)
    (entry,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    rest = entry.read_bytes()[19:]
    entry.write_bytes(b"lockenv 1 %08x\n" % zlib.crc32(rest) + rest)
    index.stop()

    assert page(make_fetcher(offline=True), index) == first


def test_cut_and_empty_entries_are_fetched_again(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    index.add(wheel("a"))
    first = page(make_fetcher(), index)
    (entry,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    content = entry.read_bytes()
    for length in (0, 5, 30, len(content) - 1):
        entry.write_bytes(content[:length])
        assert page(make_fetcher(), index) == first


def test_cache_that_cannot_be_written_only_costs_requests(
    index: LoopbackIndex, make_fetcher: MakeFetcher, tmp_path: Path
) -> None:
    index.add(wheel("a"))
    (tmp_path / "cache").write_text("a file where the cache should be")

    assert page(make_fetcher(), index) == page(make_fetcher(), index)
    assert len(index.requests) == 2


def test_server_error_is_tried_again(index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]) -> None:
    index.add(wheel("a"))
    index.fail("/simple/", Status(500), times=2)

    assert b"a-1.0" in page(make_fetcher(), index)
    assert [0.25 <= waits[0] <= 0.5, 0.5 <= waits[1] <= 1] == [True, True]


@pytest.mark.parametrize("fault", [Status(429), Status(503), Status(520), Truncate(), Reset(), Garbage()])
def test_passing_fault_is_tried_again(
    index: LoopbackIndex, make_fetcher: MakeFetcher, fault: Status | Truncate | Reset | Garbage
) -> None:
    index.add(wheel("a"))
    index.fail("/simple/", fault)

    assert b"a-1.0" in page(make_fetcher(), index)
    assert len(index.requests) == 2


def test_lasting_error_is_reported_after_four_tries(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Status(500), times=None)

    assert outcome(make_fetcher(), index) == "the server returned 500 (tried 4 times)"
    assert len(index.requests) == 4


def test_refusal_is_not_tried_again(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Status(403), times=None)

    assert outcome(make_fetcher(), index) == f"403 Forbidden: 127.0.0.1:{index.port} denies access without a login"
    assert len(index.requests) == 1


def test_short_retry_after_is_waited_for(index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]) -> None:
    index.add(wheel("a"))
    index.fail("/simple/", Status(503, retry_after="7"))
    page(make_fetcher(), index)

    assert waits == [7.0]


def test_long_retry_after_is_reported_at_once(
    index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]
) -> None:
    index.fail("/simple/", Status(429, retry_after="3600"), times=None)

    assert outcome(make_fetcher(), index) == "the server returned 429 and requests a wait of 3600 s"
    assert (len(index.requests), waits) == (1, [])


def test_nonsense_retry_after_counts_as_absent(
    index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]
) -> None:
    index.add(wheel("a"))
    index.fail("/simple/", Status(503, retry_after="soon"))
    page(make_fetcher(), index)

    assert 0.25 <= waits[0] <= 0.5


def test_silent_server_is_given_up(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Stall(), times=None)

    assert outcome(make_fetcher(first_byte=0.1, timeout_budget=0.1), index) == "127.0.0.1 did not answer within 0 s"


def test_body_that_stalls_is_given_up(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("a"))
    index.fail("/simple/", Stall(after=20), times=None)

    reported = outcome(make_fetcher(rate_window=0.1, timeout_budget=0.1), index)
    assert reported == "the server sent almost no data for 0 s"


def test_kept_connection_that_was_closed_costs_no_wait(
    index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]
) -> None:
    index.add_all(wheel("a"), wheel("b"))
    fetcher = make_fetcher()
    page(fetcher, index)
    index.fail("/simple/b/", Reset())
    page(fetcher, index, "b")

    assert waits == [0.0] or waits == []


def test_server_that_closed_all_idle_connections_costs_one_try(
    index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]
) -> None:
    names = "abcdefgh"
    index.add_all(*map(wheel, names))
    fetcher = make_fetcher()

    def nested(depth: int) -> bytes:
        """Ask for a page while the answers before it are being read."""

        def transform(content: bytes, *_: object) -> bytes:
            return nested(depth + 1) if depth + 1 < len(names) - 1 else content

        return fetcher.page(f"{index.url}{names[depth]}/", "test-1", {}, transform).payload

    nested(0)
    assert index.hang_up() == len(names) - 1

    assert page(fetcher, index, names[-1])
    assert waits in ([0.0], [])


def test_connection_is_used_again(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add_all(wheel("a"), wheel("b"))
    fetcher = make_fetcher()
    page(fetcher, index, "a")
    with index._lock:
        before = set(index._connections)
    page(fetcher, index, "b")

    with index._lock:
        assert index._connections == before


def test_refused_connection_is_reported(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.stop()

    assert outcome(make_fetcher(), index) == f"connection refused by 127.0.0.1 port {index.port} (tried 4 times)"


def test_gzip_is_decoded(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Answer(gzip.compress(b"plain"), {"Content-Encoding": "gzip"}))

    assert page(make_fetcher(), index) == b"plain"


def test_gzip_bomb_is_refused(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Answer(gzip.compress(bytes(50 << 20)), {"Content-Encoding": "gzip"}))

    with pytest.raises(RefusedError, match="larger than 1048576 bytes") as caught:
        page(make_fetcher(page_limit=1 << 20), index)
    assert caught.value.rule == "too-large"


def test_endless_page_is_refused(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Answer(bytes(2 << 20)))

    with pytest.raises(RefusedError, match="larger than 1048576 bytes"):
        page(make_fetcher(page_limit=1 << 20), index)


def test_unknown_encoding_is_refused(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Answer(b"x", {"Content-Encoding": "br"}))

    with pytest.raises(RefusedError, match="content encoding 'br'"):
        page(make_fetcher(), index)


def test_compressed_body_that_ends_early_is_tried_again(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Answer(gzip.compress(b"plain")[:-3], {"Content-Encoding": "gzip"}))
    index.add(wheel("a"))

    assert b"a-1.0" in page(make_fetcher(), index)


def test_redirect_is_followed_and_is_the_base_of_the_page(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.add(wheel("b"))
    index.fail("/simple/a/", Redirect("/simple/b/"))
    bases: list[str] = []

    def noted(body: bytes, _kind: str, url: str, _before: object) -> bytes:
        bases.append(url)
        return body

    make_fetcher().page(f"{index.url}a/", "test-1", {}, noted)
    assert bases == [f"{index.url}b/"]


def test_redirects_without_end_are_reported(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Redirect("/simple/a/"), times=None)

    assert outcome(make_fetcher(), index) == "more than 5 redirects"
    assert len(index.requests) == 6


def test_redirect_to_what_is_no_url_is_refused(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Redirect("http://[elsewhere/"), times=None)

    with pytest.raises(NetworkError, match="redirects to an invalid URL"):
        page(make_fetcher(), index)


def test_redirect_to_a_file_is_refused(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Redirect("file:///etc/passwd"))

    with pytest.raises(Exception, match="only https and http"):
        page(make_fetcher(), index)


def test_credentials_go_to_their_origin_alone(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    with LoopbackIndex(credentials=("me", "secret")) as private:
        private.add(wheel("a"))
        index.add(wheel("a"))
        private.fail("/simple/a/", Redirect(f"{index.url}a/"))
        fetcher = make_fetcher(accounts=lambda: [Account(url=private.url, user="me", password="secret")])
        page(fetcher, private)

        assert private.requests[0].headers["authorization"] == "Basic bWU6c2VjcmV0"
        assert "authorization" not in index.requests[0].headers


def test_password_is_in_no_error(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Status(500), times=None)
    url = f"{index.url}a/".replace("://", "://me:secret@")

    with pytest.raises(NetworkError) as caught:
        make_fetcher().page(url, "test-1", {}, lambda body, *_: body)
    assert "****@127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_plain_http_needs_leave_beyond_this_machine(make_fetcher: MakeFetcher) -> None:
    with pytest.raises(NetworkError, match="not encrypted") as caught:
        make_fetcher().content("http://index.example/simple/a/")
    assert "--allow-http index.example" in caught.value.hint


def test_content_with_the_wrong_hash_is_refused(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    built = wheel("a")
    index.add(built)

    with pytest.raises(RefusedError, match="the index lists sha256 0000") as caught:
        make_fetcher().content(index.file_url(f"{built.filename}.metadata"), "0" * 64)
    assert caught.value.rule == "hash-mismatch"


def test_server_that_asks_for_a_long_wait_is_not_waited_for(
    index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]
) -> None:
    index.fail("/simple/", Status(503, retry_after="30"), times=None)

    assert "503" in outcome(make_fetcher(longest_wait=20), index)
    assert (waits, len(index.requests)) == ([], 1)


def test_server_that_asks_for_a_short_wait_is_asked_after_it(
    index: LoopbackIndex, make_fetcher: MakeFetcher, waits: list[float]
) -> None:
    index.add(wheel("a"))
    index.fail("/simple/", Status(503, retry_after="7"))

    assert b"a-1.0" in page(make_fetcher(longest_wait=20), index)
    assert waits == [7]


def test_answer_is_not_taken_for_new_for_longer_than_a_day(index: LoopbackIndex, make_fetcher: MakeFetcher) -> None:
    index.fail("/simple/", Answer(b"x", {"Cache-Control": "max-age=9999999999"}), times=None)
    entry = make_fetcher().page(f"{index.url}a/", "test-1", {}, lambda body, *_: body)

    assert entry.fresh_until - entry.stored <= 24 * 3600


def test_page_that_was_away_is_compared_with_what_it_said_before(
    index: LoopbackIndex, make_fetcher: MakeFetcher
) -> None:
    said = []

    def transform(content: bytes, _kind: str, _url: str, kept: CachedResponse | None) -> bytes:
        said.append(kept.payload if kept is not None else b"")
        return content

    for fault in (Answer(b"first"), Status(404), Answer(b"second")):
        index.heal()
        index.fail("/simple/", fault, times=None)
        make_fetcher().page(f"{index.url}a/", "test-1", {}, transform)

    assert said == [b"", b"first"]


def test_cache_knows_whether_anything_was_kept_of_a_form(make_fetcher: MakeFetcher) -> None:
    store = make_fetcher().store
    before = store.has_any("page-x")

    store.put("page-x", "a", CachedResponse(b"1"))

    assert (before, store.has_any("page-x"), store.has_any("page-y")) == (False, True, False)
