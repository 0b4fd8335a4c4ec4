"""What the pages said that a resolution looked at, a digest for each project: whether all of it is as it was.

Indexes and a fetcher go in, and the pages that were read; digests come out. Never: a request.
"""

from __future__ import annotations

from lockenv.index import kept_pages
from lockenv.index.index_access import candidates
from lockenv.vocabulary.hashing import blake2b

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.http_cache import CachedResponse
    from lockenv.index.index_access import IndexAccess
    from lockenv.vocabulary.names import NormalizedName


class PageStates:
    """The states of the projects whose pages one catalog has read. Safe to use from several threads."""

    def __init__(self, indexes: Sequence[IndexAccess], sources: Mapping[NormalizedName, str], fetcher: Fetcher) -> None:
        """`indexes` are servers with a page for each project; `sources` is as for the catalog."""
        self._indexes = indexes
        self._sources = sources
        self._fetcher = fetcher
        self.seen: dict[NormalizedName, str] = {}
        """The state of each project that was read."""

    def note(self, name: NormalizedName, read: Iterable[tuple[str, CachedResponse]]) -> None:
        """Note the pages that were `read` for a project, each with its URL, in the order in which they were asked."""
        self.seen[name] = _state(read)

    def kept(self, name: NormalizedName) -> str | None:
        """Return the state of a project as the cache has it; None where a server would have to be asked."""
        read = []
        for index in candidates(self._indexes, self._sources, name):
            url = f"{index.url}{name}/"
            entry = kept_pages.kept(self._fetcher, url)
            if entry is None:
                return None
            read.append((url, entry))
            if entry.status == 200:
                break
        return _state(read)


def _state(read: Iterable[tuple[str, CachedResponse]]) -> str:
    """Return the digest of some pages. What is kept beside a page is part of it, as its checksums are."""
    digest = blake2b()
    for url, entry in read:
        digest.update(f"{url}\n{entry.status} {len(entry.payload)}\n".encode())
        digest.update(entry.payload)
    return digest.hexdigest()
