"""Processes are started early where there is much to ask. Each `act` runs in a process of its own, without threads."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.context.settings import Settings
from lockenv.fetch.worker_calls import processors
from lockenv.index.kept_pages import KIND
from lockenv.operations.early_workers import EarlyWorkers
from lockenv.vocabulary.dataclasses import replace
from tests.support.children import exit_code

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone"),
    pytest.mark.skipif(processors() < 2, reason="needs a second processor"),
]


def start(directory: str, cache: str, is_offline: str) -> int:
    """Return 1 where processes are there in the block, 0 where none are; 2 where one is left behind it."""
    settings = replace(Settings.of(directory, environ={}, cache_dir=cache), offline=bool(is_offline))
    with EarlyWorkers(settings) as begun:
        started = begun.workers is not None and begun.workers.are_prepared
    if begun.workers is not None and begun.workers.is_open:
        return 2
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return int(started)
    return 2


def test_processes_start_where_there_is_no_lockfile_and_no_page_and_end_with_the_block(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()

    assert exit_code(start, str(tmp_path), str(tmp_path / "cache"), "") == 1


@pytest.mark.parametrize("there", ["pylock.toml", f"cache/{KIND}/page", "offline"])
def test_nothing_starts_where_it_is_probably_of_no_use(tmp_path: Path, there: str) -> None:
    for path in (tmp_path / "pyproject.toml", tmp_path / there):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    assert exit_code(start, str(tmp_path), str(tmp_path / "cache"), "yes" if there == "offline" else "") == 0
