"""Everything that is fetched comes through here: pages with their cache, files checked by hash, parts of files.

URLs go in; bytes that are whole, and what they were turned into, come out. Never: knowing what a page means.
"""

from __future__ import annotations

import time
from _thread import allocate_lock
from itertools import chain

from lockenv.errors import NetworkError, RefusedError
from lockenv.fetch import kept_beside
from lockenv.fetch.http_cache import LONGEST_AGE, CachedResponse, HttpCache
from lockenv.fetch.settings import ONLINE
from lockenv.fetch.urls import place, shown, without_userinfo
from lockenv.vocabulary.hashing import sha256
from lockenv.vocabulary.late import late
from lockenv.vocabulary.light_library import partial

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from lockenv.errors import LockenvError
    from lockenv.fetch.http_client import HttpClient
    from lockenv.fetch.settings import FetchSettings
    from lockenv.fetch.transport import Reply
    from lockenv.fetch.wanted import FileRequest

    Transform = Callable[[bytes, str, str, CachedResponse | None], bytes | tuple[bytes, str]]
    """Turns a body, its content type and the URL it came from into what is kept, and the name of what it kept beside
    that, if anything; sees what was kept before."""
    from lockenv.fetch import freshness, http_client, local, parallel, worker_process
else:
    freshness = late("lockenv.fetch.freshness")
    http_client = late("lockenv.fetch.http_client")
    local = late("lockenv.fetch.local")
    parallel = late("lockenv.fetch.parallel")
    worker_process = late("lockenv.fetch.worker_process")

_ABSENT = frozenset({404, 410})
_SEVERAL = 6
"""New pages after which more will probably come, and long ones among them; without a cache, it is known at once."""
_FEW = 4
"""Threads that ask copies of this process: more would only wait, and each takes the interpreter from the others."""
_CLOCK_SLACK = 60.0
"""An entry stored further in the future than this was stored under another clock: its age is unknown."""


