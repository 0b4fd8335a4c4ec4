"""An empty environment, a cache, and a way to put wheels into both."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockenv.environment.creation import create
from lockenv.environment.interpreter import probe
from lockenv.fetch.fetcher import Fetcher
from lockenv.fetch.settings import FetchSettings
from lockenv.sync.session import synchronise
from lockenv.vocabulary.distribution import Wheel
from lockenv.vocabulary.names import Sha256, normalize
from lockenv.vocabulary.selected import Selected
from tests.support.trees import snapshot

if TYPE_CHECKING:
    from lockenv.environment.interpreter import Interpreter
    from lockenv.environment.venv import Environment
    from lockenv.sync.session import SyncResult
    from lockenv.vocabulary.manifest import Overwrites
    from tests.support.wheels import Built


@dataclass(frozen=True)
class Place:
    """An environment and the cache it is filled from; wheels come from the cache alone."""

    environment: Environment
    cache: Path

    def selected(self, built: Built) -> Selected:
        archives = self.cache / "archives"
        archives.mkdir(parents=True, exist_ok=True)
        (archives / f"{built.sha256}.whl").write_bytes(built.content)
        file = Wheel(
            filename=built.filename,
            url=f"https://files.example/{built.filename}",
            sha256=Sha256(built.sha256),
            size=built.size,
        )
        return Selected(name=normalize(built.name), version=built.version, file=file)

    def sync(
        self, *wheels: Built, inexact: bool = False, dry_run: bool = False, overwrites: Overwrites = ()
    ) -> SyncResult:
        fetcher = Fetcher(FetchSettings(cache_dir=str(self.cache), offline=True))
        chosen = [self.selected(built) for built in wheels]
        return synchronise(chosen, self.environment, fetcher, inexact=inexact, dry_run=dry_run, overwrites=overwrites)

    @property
    def root(self) -> Path:
        return Path(self.environment.root)

    @property
    def site(self) -> Path:
        return Path(self.environment.purelib)

    def tree(self) -> dict[str, tuple[int, str]]:
        return {path: what for path, what in snapshot(self.root).items() if path != ".lockenv/lock"}


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return probe(sys.executable, cache_dir=str(tmp_path_factory.mktemp("probe")), environ=os.environ)


@pytest.fixture
def place(tmp_path: Path, interpreter: Interpreter) -> Place:
    return Place(create(str(tmp_path / "env"), interpreter), tmp_path / "cache")
