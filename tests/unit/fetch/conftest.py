from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from tests.support.server import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    MakeFetcher = Callable[..., Fetcher]


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    with LoopbackIndex() as running:
        yield running


@pytest.fixture
def waits() -> list[float]:
    """The waits before further tries, which no test sits out."""
    return []


@pytest.fixture
def make_fetcher(tmp_path: Path, waits: list[float]) -> Iterator[MakeFetcher]:
    """Make fetchers that share one cache, as commands that run one after the other do."""
    made: list[Fetcher] = []

    def make(**changes: Any) -> Fetcher:
        settings: dict[str, Any] = {"cache_dir": str(tmp_path / "cache"), "pause": waits.append, **changes}
        made.append(Fetcher(FetchSettings(**settings)))
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.close()
