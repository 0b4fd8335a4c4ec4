"""What the pages said that a resolution looked at, a digest for each project: whether all of it is as it was.

Indexes and a fetcher go in, and the pages that catalogs read; digests come out. Never: a request.
"""

from __future__ import annotations

from lockenv.index import kept_pages
from lockenv.index.index_access import candidates
from lockenv.vocabulary.hashing import blake2b

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Protocol

    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.http_cache import CachedResponse
    from lockenv.index.index_access import IndexAccess
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.pin import Pin

    class _Catalog(Protocol):
        """What is followed."""

        states: PageStates | None

        @property
        def asked_pages(self) -> Collection[NormalizedName]: ...
        @property
        def fleeting(self) -> Collection[object]: ...
        @property
        def besides(self) -> Collection[object]: ...


class PageStates:
    """The states of the projects whose pages some catalogs of the same indexes read. Safe for several threads."""

    def __init__(self, indexes: Sequence[IndexAccess], sources: Mapping[NormalizedName, str], fetcher: Fetcher) -> None:
        """`indexes` are servers with a page for each project; `sources` is as for the catalog."""
        self._indexes = indexes
        self._sources = sources
        self._fetcher = fetcher
        self.seen: dict[NormalizedName, str] = {}
        """The state of each project that was read."""
        self._catalogs: list[_Catalog] = []
        self._is_all = True

    def follow(self, catalog: _Catalog) -> None:
        """Note what `catalog` reads, from now on."""
        catalog.states = self
        self._catalogs.append(catalog)

    @property
    def looked_at(self) -> dict[NormalizedName, str] | None:
        """The state of each project that was asked for, by name; None where more than pages decided what was found."""
        if not self._is_all or any(each.fleeting or each.besides for each in self._catalogs):
            return None
        names = {name for each in self._catalogs for name in each.asked_pages}
        if not names <= self.seen.keys():
            return None  # a page that could not be read, and was not needed in the end
        return {name: self.seen[name] for name in sorted(names)}

    def note_files(self, pins: Iterable[Pin]) -> None:
        """Note the files of `pins`: those whose hash no page states are fetched for each lock, and hashed."""
        files = (file for pin in pins for file in (*pin.wheels, pin.sdist) if file is not None)
        if not all(file.sha256 for file in files):
            self._is_all = False

    def note(self, name: NormalizedName, read: Iterable[tuple[str, CachedResponse]]) -> None:
        """Note the pages that were `read` for a project, each with its URL, in the order in which they were asked."""
        state = _state(read)
        # One page that was read twice may have changed meanwhile.
        if self.seen.setdefault(name, state) != state:
            self._is_all = False

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
