"""The one path that meets the real registry: lock, sync, run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.locks import pins
from tests.support.program import lockenv

EXAMPLE = Path(__file__).parent.parent.parent / "fixtures" / "example"


@pytest.mark.registry
def test_example_locks_syncs_and_runs(way_out: dict[str, str], tmp_path: Path) -> None:
    project = tmp_path / "example"
    shutil.copytree(EXAMPLE, project)

    lock = lockenv("lock", cwd=project, env=way_out)
    sync = lockenv("sync", "--extra", "cli", cwd=project, env=way_out)
    run = lockenv("run", "python", "-c", "import requests, rich; print('ready')", cwd=project, env=way_out)

    assert (lock.code, sync.code, run.code, run.out) == (0, 0, 0, "ready\n"), lock.err + sync.err + run.err
    assert {"requests", "rich", "urllib3"} <= {pin.partition(" ")[0] for pin in pins(project)}
