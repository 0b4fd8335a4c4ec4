"""Processes are started early where no wheel is unpacked. Each `act` runs in a process of its own, without threads."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockenv.context.settings import Settings
from lockenv.environment.interpreter import remembered
from lockenv.fetch.worker_calls import processors
from lockenv.operations import load
from lockenv.operations.early_unpacking import EarlyUnpacking
from lockenv.operations.synced import SyncRequest
from lockenv.vocabulary.dataclasses import replace
from tests.support.children import exit_code

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone"),
    pytest.mark.skipif(processors() < 2, reason="needs a second processor"),
]

NONE, STARTED, KNOWN, LEFT = range(4)


def act(directory: str, cache: str, what: str) -> int:
    """Return whether processes start, and whether the interpreter that runs this is known then."""
    environ = {"VIRTUAL_ENV": directory} if what == "VIRTUAL_ENV" else {}
    settings = replace(Settings.of(directory, environ=environ, cache_dir=cache), offline=what == "offline")
    request = SyncRequest(python="3.8" if what == "--python" else "", dry_run=what == "--dry-run")
    project = load.project(settings)
    with EarlyUnpacking(request, project, os.path.join(directory, ".venv"), settings) as early:
        early.wait()
        workers = early.settings.workers
        is_known = remembered(sys.executable, cache_dir=settings.cache) is not None
    if workers is not None and workers.is_open:
        return LEFT
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return KNOWN if is_known else STARTED if workers is not None else NONE
    return LEFT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def test_processes_find_out_what_the_interpreter_is_and_end_with_the_block(project: Path) -> None:
    assert exit_code(act, str(project), str(project / "cache"), "") == KNOWN


@pytest.mark.parametrize("what", ["--python", "VIRTUAL_ENV", ".python-version"])
def test_no_interpreter_is_run_that_may_not_be_the_one(project: Path, what: str) -> None:
    if what == ".python-version":
        (project / what).write_text("3.8", encoding="utf-8")

    assert exit_code(act, str(project), str(project / "cache"), what) == STARTED


@pytest.mark.parametrize("what", [".venv/pyvenv.cfg", "cache/store-v1/lock", "offline", "--dry-run"])
def test_nothing_starts_where_it_is_probably_of_no_use(project: Path, what: str) -> None:
    if "/" in what:
        (project / what).parent.mkdir(parents=True)

    assert exit_code(act, str(project), str(project / "cache"), what) == NONE
