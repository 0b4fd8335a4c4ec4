from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.index.catalog import Catalog
from lockenv.index.index_access import IndexAccess
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    MakeCatalog = Callable[..., Catalog]


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as running:
        yield running


@pytest.fixture
def make_catalog(tmp_path: Path, index: LoopbackIndex) -> Iterator[MakeCatalog]:
    """Make catalogs of one index (or of `indexes`) that share one cache; `fetch` are settings of fetching."""
    made: list[Fetcher] = []

    def make(
        *, indexes: list[IndexAccess] | None = None, fetch: dict[str, Any] | None = None, **options: Any
    ) -> Catalog:
        settings: dict[str, Any] = {"cache_dir": str(tmp_path / "cache"), "pause": lambda _: None, **(fetch or {})}
        made.append(Fetcher(FetchSettings(**settings)))
        return Catalog(indexes or [IndexAccess(url=index.url)], made[-1], **options)

    yield make
    for fetcher in made:
        fetcher.close()