class Fetcher:
    """Fetches for one command. Safe to use from several threads."""

    def __init__(self, settings: FetchSettings) -> None:
        self.settings = settings
        self.store = HttpCache(settings.cache_dir)
        self.worker_modules: Sequence[str] = ()
        """The modules that other processes load as they start, so that the first call need not wait for them."""
        self.is_near = False
        """Whether copies of this process, where there are any, ask the first index; then few threads wait for them."""
        self._pool: parallel.Pool | None = None
        self._workers: worker_process.WorkerProcesses | None = None
        self._exchange: HttpClient | None = None
        self._making = allocate_lock()
        self._new_pages = 0
        self._several = _SEVERAL
        self.requests = 0
        """How many exchanges were begun."""
        self.mirrored: Callable[[FileRequest], Iterable[str]] = _nowhere
        """Returns URLs of a file whose hash is known that are tried before its own."""
        self.elsewhere: Callable[[FileRequest], Iterable[str]] = _nowhere
        """Returns other URLs of a file whose hash is known, for when its own fails."""
        self._down: set[str] = set()
        self.notes: list[str] = []
        """What the user should know of where files came from, a sentence each."""

    @property
    def cache_notes(self) -> tuple[str, ...]:
        """What the user should know of the cache of answers, a sentence each."""
        if not self.store.dropped:
            return ()
        count, where = self.store.dropped, f"of the cache in {self.settings.cache_dir}"
        return (
            f"1 entry {where} was damaged and is renewed"
            if count == 1
            else f"{count} entries {where} were damaged and are renewed",
        )

    @property
    def exchange(self) -> http_client.HttpClient:
        """The way to servers; made at first use, so that a warm cache loads no network library."""
        if self._exchange is None:
            with self._making:
                if self._exchange is None:
                    self._exchange = http_client.HttpClient(self.settings)
        return self._exchange

    @property
    def pool(self) -> parallel.Pool:
        """The threads that fetch; made at first use, as a warm cache needs none."""
        if self._pool is None:
            with self._making:
                if self._pool is None:
                    is_narrow = self.is_near and self.has_copies
                    self._pool = parallel.Pool(_FEW if is_narrow else self.settings.connections)
        return self._pool

    @property
    def workers(self) -> worker_process.WorkerProcesses:
        """The other processes; made at first use, as a warm cache needs none."""
        if self._workers is None:
            with self._making:
                if self._workers is None:
                    self._workers = worker_process.WorkerProcesses(self.worker_modules)
        return self._workers

    def adopt(self, workers: worker_process.WorkerProcesses) -> None:
        """Use `workers`, which were started before, and end them with the rest."""
        self._workers = workers

    @property
    def has_copies(self) -> bool:
        """Whether copies of this process work for it."""
        return self._workers is not None and self._workers.are_copies

    def is_new(self, form: str) -> bool:
        """Return whether servers may be asked, and the cache has nothing of this form yet."""
        return not (self.settings.offline or self.store.has_any(form))

    def asked_beside(self, url: str, module: str, name: str, *arguments: str) -> bytes | None:
        """Return what a function of a module answers in a copy of this process, which asks the server of `url`.

        It gets the directory of the cache and `arguments`. None where this process has to ask, as for a far server.
        """
        settings, workers = self.settings, self._workers
        answer = None
        if workers is not None and workers.can_ask(name) and settings.are_plain_for(place(f"{_origin(url)}/")):
            answer = workers.ask(module, name, settings.cache_dir, *arguments)
        if answer is None and self.is_near:
            self.pool.widen(settings.connections)
        return answer

    def expect(self, url: str, form: str) -> None:
        """Make ready for pages of the server of `url`, beside the caller, where the cache has none of this form yet.

        So a connection, and the certificates that it needs, are there when the caller knows what to ask for. Within one
        machine none of that takes long.
        """
        if self.is_new(form) and not place(url).is_loopback:
            parallel.beside(partial(self._make_ready, url))

    def _make_ready(self, url: str) -> None:
        self.exchange.prepare(url)
        self.workers.prepare(beside=True)

    def __enter__(self) -> Self:
        """Return the fetcher, which is closed at the end of the block."""
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def ask_no_more(self) -> None:
        """Have the other processes end, which are then gone when this is closed: no more pages will be asked for."""
        if self._workers is not None:
            self._workers.dismiss()

    def close(self) -> None:
        """Drop every connection, and end the other processes."""
        if self._workers is not None:
            self._workers.close()
        if self._exchange is not None:
            self._exchange.close()

    def located(self, url: str) -> str:
        """Return `url` as it can be fetched: a relative path as the `file:` URL of what it names."""
        if "://" in url:
            return url
        return local.url_of(f"{self.settings.base}/{url}")

    def places(self, wanted: FileRequest, own: str) -> Iterator[str]:
        """Return where a file whose hash is known may be had, each once, as they are asked for: `own` is its own URL.

        A server that could not be reached for one file is the last to be asked for the next.
        """
        seen: set[str] = set()
        late = [own] if self.is_down(own) else []
        for url in chain(self.mirrored(wanted), () if late else (own,), self.elsewhere(wanted), late):
            if url not in seen:
                seen.add(url)
                yield url

    def failed(self, url: str, error: LockenvError) -> None:
        """Note that a file could not be had from `url`."""
        if isinstance(error, NetworkError) and error.is_unreachable:
            self._down.add(_origin(url))

    def is_down(self, url: str) -> bool:
        """Return whether the server of `url` could not be reached for another file."""
        return _origin(url) in self._down

    def cached_page(self, url: str, form: str, *, refresh: bool = False) -> CachedResponse | None:
        """Return the kept page of `url` when it may be used without asking the server; online, not to `refresh` it."""
        entry = self.store.get(form, url)
        if entry is None or not (self.settings.offline or (self._is_fresh(entry) and not refresh)):
            return None
        return self._reused(entry, url)

    def page(
        self, url: str, form: str, headers: Mapping[str, str], transform: Transform, *, refresh: bool = False
    ) -> CachedResponse:
        """Return the page at `url` as `transform` left it; its status is 404 when the server has no such page.

        A kept page is used while it is fresh, and as long as the server says that it did not change; to `refresh` it,
        the server is asked. Raises NetworkError when there is no answer, and what `transform` raises.
        """
        kept = self.store.get(form, url)
        if self.settings.offline:
            if kept is None:
                raise offline(url)
            return self._reused(kept, url)
        if kept is not None and self._is_fresh(kept) and not refresh:
            return self._reused(kept, url)
        asked = {
            **headers,
            "Accept-Encoding": _encoding(url),
            **(freshness.conditions(kept) if kept is not None else {}),
        }

        def consume(reply: Reply, final: str) -> CachedResponse:
            return self._received(reply, final, kept, transform)

        self.requests += 1
        if kept is None:
            if not self._new_pages and not self.store.has_any(form):
                self._several = 1
            self._new_pages += 1
            if self._new_pages == self._several and self.workers.can_start:
                parallel.beside(partial(self.workers.prepare, beside=True))
        entry = self.exchange.get(url, asked, consume)
        if entry.fresh_until >= 0:
            self.store.put(form, url, entry)
            if kept is not None and kept.beside not in ("", entry.beside):
                kept_beside.remove(self.store.beside(form, url, kept))
        return entry

    def content(self, url: str, sha256: str | None = None, headers: Mapping[str, str] | None = None) -> bytes | None:
        """Return the body at `url`, checked against `sha256` when there is one; None when the server has no such file.

        Raises NetworkError, or RefusedError when the bytes are not those expected. Nothing is kept.
        """
        if self.settings.offline:
            raise offline(url)

        def consume(reply: Reply, final: str) -> bytes | None:
            if reply.status in _ABSENT:
                return None
            if reply.status != 200:
                raise self.exchange.declined(reply, final)
            return http_client.body(reply, final, self.settings.page_limit)

        self.requests += 1
        found = self.exchange.get(url, {"Accept-Encoding": _encoding(url), **(headers or {})}, consume)
        if found is not None and sha256 is not None:
            check(found, sha256, url)
        return found

    def guess(self, url: str, limit: int) -> tuple[bytes | None, bool]:
        """Return the body at `url`, at most `limit` bytes, and whether the server says that it has no such file.

        None for whatever else it answers, and where it does not: it is asked once, since nothing says that the file is
        there. Nothing is kept.
        """

        def consume(reply: Reply, final: str) -> tuple[bytes | None, bool]:
            if reply.status != 200:
                return None, reply.status in _ABSENT
            return http_client.body(reply, final, limit), False

        self.requests += 1
        try:
            return self.exchange.get(url, {"Accept-Encoding": _encoding(url)}, consume, tries=1)
        except (NetworkError, RefusedError):
            return None, False

    def keep(self, form: str, key: str, content: bytes) -> None:
        """Keep what was learned from several answers in the cache, with the moment."""
        self.store.put(form, key, CachedResponse(content, stored=time.time()))

    def kept(self, form: str, key: str, longest: float) -> bytes | None:
        """Return what was kept so under `key`, at most `longest` seconds ago; None where there is none."""
        entry = self.store.get(form, key)
        return entry.payload if entry is not None and 0 <= time.time() - entry.stored <= longest else None

    def posted(self, url: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        """Return the answer to `content`, sent to `url`. Raises NetworkError. Nothing is kept."""
        if self.settings.offline:
            raise offline(url)

        def consume(reply: Reply, final: str) -> bytes:
            if reply.status != 200:
                raise self.exchange.declined(reply, final)
            return http_client.body(reply, final, self.settings.page_limit)

        self.requests += 1
        return self.exchange.get(url, {"Accept-Encoding": _encoding(url), **headers}, consume, content)

    def _received(self, reply: Reply, final: str, kept: CachedResponse | None, transform: Transform) -> CachedResponse:
        now = time.time()
        fresh_until = freshness.fresh_until(reply.headers, now)
        if reply.status == 304 and kept is not None:
            reply.read(1)
            return CachedResponse(
                kept.payload, kept.status, now, fresh_until, kept.etag, kept.modified, beside=kept.beside
            )
        if reply.status in _ABSENT:
            http_client.drain(reply)
            # What the page said before is what it is compared with when it comes back.
            payload, beside = (kept.payload, kept.beside) if kept is not None else (b"", "")
            return CachedResponse(payload, 404, now, fresh_until, beside=beside)
        if reply.status != 200:
            raise self.exchange.declined(reply, final)
        content = http_client.body(reply, final, self.settings.page_limit)
        kind = reply.headers.get("content-type", "")
        etag, modified = (freshness.plain(reply.headers.get(name, "")) for name in ("etag", "last-modified"))
        origin = "" if etag or modified else _origin_of(content, kind, final)
        if kept is not None and origin and origin == kept.origin:
            # The server cannot be asked whether the page changed. It did not, so what was made of it stays.
            return CachedResponse(kept.payload, 200, now, fresh_until, origin=origin, beside=kept.beside)
        made = transform(content, kind, without_userinfo(final), kept)
        payload, beside = (made, "") if isinstance(made, bytes) else made
        return CachedResponse(payload, 200, now, fresh_until, etag, modified, origin, beside)

    def _reused(self, entry: CachedResponse, url: str) -> CachedResponse:
        """Return `entry`, which answers for the server of `url`."""
        if self.settings.log is not None:
            self.settings.log.reused()
            self.settings.log.detail(f"cache: {shown(url)}: {entry.status}")
        return entry

    def _is_fresh(self, entry: CachedResponse) -> bool:
        now = time.time()
        if self.settings.refresh or entry.stored > now + _CLOCK_SLACK:
            return False
        return now < min(entry.fresh_until, entry.stored + LONGEST_AGE)


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _origin_of(content: bytes, kind: str, url: str) -> str:
    """Return the digest of all that a page is made of."""
    head = f"{kind}\n{without_userinfo(url)}\n".encode()
    return sha256(head + sha256(content, len(content)).digest()).hexdigest()


def _nowhere(_: FileRequest) -> tuple[str, ...]:
    return ()


def check(content: bytes, sha256: str, url: str) -> None:
    """Raise RefusedError unless `content` has the digest `sha256`."""
    import hashlib

    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise RefusedError(
            "hash-mismatch",
            f"hash mismatch for {shown(url)}: the index lists sha256 {sha256}, the file has {digest}",
            hint="find out why the file behind this URL changed",
        )


def offline(url: str) -> NetworkError:
    """Return the error for what only a server could answer."""
    return NetworkError(f"{shown(url)} is not in the cache and cannot be downloaded with --offline", hint=ONLINE)


def _encoding(url: str) -> str:
    # Within one machine there is no bandwidth to save, only the time to decode.
    return "identity" if place(url).is_loopback else "gzip"
