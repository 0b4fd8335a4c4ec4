"""Where else a locked file may be had: any place will do, for its hash is known.

The user's own mirrors are asked before the locked URL; after it the index that the lock names, the indexes of the
project, and their mirrors. What none of them can change is which file is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockenv.context.access import indexes
from lockenv.context.env_vars import expanded, of_user, variables_for
from lockenv.context.substitution import substituted
from lockenv.errors import LockenvError
from lockenv.fetch.urls import without_userinfo
from lockenv.vocabulary.distribution import sdist_release
from lockenv.vocabulary.late import late
from lockenv.vocabulary.names import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockenv.context.settings import Settings
    from lockenv.fetch import local
    from lockenv.fetch.fetcher import Fetcher
    from lockenv.fetch.wanted import FileRequest
    from lockenv.index import find_links, kept_pages
    from lockenv.index.page_columns import PageColumns
    from lockenv.vocabulary.manifest import Index
    from lockenv.vocabulary.names import NormalizedName
    from lockenv.vocabulary.selected import Selected
else:
    local = late("lockenv.fetch.local")
    find_links = late("lockenv.index.find_links")
    kept_pages = late("lockenv.index.kept_pages")


def prepare(source: Fetcher, chosen: Sequence[Selected], declared: Sequence[Index], settings: Settings) -> None:
    """Add to `source` the other places that may have the files that a lock selects."""
    locked = {one.file.filename: one.index for one in chosen}

    def before(wanted: FileRequest) -> Iterator[str]:
        return _offers(source, wanted, [substituted(mirror, of_user(settings)) for mirror in settings.mirrors])

    def after(wanted: FileRequest) -> Iterator[str]:
        return _offers(source, wanted, _roots(locked.get(wanted.filename, ""), declared, settings))

    source.mirrored, source.elsewhere = before, after


def _roots(home: str, declared: Sequence[Index], settings: Settings) -> list[str]:
    """Return the indexes and mirrors to ask for a file of the index `home`.

    Only an explicit index is asked for what is on it, so that no other learns the names of its projects.
    """
    # A root that is no server says nothing about files by name that its own folder does not say (`find-links`).
    asked = [(expanded(index, settings), index) for index in indexes(declared, settings) if not index.is_flat]
    own = [(root, index) for root, index in asked if index.explicit and without_userinfo(root) == home]
    found = own or [(root, index) for root, index in asked if not index.explicit]
    mirrors = [substituted(mirror, variables_for(index, settings)) for _, index in found for mirror in index.mirrors]
    return [home, *(root for root, _ in found), *mirrors]


def _offers(source: Fetcher, wanted: FileRequest, roots: Sequence[str]) -> Iterator[str]:
    """Return the URLs at which the indexes at `roots` offer the file of this name; none where they have other bytes."""
    name = _project(wanted.filename)
    for root in dict.fromkeys(without_userinfo(root) for root in roots if root):
        try:
            columns = _columns(source, root, name)
        except LockenvError as error:
            # One that cannot be asked offers nothing; why it is asked at all is in the error before.
            source.failed(root, error)
            continue
        if columns is None:
            continue
        for row in range(len(columns.versions)):
            for file in columns.files(row):
                if file.filename == wanted.filename and file.sha256 in ("", wanted.sha256):
                    yield file.url


def _columns(source: Fetcher, root: str, name: NormalizedName) -> PageColumns | None:
    """Return what the index at `root` lists of a project; None when it has no such project, or may not be asked."""
    if local.is_local(root):
        return find_links.shelf(root, source, is_flat=False).columns(name)
    if source.settings.offline or source.is_down(root):
        return None
    url = f"{root}{name}/"
    entry = kept_pages.fetched(source, url, name)
    return kept_pages.opened(source, url, entry) if entry.status == 200 else None


def _project(filename: str) -> NormalizedName:
    return normalize(filename.split("-", 1)[0] if filename.endswith(".whl") else sdist_release(filename)[0])
